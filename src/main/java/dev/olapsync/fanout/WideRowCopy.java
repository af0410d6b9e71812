package dev.olapsync.fanout;

import dev.olapsync.deadletter.DeadLetters;
import dev.olapsync.enrich.DirtyKeys;
import dev.olapsync.enrich.FanOutRequest;
import dev.olapsync.load.CopiedRange;
import dev.olapsync.model.Model;
import dev.olapsync.pipeline.OlapSync;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * Copies the only row of a {@link FanOutRequest} from Postgres to ClickHouse, because it is too wide to be in memory as
 * a text. If the row is gone meanwhile, the change that deleted it has a greater position. Copies one row at a time,
 * because the driver holds it in memory.
 */
public class WideRowCopy implements Processor {

    @Override
    public void process(Exchange exchange) throws SQLException, IOException {
        CamelContext context = exchange.getContext();
        OlapSync olapSync = OlapSync.of(context);
        FanOutRequest fanOut = exchange.getMessage().getBody(FanOutRequest.class);
        Model model = fanOut.lookUp().model();
        List<String> key = fanOut.keys().get(0);
        Optional<CopiedRange> copied = CopiedRange.copyOne(
                olapSync.postgres(),
                olapSync.clickHouse(),
                model,
                key,
                fanOut.cause().position().version(),
                fanOut.cause().origin());
        if (copied.isPresent()) {
            olapSync.metrics()
                    .fannedOut(model.name(), Math.toIntExact(copied.get().written()));
        } else {
            DeadLetters.send(
                    context,
                    List.of(DeadLetters.ofRefusedRow(
                            context,
                            model.name(),
                            DirtyKeys.rowKey(key).getBytes(StandardCharsets.UTF_8),
                            null,
                            fanOut.cause().position(),
                            "not written, the row has more than "
                                    + olapSync.settings().olap().batchBytes()
                                    + " bytes and a value that Postgres cannot compute or ClickHouse cannot hold",
                            null)));
        }
    }
}

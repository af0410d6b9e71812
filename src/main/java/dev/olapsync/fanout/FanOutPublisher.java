package dev.olapsync.fanout;

import dev.olapsync.enrich.DirtyKeys.Cause;
import dev.olapsync.enrich.FanOutRequest;
import dev.olapsync.kafka.Records;
import dev.olapsync.model.LookUp;
import dev.olapsync.model.Model;
import dev.olapsync.postgres.Position;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;

/** Publishes any number of rows of a model to the fan-out. Not thread safe. */
public final class FanOutPublisher implements AutoCloseable {

    private static final int RECORDS_AT_ONCE = 50;

    private final CamelContext context;
    private final LookUp grain;
    private final Cause cause;
    private final ProducerTemplate route;
    private final List<Exchange> records = new ArrayList<>();
    private List<List<String>> keys = new ArrayList<>(FanOutRequest.KEYS);

    public FanOutPublisher(CamelContext context, Model model, Cause cause) {
        this.context = context;
        this.grain = model.lookUps().get(0);
        this.cause = cause;
        this.route = context.createProducerTemplate();
    }

    /**
     * Of rows that are read without a change.
     *
     * @param position the version that the rows will have
     * @param read the time at which they were to be read
     */
    public FanOutPublisher(CamelContext context, Model model, Position position, Instant read) {
        this(context, model, Cause.read(position, read));
    }

    /** @param key the texts of the columns of the grain's key */
    public void add(List<String> key) {
        keys.add(key);
        if (keys.size() == FanOutRequest.KEYS) {
            endRecord();
            if (records.size() == RECORDS_AT_ONCE) {
                publish();
            }
        }
    }

    private void endRecord() {
        if (!keys.isEmpty()) {
            records.add(new FanOutRequest(grain, keys, cause).message(context));
            keys = new ArrayList<>(FanOutRequest.KEYS);
        }
    }

    /** Returns when the broker has acknowledged all added rows. */
    public void publish() {
        endRecord();
        if (!records.isEmpty()) {
            route.sendBody("direct:publish-fan-outs", new Records(records));
            records.clear();
        }
    }

    @Override
    public void close() throws IOException {
        route.close();
    }
}

package dev.olapsync.fanout;

import dev.olapsync.config.Settings;
import dev.olapsync.enrich.DirtyKeys;
import dev.olapsync.enrich.DirtyKeys.Cause;
import dev.olapsync.load.CopiedRange;
import dev.olapsync.model.LookUp;
import dev.olapsync.model.Model;
import dev.olapsync.model.SchemaChangedException;
import dev.olapsync.pipeline.OlapSync;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/**
 * Copies rows of the fan-out from Postgres to ClickHouse, with one COPY and one INSERT for all keys of a cause, if a
 * batch may not hold them. Only their rows that the SELECT does not have any more are left in the body, to be looked
 * up. All keys are left if the copy fails because of a row or because of the size of the rows, and if rows are read
 * from a replica.
 */
public class ChildrenCopy implements Processor {

    /** Maximum bytes of a copy, in batches: larger rows are divided by their size when they are looked up. */
    private static final int BATCHES_OF_A_COPY = 2;

    private record Group(LookUp lookUp, Cause cause) {}

    @Override
    public void process(Exchange exchange) throws SQLException {
        OlapSync olapSync = OlapSync.of(exchange.getContext());
        if (olapSync.replica().isPresent()) {
            return;
        }
        List<Object> left = new ArrayList<>();
        Map<Group, List<DirtyKeys>> groups = new LinkedHashMap<>();
        for (Object work : exchange.getMessage().getBody(List.class)) {
            Optional<Group> group = group(work);
            if (group.isPresent()) {
                groups.computeIfAbsent(group.get(), same -> new ArrayList<>()).add((DirtyKeys) work);
            } else {
                left.add(work);
            }
        }
        for (Map.Entry<Group, List<DirtyKeys>> group : groups.entrySet()) {
            left.addAll(copied(group.getKey(), group.getValue(), olapSync));
        }
        exchange.getMessage().setBody(left);
    }

    private static Optional<Group> group(Object work) {
        return work instanceof DirtyKeys keys
                ? keys.commonCause().map(cause -> new Group(keys.lookUp(), cause))
                : Optional.empty();
    }

    /** @return what is left to be looked up */
    private static List<DirtyKeys> copied(Group group, List<DirtyKeys> parts, OlapSync olapSync) throws SQLException {
        Settings.Olap settings = olapSync.settings().olap();
        DirtyKeys keys = new DirtyKeys(group.lookUp());
        parts.forEach(keys::addAll);
        if (keys.size() <= settings.batchRows()) {
            return parts;
        }
        Model model = group.lookUp().model();
        Optional<CopiedRange> copied;
        try {
            copied = CopiedRange.copyKeys(
                    olapSync.postgres(),
                    olapSync.clickHouse(),
                    model,
                    DirtyKeys.arrays(group.lookUp(), keys.keys()),
                    (long) BATCHES_OF_A_COPY * settings.batchBytes(),
                    group.cause().position().version(),
                    group.cause().origin());
        } catch (SchemaChangedException e) {
            // the look-up finds out whether the model is still in use
            return parts;
        }
        if (copied.isEmpty()) {
            return parts;
        }
        olapSync.metrics().fannedOut(model.name(), Math.toIntExact(copied.get().written()));
        return copied.get().written() == keys.size() ? List.of() : gone(keys, group.cause(), olapSync);
    }

    private static List<DirtyKeys> gone(DirtyKeys keys, Cause cause, OlapSync olapSync) throws SQLException {
        Settings.Olap settings = olapSync.settings().olap();
        DirtyKeys gone = new DirtyKeys(keys.lookUp());
        try (Connection postgres = olapSync.postgres().getConnection()) {
            keys.lookUp()
                    .model()
                    .goneRows()
                    .of(postgres, List.copyOf(keys.keys()))
                    .forEach(key -> gone.add(key, cause));
        }
        List<DirtyKeys> parts = gone.parts(settings.batchRows());
        parts.forEach(part -> part.limit(settings.batchBytes()));
        return parts;
    }
}

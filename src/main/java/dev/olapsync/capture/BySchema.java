package dev.olapsync.capture;

import java.util.IdentityHashMap;
import java.util.Map;
import java.util.function.Function;
import org.apache.kafka.connect.data.Schema;

/**
 * What was found out about schemas once, for those that are in use: each table has its own. Debezium makes new ones now and then,
 * and nobody says when one is done with. Not thread safe.
 */
final class BySchema<T> {

    private static final int MOST = 10_000;

    private final Map<Schema, T> known = new IdentityHashMap<>();

    T get(Schema schema, Function<Schema, T> find) {
        T found = known.get(schema);
        if (found == null) {
            if (known.size() == MOST) {
                known.clear();
            }
            found = find.apply(schema);
            known.put(schema, found);
        }
        return found;
    }
}

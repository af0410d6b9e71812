package dev.olapsync.capture.debezium;

import java.util.IdentityHashMap;
import java.util.Map;
import java.util.function.Function;
import org.apache.kafka.connect.data.Schema;

/**
 * What was found out about schemas once, for those that are in use: each table has its own. Debezium makes new ones now and then,
 * and nobody says when one is done with. Not thread safe.
 */
public final class SchemaCache<T> {

    private static final int MAX_ENTRIES = 10_000;

    private final Map<Schema, T> known = new IdentityHashMap<>();

    public T get(Schema schema, Function<Schema, T> find) {
        T found = known.get(schema);
        if (found == null) {
            if (known.size() == MAX_ENTRIES) {
                known.clear();
            }
            found = find.apply(schema);
            known.put(schema, found);
        }
        return found;
    }
}

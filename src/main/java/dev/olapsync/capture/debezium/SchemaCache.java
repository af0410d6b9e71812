package dev.olapsync.capture.debezium;

import java.util.IdentityHashMap;
import java.util.Map;
import java.util.function.Function;
import org.apache.kafka.connect.data.Schema;

/**
 * A cache of facts about schemas that are in use. Each table has its own schema; Debezium sometimes creates new schema
 * objects, and does not report when an old one is no longer used. Not thread safe.
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

package dev.olapsync.schema;

import com.clickhouse.client.api.query.GenericRecord;
import dev.olapsync.ClickHouse;
import dev.olapsync.Settings;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Which topics an epoch uses, kept in ClickHouse by their ids. A topic that was deleted and made again has another id, and
 * what had waited in the first one is lost. Thread safe.
 */
public final class KnownTopics {

    private static final String TABLE = "_topics";

    private final ClickHouse clickHouse;
    private final Settings.Olap settings;
    private volatile Map<String, String> known = Map.of();

    public KnownTopics(ClickHouse clickHouse, Settings.Olap settings) {
        this.clickHouse = clickHouse;
        this.settings = settings;
    }

    /** Reads what has been remembered in this epoch of these topics; the table is there afterwards. */
    public void recall(Collection<String> names) {
        clickHouse.execute("CREATE TABLE IF NOT EXISTS " + TABLE + " (epoch UInt16, topic String, id String)"
                + " ENGINE = ReplacingMergeTree ORDER BY (epoch, topic)");
        Map<String, String> ids = new TreeMap<>();
        for (GenericRecord row : clickHouse.query("SELECT topic, id FROM " + TABLE + " FINAL WHERE epoch = {epoch:UInt16}",
                Map.of("epoch", settings.epoch()))) {
            ids.put(row.getString("topic"), row.getString("id"));
        }
        ids.keySet().retainAll(names);
        known = ids;
    }

    /** Remembers topics that are new in this epoch; those that are known stay as they are. */
    public void remember(Map<String, String> ids) {
        Map<String, String> missing = new TreeMap<>(ids);
        missing.keySet().removeAll(known.keySet());
        if (!missing.isEmpty()) {
            clickHouse.execute("INSERT INTO " + TABLE + " (epoch, topic, id) VALUES " + missing.entrySet().stream()
                    .map(topic -> "(" + settings.epoch() + ", " + ClickHouse.literal(topic.getKey()) + ", "
                            + ClickHouse.literal(topic.getValue()) + ")")
                    .collect(Collectors.joining(", ")));
            missing.putAll(known);
            known = missing;
        }
    }

    /**
     * Which of the known topics are not the same any more, and what to do; empty when none.
     *
     * @param ids of the topics that there are now
     */
    public Optional<String> lost(Map<String, String> ids) {
        Collection<String> lost = new TreeSet<>();
        known.forEach((topic, id) -> {
            if (!id.equals(ids.get(topic))) {
                lost.add(topic);
            }
        });
        return lost.isEmpty() ? Optional.empty() : Optional.of("deleted since it was first used: topic "
                + String.join(", topic ", lost) + ". What waited there is lost. " + settings.loadAnew());
    }
}

package dev.olapsync.kafka;

import com.clickhouse.client.api.query.GenericRecord;
import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.config.Settings;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.IntSupplier;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;

/**
 * The topics that an epoch uses, stored in ClickHouse: their ids, and the first offset that each partition had when the
 * epoch began to use it. A topic that was deleted and recreated has another id, and the unread records of the first one
 * are lost. Records that were deleted before the epoch are not its loss. Thread safe.
 */
public final class KnownTopics {

    private static final String TABLE = "_topics";

    /** @param firsts by partition; none for a partition that was added later */
    public record Known(String id, List<Long> firsts) {

        /** The first offset of the epoch in a partition. */
        public long first(int partition) {
            return partition < firsts.size() ? firsts.get(partition) : 0;
        }
    }

    private final ClickHouse clickHouse;
    private final IntSupplier epoch;
    private volatile Map<String, Known> known = Map.of();
    private volatile boolean there;

    public KnownTopics(ClickHouse clickHouse, IntSupplier epoch) {
        this.clickHouse = clickHouse;
        this.epoch = epoch;
    }

    /** Reads the stored ids and offsets of these topics in this epoch. Creates the table if necessary. */
    public void recall(Collection<String> names) {
        Map<String, Known> recalled = all();
        recalled.keySet().retainAll(names);
        known = recalled;
    }

    /**
     * A pipeline with other topics that writes into the same database, and what to do; empty if there is none.
     *
     * @param captured the topic of captured positions of this pipeline
     */
    public Optional<String> shared(String captured) {
        List<GenericRecord> topics = clickHouse.queryIfThere(
                "SELECT topic FROM " + TABLE + " WHERE epoch = {epoch:UInt16}", Map.of("epoch", epoch.getAsInt()));
        return topics.stream()
                .map(row -> row.getString("topic"))
                .filter(topic -> topic.endsWith(Topics.CAPTURED) && !topic.equals(captured))
                .findFirst()
                .map(other -> "The ClickHouse database " + clickHouse.database()
                        + " has rows that came through the topics of " + other
                        + ". Give each pipeline a clickhouse.database of its own; or, if olap.topic.changes was changed: "
                        + Settings.Olap.reloadRemedy());
    }

    /** All topics that this epoch uses, by their names. Creates the table if necessary. */
    public Map<String, Known> all() {
        ensureTable();
        Map<String, Known> all = new TreeMap<>();
        for (GenericRecord row : clickHouse.query(
                "SELECT topic, id, arrayMap(first -> toInt64(first), firsts) AS firsts FROM " + TABLE
                        + " FINAL WHERE epoch = {epoch:UInt16}",
                Map.of("epoch", epoch.getAsInt()))) {
            all.put(row.getString("topic"), new Known(row.getString("id"), row.getList("firsts")));
        }
        return all;
    }

    private void ensureTable() {
        if (!there) {
            clickHouse
                    .ddl()
                    .createTable(
                            TABLE,
                            "epoch UInt16, topic String, id String, firsts Array(UInt64)",
                            "ReplacingMergeTree ORDER BY (epoch, topic)");
            clickHouse.ddl().addColumns(TABLE, Map.of("firsts", "Array(UInt64)"));
            there = true;
        }
    }

    /** The first offset of this epoch in a partition; empty if the epoch does not use the topic. Queries ClickHouse. */
    public OptionalLong first(TopicPartition partition) {
        Known topic = all().get(partition.topic());
        return topic == null ? OptionalLong.empty() : OptionalLong.of(topic.first(partition.partition()));
    }

    /** Stores topics that are new in this epoch; known topics stay as they are. */
    public void remember(Map<String, Known> topics) {
        Map<String, Known> missing = new TreeMap<>(topics);
        missing.keySet().removeAll(known.keySet());
        if (!missing.isEmpty()) {
            clickHouse.execute("INSERT INTO " + TABLE + " (epoch, topic, id, firsts) VALUES "
                    + missing.entrySet().stream()
                            .map(topic -> "(" + epoch.getAsInt() + ", " + ClickHouse.literal(topic.getKey()) + ", "
                                    + ClickHouse.literal(topic.getValue().id()) + ", "
                                    + topic.getValue().firsts() + ")")
                            .collect(Collectors.joining(", ")));
            missing.putAll(known);
            known = missing;
        }
    }

    /**
     * The known topics that have been deleted or replaced, and what to do; empty if there are none.
     *
     * @param ids of the topics that exist now
     */
    public Optional<String> lost(Map<String, String> ids) {
        Collection<String> lost = new TreeSet<>();
        known.forEach((topic, before) -> {
            if (!before.id().equals(ids.get(topic))) {
                lost.add(topic);
            }
        });
        return lost.isEmpty()
                ? Optional.empty()
                : Optional.of("deleted since it was first used: topic " + String.join(", topic ", lost)
                        + ". What waited there is lost. " + Settings.Olap.reloadRemedy());
    }
}

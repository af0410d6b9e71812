package dev.olapsync.pipeline;

import com.clickhouse.client.api.query.GenericRecord;
import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.clickhouse.ClickHouse.ClickHouseException;
import dev.olapsync.config.Settings;
import dev.olapsync.kafka.BatchConsumer;
import dev.olapsync.kafka.KnownTopics;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.IntSupplier;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;

/**
 * The records of this epoch that were gone before a consumer group had read them, stored in ClickHouse: a restart does
 * not clear them, a new epoch does. Thread safe.
 */
public final class LostRecords {

    private static final String TABLE = "_lost_records";
    private static final int SHOWN = 5;

    /**
     * @param from the first offset that is gone
     * @param records their number; 0 if it is unknown, because the log ends before the offset up to which it was
     *     read
     */
    private record Loss(String group, String topic, int partition, long from, long records, Instant noticed) {

        @Override
        public String toString() {
            String where = "topic " + topic + ", partition " + partition + ", from offset " + from + " on: ";
            return where
                    + (records == 0
                            ? "the group " + group + " had read on, but the topic ends there"
                            : records + (records == 1 ? " record was" : " records were") + " gone before the group "
                                    + group + " had read " + (records == 1 ? "it" : "them"))
                    + " (noticed at " + noticed + ")";
        }
    }

    private final ClickHouse clickHouse;
    private final String groups;
    private final IntSupplier epoch;
    private final KnownTopics topics;
    /** The losses that this process has noticed, stored or not. */
    private final List<Loss> noticed = new CopyOnWriteArrayList<>();

    private volatile boolean there;

    /** @param groups prefix of the consumer groups */
    public LostRecords(ClickHouse clickHouse, String groups, IntSupplier epoch, KnownTopics topics) {
        this.clickHouse = clickHouse;
        this.groups = groups;
        this.epoch = epoch;
        this.topics = topics;
    }

    /**
     * Stores the losses of the consumers of a group. Throws if it cannot store them: then the consumer must not
     * continue.
     *
     * @param assigned runs before records of further partitions arrive
     */
    public BatchConsumer.Losses of(String group, Runnable assigned) {
        return new BatchConsumer.Losses() {

            /** A member that joins late must read the registry before it receives records. */
            @Override
            public void assigned() {
                assigned.run();
            }

            @Override
            public void deleted(TopicPartition partition, long from, long to, long records) {
                if (from == 0 && !isOfPipeline(group)) {
                    // a new reader of its own
                    return;
                }
                OptionalLong first = topics.first(partition);
                if (first.isPresent() && first.getAsLong() < to) {
                    keep(partition, Math.max(from, first.getAsLong()), Math.min(records, to - first.getAsLong()));
                }
            }

            @Override
            public void truncated(TopicPartition partition, long end) {
                if (topics.first(partition).isPresent()) {
                    keep(partition, end, 0);
                }
            }

            private void keep(TopicPartition partition, long from, long records) {
                Loss loss = new Loss(
                        group,
                        partition.topic(),
                        partition.partition(),
                        from,
                        records,
                        Instant.now().truncatedTo(ChronoUnit.MILLIS));
                noticed.add(loss);
                save(loss);
            }
        };
    }

    private boolean isOfPipeline(String group) {
        return PipelineStage.SUFFIXES.stream().anyMatch(suffix -> group.equals(groups + suffix));
    }

    private void save(Loss loss) {
        ensureTable();
        clickHouse.execute(
                "INSERT INTO " + TABLE + " (epoch, reader, topic, partition, first, records, noticed) VALUES ("
                        + epoch.getAsInt() + ", " + ClickHouse.literal(loss.group()) + ", "
                        + ClickHouse.literal(loss.topic()) + ", "
                        + loss.partition() + ", " + loss.from() + ", " + loss.records() + ", "
                        + loss.noticed().toEpochMilli() + ")");
    }

    private void ensureTable() {
        if (!there) {
            clickHouse
                    .ddl()
                    .createTable(
                            TABLE,
                            "epoch UInt16, reader String, topic String, partition UInt32, first UInt64, records UInt64,"
                                    + " noticed Int64",
                            "ReplacingMergeTree ORDER BY (epoch, reader, topic, partition, first)");
            there = true;
        }
    }

    /** The losses of this epoch, and what to do; empty if there are none. */
    public Optional<String> problem() {
        Set<Loss> all = new LinkedHashSet<>(noticed);
        try {
            all.addAll(kept());
        } catch (ClickHouseException e) {
            if (all.isEmpty()) {
                throw e;
            }
        }
        if (all.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of("records are lost: "
                + all.stream().limit(SHOWN).map(Loss::toString).collect(Collectors.joining("; "))
                + (all.size() > SHOWN ? "; and " + (all.size() - SHOWN) + " more" : "") + ". "
                + Settings.Olap.reloadRemedy());
    }

    private List<Loss> kept() {
        ensureTable();
        List<Loss> kept = new ArrayList<>();
        for (GenericRecord row : clickHouse.query(
                "SELECT reader, topic, toInt32(partition) AS partition, toInt64(first) AS first,"
                        + " toInt64(records) AS records, noticed FROM " + TABLE
                        + " FINAL WHERE epoch = {epoch:UInt16} ORDER BY noticed, topic, partition",
                Map.of("epoch", epoch.getAsInt()))) {
            kept.add(new Loss(
                    row.getString("reader"),
                    row.getString("topic"),
                    row.getInteger("partition"),
                    row.getLong("first"),
                    row.getLong("records"),
                    Instant.ofEpochMilli(row.getLong("noticed"))));
        }
        return kept;
    }
}

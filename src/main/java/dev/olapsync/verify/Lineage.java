package dev.olapsync.verify;

import dev.olapsync.clickhouse.RowJson;
import dev.olapsync.kafka.RecordSearch;
import dev.olapsync.model.Model;
import dev.olapsync.model.RowKey;
import dev.olapsync.pipeline.ChangeEvent;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.pipeline.RecordHeaders;
import dev.olapsync.postgres.Position;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.header.Header;

/**
 * Where the versions of a row come from: their records in the topic of rows, and the changes that made them. Versions whose records
 * are not found, because they are gone or did not come through the topics, have no origin.
 */
final class Lineage {

    private static final Duration LIMIT = Duration.ofSeconds(5);
    private static final int LAST_ROWS = 200_000;
    /** How far the clocks of Postgres and of the pipeline may be apart. */
    private static final Duration APART = Duration.ofMinutes(1);

    private static final Map<Character, String> OPERATIONS =
            Map.of('c', "INSERT into", 'u', "UPDATE of", 'd', "DELETE from");

    private final OlapSync olapSync;
    private final Model model;
    private final List<String> key;

    /** @param key the texts of its columns, as both sides write them */
    Lineage(OlapSync olapSync, Model model, List<String> key) {
        this.olapSync = olapSync;
        this.model = model;
        this.key = key;
    }

    /**
     * @param versions that are stored
     * @return in words, by version; empty if the broker does not answer
     */
    Map<BigInteger, String> origins(List<BigInteger> versions) {
        Map<BigInteger, String> origins = new HashMap<>();
        try (RecordSearch search = new RecordSearch(olapSync.settings().kafka(), LIMIT)) {
            Map<BigInteger, ConsumerRecord<byte[], byte[]>> rows = new HashMap<>();
            search.last(olapSync.topics().rows(model.name()), LAST_ROWS, row -> {
                if (isOfKey(row)) {
                    RowJson.version(row.value())
                            .filter(versions::contains)
                            .ifPresent(version -> rows.put(version, row));
                }
                return true;
            });
            for (BigInteger version : versions) {
                if (rows.containsKey(version)) {
                    ConsumerRecord<byte[], byte[]> row = rows.get(version);
                    origins.put(version, place(row) + change(search, Position.ofVersion(version), row));
                }
            }
        } catch (KafkaException e) {
            return origins;
        }
        return origins;
    }

    private boolean isOfKey(ConsumerRecord<byte[], byte[]> row) {
        return row.key() != null
                && row.value() != null
                && PagedPass.canonical(model, RowKey.columns(new String(row.key(), StandardCharsets.UTF_8), key.size()))
                        .equals(key);
    }

    private static String place(ConsumerRecord<byte[], byte[]> found) {
        return "partition " + found.partition() + " of " + found.topic() + " at " + found.offset();
    }

    /** In words; empty if it is not found. */
    private String change(RecordSearch search, Position position, ConsumerRecord<byte[], byte[]> row) {
        Instant before = Instant.ofEpochMilli(row.timestamp());
        Header committed = row.headers().lastHeader(RecordHeaders.COMMIT_MILLIS);
        Instant commit = committed == null
                ? before
                : Instant.ofEpochMilli(ByteBuffer.wrap(committed.value()).getLong());
        List<String> found = new ArrayList<>();
        search.since((commit.isBefore(before) ? commit : before).minus(APART), topics(), record -> {
            made(record, position).ifPresent(change -> found.add(", by the " + change + ", " + place(record)));
            return found.isEmpty();
        });
        return String.join("", found);
    }

    private List<String> topics() {
        List<String> topics = new ArrayList<>(List.of(olapSync.topics().refreshRequests()));
        model.lookUps().stream()
                .map(lookUp -> olapSync.topics().changes(lookUp.table()))
                .distinct()
                .forEach(topics::add);
        return topics;
    }

    /** The change in words if it has this position. */
    private static Optional<String> made(ConsumerRecord<byte[], byte[]> record, Position position) {
        try {
            ChangeEvent change = ChangeEvent.parse(position.epoch(), record.value(), column -> false);
            return change.position().ofRecord().equals(position.ofRecord())
                    ? Optional.of((change.table() == null
                                    ? "refresh request"
                                    : OPERATIONS.getOrDefault(change.op(), "TRUNCATE of") + " " + change.table())
                            + ", committed at " + change.committed())
                    : Optional.empty();
        } catch (IllegalArgumentException e) {
            // a dead letter has this record
            return Optional.empty();
        }
    }
}

package io.debezium.connector.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.olapsync.capture.debezium.SchemaCache;
import dev.olapsync.capture.debezium.StreamedSource;
import dev.olapsync.capture.debezium.StructJson;
import io.debezium.config.Configuration;
import io.debezium.connector.SnapshotRecord;
import io.debezium.connector.postgresql.connection.Lsn;
import io.debezium.connector.postgresql.connection.ReplicationMessage.Operation;
import io.debezium.relational.TableId;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.junit.jupiter.api.Test;

class StreamedSourcesTest {

    private static final Instant COMMIT = Instant.parse("2026-11-29T12:00:00.123456Z");
    private static final TableId TABLE = new TableId(null, "public", "Order \"x\" Ж,\"lsn\":");

    private final PostgresConnectorConfig config = new PostgresConnectorConfig(Configuration.create()
            .with("topic.prefix", "olap")
            .with("database.dbname", "shop \",\"sequence\":")
            .build());
    private final StreamedSources sources = new StreamedSources();
    private final PostgresSourceInfoStructMaker debezium = new PostgresSourceInfoStructMaker();
    private final StructJson json = new StructJson();
    private final SchemaCache<Schema> envelopes = new SchemaCache<>();

    StreamedSourcesTest() {
        sources.init("postgresql", "3", config);
        debezium.init("postgresql", "3", config);
    }

    private SourceInfo change(Long lsn, Long transaction, TableId table, SnapshotRecord snapshot) {
        SourceInfo change = new SourceInfo(config);
        change.updateLastCommit(Lsn.valueOf(90L));
        change.update(lsn == null ? null : Lsn.valueOf(lsn), COMMIT, transaction, null, table, Operation.INSERT);
        change.setSnapshot(snapshot);
        return change;
    }

    /** The JSON of a change that has this source. */
    private String change(Struct source) {
        Schema envelope = envelopes.get(
                source.schema(),
                schema -> SchemaBuilder.struct().field("source", schema).build());
        return new String(json.bytes(new Struct(envelope).put("source", source)), StandardCharsets.UTF_8);
    }

    private void assertAsDebeziumMakesIt(SourceInfo change) {
        Struct made = sources.struct(change);
        Struct expected = debezium.struct(change);
        assertThat(change(made)).isEqualTo(change(expected));
        for (Field field : expected.schema().fields()) {
            assertThat(made.schema().field(field.name())).isEqualTo(field);
            assertThat(made.get(made.schema().field(field.name())))
                    .as(field.name())
                    .isEqualTo(expected.get(field));
            assertThat(made.getWithoutDefault(field.name())).isEqualTo(expected.getWithoutDefault(field.name()));
        }
        made.validate();
    }

    @Test
    void theSourceOfEachChangeIsThatOfDebezium() {
        assertAsDebeziumMakesIt(change(100L, 7L, TABLE, SnapshotRecord.FALSE));
        assertAsDebeziumMakesIt(change(110L, 7L, TABLE, SnapshotRecord.FALSE));
        assertAsDebeziumMakesIt(change(115L, 7L, TABLE, SnapshotRecord.FALSE));
        assertAsDebeziumMakesIt(change(120L, 8L, TABLE, SnapshotRecord.FALSE));
        assertAsDebeziumMakesIt(change(130L, 8L, new TableId(null, "public", "other"), SnapshotRecord.FALSE));
        assertAsDebeziumMakesIt(change(null, 8L, null, SnapshotRecord.FALSE));
        assertAsDebeziumMakesIt(change(140L, null, null, SnapshotRecord.FALSE));
        assertAsDebeziumMakesIt(change(140L, null, TABLE, SnapshotRecord.LAST));
        SourceInfo ofAnOrigin = change(150L, 9L, TABLE, SnapshotRecord.FALSE);
        ofAnOrigin.updateOrigin("elsewhere", Lsn.valueOf(5L));
        assertAsDebeziumMakesIt(ofAnOrigin);
    }

    /** A writer of JSON for each transaction once cost a tenth of a start with many small ones to process. */
    @Test
    void smallTransactionsHaveNoWriterOfTheirOwn() {
        int transactions = 2_000;
        change(sources.struct(change(1L, 1L, TABLE, SnapshotRecord.FALSE)));
        change(sources.struct(change(2L, 1L, TABLE, SnapshotRecord.FALSE)));
        ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = thread.getCurrentThreadAllocatedBytes();
        for (long transaction = 2; transaction < transactions; transaction++) {
            Struct one = sources.struct(change(10 * transaction, transaction, TABLE, SnapshotRecord.FALSE));
            Struct other = sources.struct(change(10 * transaction + 1, transaction, TABLE, SnapshotRecord.FALSE));
            change(one);
            change(other);
        }
        long bytes = thread.getCurrentThreadAllocatedBytes() - before;
        assertThat(bytes / transactions).as("bytes for a transaction").isLessThan(20_000);
    }

    @Test
    void theSchemaHasItsOwnName() {
        TableId aliased = new TableId(null, "\uE000\uE000public", "orders");
        assertThat(sources.struct(change(100L, 7L, aliased, SnapshotRecord.FALSE))
                        .getString("schema"))
                .isEqualTo("public");
    }

    @Test
    void onlyTheSequenceCanBeReplaced() {
        Struct one = sources.struct(change(100L, 7L, TABLE, SnapshotRecord.FALSE));
        Struct other = sources.struct(change(110L, 7L, TABLE, SnapshotRecord.FALSE));
        one.put("sequence", "[\"1\",\"100\"]");
        assertThat(change(one)).contains("[\\\"1\\\",\\\"100\\\"]");
        assertThat(other.getString("sequence")).isEqualTo("[\"90\",\"110\"]");
        assertThat(one).isInstanceOf(StreamedSource.class);
        assertThatThrownBy(() -> one.put("table", "other")).isInstanceOf(UnsupportedOperationException.class);
    }
}

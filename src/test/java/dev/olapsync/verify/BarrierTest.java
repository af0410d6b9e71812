package dev.olapsync.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.postgres.Position;
import dev.olapsync.scenario.Scenario;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

class BarrierTest {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /** They take the fan-out twice: to be listed, and to be read. */
    @Test
    void waitsForTheChildrenOfFanOut() throws Exception {
        try (Scenario school = Scenario.example("school", "barrier", "student_contact")) {
            school.postgres(
                    "INSERT INTO student VALUES (1, 'old')",
                    "INSERT INTO contact SELECT i, 1, i FROM generate_series(1, 400000) i");
            school.start().awaitLoaded();
            Set<String> waiting = new HashSet<>();
            try (Barrier barrier = new Barrier(OlapSync.of(school.camel().getCamelContext()), waiting::add)) {
                school.postgres("UPDATE student SET name = 'new'");
                barrier.loaded(PATIENCE);
                assertThat(waiting).anyMatch(what -> what.matches("\\d+ records wait for the route fan-out"));
                assertThat(school.clickHouse("SELECT countIf(name = 'new') FROM student_contact"))
                        .containsExactly("400000");
            }
        }
    }

    /** Capture has two batches on their way: what is committed before may be in the one whose records are not all visible yet. */
    @Test
    void aBarrierMessageThatIsVisibleDoesNotProveWhatIsBeforeIt() throws Exception {
        try (Scenario school = Scenario.example("school", "early_marker", "student_contact")) {
            school.start().awaitLoaded();
            school.stop();
            school.postgres("SELECT pg_create_logical_replication_slot(current_database() || '_peek', 'pgoutput')");
            OlapSync olapSync = new OlapSync(school.settings());
            Set<String> waiting = ConcurrentHashMap.newKeySet();
            try (Barrier barrier = new Barrier(olapSync, waiting::add)) {
                CompletableFuture<Position> captured = CompletableFuture.supplyAsync(() -> {
                    try {
                        return barrier.captured(Duration.ofSeconds(5));
                    } catch (Exception e) {
                        throw new CompletionException(e);
                    }
                });
                await().until(() -> {
                    showBarrierMessages(school);
                    return captured.isDone();
                });
                assertThatThrownBy(captured::join).hasMessageContaining("is not confirmed to the slot");
                assertThat(waiting).containsExactly("in capture");
                school.start();
                barrier.captured(PATIENCE);
            } finally {
                olapSync.stop();
                school.postgres("SELECT pg_drop_replication_slot(current_database() || '_peek')");
            }
        }
    }

    /** As capture does it when a barrier message overtakes what is before it. */
    private static void showBarrierMessages(Scenario school) throws Exception {
        try (Connection postgres = school.postgres();
                Statement statement = postgres.createStatement();
                ResultSet message = statement.executeQuery(
                        "SELECT lsn - '0/0'::pg_lsn AS lsn, substring(encode(data, 'escape') FROM"
                                + " '[{]\"marker.*[}]') AS content FROM pg_logical_slot_get_binary_changes(current_database() || '_peek', NULL, NULL,"
                                + " 'proto_version', '1', 'messages', 'true', 'publication_names', 'olap_sync')"
                                + " WHERE encode(data, 'escape') LIKE '%marker%'")) {
            while (message.next()) {
                String event = "{\"op\":\"m\",\"source\":{\"txId\":1,\"sequence\":\"[\\\"1\\\",\\\""
                        + message.getLong("lsn") + "\\\"]\"}," + "\"message\":{\"content\":\""
                        + HexFormat.of().formatHex(message.getBytes("content")) + "\"}}";
                school.publish(List.of(
                        new ProducerRecord<>(school.name() + ".cdc.message", event.getBytes(StandardCharsets.UTF_8))));
            }
        }
    }
}

package dev.olapsync.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.olapsync.devstack.DevStack;
import dev.olapsync.devstack.Pipeline;
import dev.olapsync.faults.JournalWriters.Change;
import dev.olapsync.postgres.Position;
import dev.olapsync.scenario.Scenario;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Capture, killed again and again while transactions of many rows and COPY go on: every change that was committed is in
 * its topic, and its position never falls back. {@code -Dfaults.kills=} says how often.
 */
class RestartLossIT {

    private static final int KILLS = Integer.getInteger("faults.kills", Boolean.getBoolean("faults.all") ? 200 : 6);
    private static final long SEED = Long.getLong("faults.seed", new Random().nextInt(1_000_000));
    /** A jar with the binaries of Postgres 16. */
    private static final String OLDER = "faults.postgres16";

    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final int LONGEST_LIFE_MILLIS = 1_500;
    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void postgres18() throws Exception {
        kill(DevStack.shared());
    }

    @Test
    @EnabledIfSystemProperty(
            named = OLDER,
            matches = ".+",
            disabledReason = "Postgres 16 is fetched by mvn -Pfaults verify")
    void postgres16() throws Exception {
        Path data = Files.createTempDirectory(Path.of("target"), "postgres16");
        DevStack stack = DevStack.builder()
                .dataDir(data)
                .fsync(false)
                .shortLived()
                .olderPostgres(Path.of(System.getProperty(OLDER)))
                .start();
        try {
            kill(stack);
        } finally {
            stack.discard();
        }
    }

    private static void kill(DevStack stack) throws Exception {
        System.out.println("RestartLossIT: -Dfaults.seed=" + SEED + " -Dfaults.kills=" + KILLS);
        Random random = new Random(SEED);
        try (Scenario journal = Scenario.of(stack, "restarts", JournalWriters.SCHEMA)) {
            journal.model("line_fact", JournalWriters.MODEL);
            try (Pipeline pipeline = journal.process()) {
                pipeline.start();
                journal.awaitLoaded();
            }
            JournalWriters writers = new JournalWriters(journal.dataSource(), SEED);
            long start = System.nanoTime();
            try (writers;
                    Pipeline capture = captureOnly(journal)) {
                for (int kill = 0; kill < KILLS; kill++) {
                    long before = published(journal);
                    capture.start();
                    await("a delivery")
                            .atMost(PATIENCE)
                            .pollInterval(Duration.ofMillis(20))
                            .until(() -> published(journal) > before);
                    FaultyShop.pass(Duration.ofMillis(random.nextInt(LONGEST_LIFE_MILLIS)));
                    capture.kill();
                }
            }
            System.out.printf(
                    "%d kills, %.1f s each; %,d changes committed%n",
                    KILLS,
                    (System.nanoTime() - start) / 1e9 / KILLS,
                    writers.committed().size());
            try (Pipeline pipeline = journal.process()) {
                pipeline.start();
                journal.awaitInSync();
            }
            nothingLost(journal, writers);
        }
    }

    private static Pipeline captureOnly(Scenario journal) throws IOException {
        Path routes = Files.createDirectories(Path.of("target", "scenarios", journal.name() + "_capture"))
                .toAbsolutePath();
        Files.copy(Path.of("routes", "capture.camel.yaml"), routes.resolve("capture.camel.yaml"));
        return new Pipeline(
                Path.of("target", "scenarios", journal.name() + "_capture_process"),
                journal.configuration(),
                List.of("--routes-from", routes.toString()),
                Pipeline.SHORT_LIVED);
    }

    private static long published(Scenario journal) throws Exception {
        return journal.topics().count(journal.name() + ".cdc.public.");
    }

    private static void nothingLost(Scenario journal, JournalWriters writers) throws Exception {
        Set<Change> published = new HashSet<>();
        Map<String, List<Position>> ofRows = new HashMap<>();
        List<ConsumerRecord<byte[], byte[]>> events = journal.read(journal.name() + ".cdc.public.");
        for (ConsumerRecord<byte[], byte[]> event : events) {
            JsonNode envelope = JSON.readTree(event.value());
            JsonNode source = envelope.get("source");
            char op = envelope.get("op").asText().charAt(0);
            JsonNode row = envelope.get(op == 'd' ? "before" : "after");
            String table = source.get("table").asText();
            published.add(new Change(
                    table,
                    row.get("id").asLong(),
                    op,
                    op == 'd' ? 0 : row.path("stamp").asLong()));
            ofRows.computeIfAbsent(table + " " + row.get("id"), key -> new ArrayList<>())
                    .add(Position.parse(0, source.get("sequence").asText(), 0));
        }
        List<Change> lost = writers.committed().stream()
                .filter(change -> !published.contains(change))
                .toList();
        System.out.printf(
                "%,d events, %,d of them repeated; %d lost%n",
                events.size(), events.size() - published.size(), lost.size());
        assertThat(lost).isEmpty();
        ofRows.values().forEach(RestartLossIT::inOrder);
    }

    /** The record's LSN says in which order a row was changed; the position must say the same, whatever was repeated. */
    private static void inOrder(List<Position> positions) {
        positions.sort(Comparator.comparingLong(Position::lsn).thenComparing(Comparator.naturalOrder()));
        for (int i = 1; i < positions.size(); i++) {
            assertThat(positions.get(i)).isGreaterThanOrEqualTo(positions.get(i - 1));
        }
    }
}

package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** With {@code camel.opentelemetry2.enabled}, a batch is a trace, and each of its steps a span. */
class TracesTest {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private final InMemorySpanExporter exported = InMemorySpanExporter.create();

    @AfterEach
    void reset() {
        GlobalOpenTelemetry.resetForTest();
    }

    @Test
    void eachStepOfABatchIsASpanWithoutValues() throws Exception {
        GlobalOpenTelemetry.resetForTest();
        OpenTelemetrySdk.builder()
                .setTracerProvider(SdkTracerProvider.builder()
                        .addSpanProcessor(SimpleSpanProcessor.create(exported))
                        .build())
                .buildAndRegisterGlobal();
        try (Scenario scenario = Scenario.of("traces", "CREATE TABLE town (id int PRIMARY KEY, name text)")) {
            scenario.model("town", "SELECT * FROM town");
            scenario.set("camel.opentelemetry2.enabled", true).set("camel.opentelemetry2.trace-processors", true);
            scenario.start().awaitLoaded();
            scenario.postgres("INSERT INTO town SELECT i, 'a secret place' FROM generate_series(1, 50) i");
            scenario.awaitInSync();
            await().atMost(PATIENCE).untilAsserted(() -> assertThat(names())
                    .contains(
                            "find-dirty-rows-process",
                            "to-row-records-process",
                            "commit-changes-process",
                            "to-row-batches-process",
                            "insert-process",
                            "commit-rows-process"));
            assertThat(exported.getFinishedSpanItems()).allSatisfy(span -> assertThat(span.toString())
                    .doesNotContain("a secret place")
                    .doesNotContain(scenario.settings().postgres().password() + "@"));
            List<SpanData> inserts = exported.getFinishedSpanItems().stream()
                    .filter(span -> span.getName().startsWith("insert-process"))
                    .toList();
            assertThat(inserts).hasSizeLessThan(50);
        }
    }

    private Set<String> names() {
        return exported.getFinishedSpanItems().stream().map(SpanData::getName).collect(Collectors.toSet());
    }
}

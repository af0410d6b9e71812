package dev.olapsync.enrich;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.olapsync.clickhouse.RowMetadata;
import dev.olapsync.clickhouse.RowOrigin;
import dev.olapsync.enrich.DirtyKeys.Cause;
import dev.olapsync.enrich.FanOutRequest.Way;
import dev.olapsync.enrich.FanOutRequest.WideRow;
import dev.olapsync.model.Model;
import dev.olapsync.model.Models;
import dev.olapsync.model.TableOptions;
import dev.olapsync.model.TestModels;
import dev.olapsync.postgres.Position;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;

/** What the records of the fan-out contain. */
class FanOutRequestTest {

    private static final Instant TIME = Instant.parse("2026-01-02T03:04:05.678901Z");
    private static final Model PLAIN = TestModels.withOptions("plain", TableOptions.NONE);
    private static final Model WITH_OPERATIONS = TestModels.withOptions(
            "with_operations",
            new TableOptions(
                    List.of(),
                    List.of(),
                    Map.of(),
                    Map.of(),
                    Optional.empty(),
                    List.of(),
                    new RowMetadata(false, true, false),
                    Map.of()));

    private static FanOutRequest parse(String record) {
        Models models = TestModels.of(PLAIN, WITH_OPERATIONS);
        return FanOutRequest.parse(record.getBytes(StandardCharsets.UTF_8), models);
    }

    @Test
    void theOriginTravelsWithTheKeys() throws Exception {
        Cause cause = new Cause(new Position(1, 8, 16), new RowOrigin("joined", TIME));
        try (DefaultCamelContext context = new DefaultCamelContext()) {
            byte[] record = new FanOutRequest(PLAIN.lookUps().get(0), List.of(List.of("7")), cause)
                    .message(context)
                    .getMessage()
                    .getBody(byte[].class);
            assertThat(parse(new String(record, StandardCharsets.UTF_8)).cause())
                    .isEqualTo(cause);
        }
    }

    @Test
    void aRecordOfAnOlderVersionIsRead() {
        assertThat(parse("{\"model\":\"plain\",\"alias\":\"grain\",\"epoch\":1,\"position\":\"[\\\"8\\\",\\\"16\\\"]\","
                                + "\"commit_ms\":1700000000123,\"keys\":[[\"7\"]]}")
                        .cause())
                .isEqualTo(Cause.read(new Position(1, 8, 16), Instant.ofEpochMilli(1_700_000_000_123L)));
    }

    @Test
    void wideRowsOfARecordHaveOneOperationIfItIsShown() {
        List<WideRow> rows = List.of(wide("1", "create", 16), wide("2", "update", 24), wide("3", "create", 32));
        assertThat(FanOutRequest.ofWide(PLAIN, rows, 1_000)).singleElement().satisfies(record -> {
            assertThat(record.keys()).hasSize(3);
            assertThat(record.cause().position().lsn()).isEqualTo(32);
        });
        assertThat(FanOutRequest.ofWide(WITH_OPERATIONS, rows, 1_000))
                .allMatch(record -> record.way() == Way.ALONE)
                .extracting(
                        record -> record.cause().origin().operation(),
                        record -> record.cause().position().lsn(),
                        FanOutRequest::keys)
                .containsExactlyInAnyOrder(
                        tuple("create", 32L, List.of(List.of("1"), List.of("3"))),
                        tuple("update", 24L, List.of(List.of("2"))));
    }

    private static WideRow wide(String key, String operation, long lsn) {
        return new WideRow(300, List.of(key), new Cause(new Position(0, 8, lsn), new RowOrigin(operation, TIME)));
    }
}

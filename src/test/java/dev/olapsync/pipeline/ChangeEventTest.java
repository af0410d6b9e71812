package dev.olapsync.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.JsonNode;
import dev.olapsync.postgres.Position;
import dev.olapsync.postgres.TableName;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ChangeEventTest {

    private static final String SOURCE = "{\"version\":\"3.6.1.Final\",\"connector\":\"postgresql\",\"name\":\"x\","
            + "\"ts_ms\":1700000000123,\"snapshot\":\"false\",\"db\":\"shop\",\"sequence\":\"[\\\"24023128\\\",\\\"24023224\\\"]\","
            + "\"ts_us\":1700000000123456,\"ts_ns\":1700000000123456000,\"schema\":\"public\",\"table\":\"größe\",\"txId\":7,"
            + "\"lsn\":24023224,\"xmin\":null,\"nested\":{\"table\":\"not this one\"}}";

    @Test
    void anUpdateTellsBothImagesItsTableAndItsPosition() {
        ChangeEvent event =
                parse("{\"before\":{\"id\":1,\"name\":\"a\"},\"after\":{\"id\":2,\"name\":\"b\"},\"source\":" + SOURCE
                        + ",\"transaction\":{\"op\":\"x\",\"source\":{}},\"op\":\"u\",\"ts_ms\":1}");
        assertThat(event.op()).isEqualTo('u');
        assertThat(event.table()).isEqualTo(new TableName("public", "größe"));
        assertThat(event.position()).isEqualTo(new Position(3, 24023128, 24023224));
        assertThat(event.images())
                .extracting(image -> image.path("name").asText())
                .containsExactly("a", "b");
        assertThat(event.committed()).isEqualTo(Instant.parse("2023-11-14T22:13:20.123456Z"));
        assertThat(event.message()).isNull();
    }

    @Test
    void theOrderOfTheMembersDoesNotMatter() {
        ChangeEvent event = parse("{\"op\":\"d\",\"source\":" + SOURCE + ",\"after\":null,\"before\":{\"id\":1}}");
        assertThat(event.op()).isEqualTo('d');
        assertThat(event.images())
                .extracting(image -> image.path("id"))
                .extracting(JsonNode::asLong)
                .containsExactly(1L);
    }

    @Test
    void whatASnapshotReadHasTheLowestPosition() {
        assertThat(parse("{\"op\":\"r\",\"after\":{\"id\":1},\"source\":" + SOURCE + "}")
                        .position())
                .isEqualTo(Position.start(3));
    }

    @Test
    void withoutMicrosecondsTheMillisecondsCount() {
        assertThat(parse("{\"op\":\"c\",\"after\":{\"id\":1},\"source\":"
                                + SOURCE.replace("\"ts_us\":1700000000123456,", "") + "}")
                        .committed())
                .isEqualTo(Instant.parse("2023-11-14T22:13:20.123Z"));
    }

    @Test
    void aMessageHasItsContentAndNoTable() {
        ChangeEvent event = parse(
                "{\"op\":\"m\",\"source\":" + SOURCE + ",\"message\":{\"prefix\":\"olap-sync\",\"content\":\"6869\"}}");
        assertThat(event.table()).isNull();
        assertThat(event.images()).isEmpty();
        assertThat(new String(event.message(), StandardCharsets.US_ASCII)).isEqualTo("hi");
    }

    @Test
    void whatIsNoChangeEventIsRefusedInTheSameWords() {
        for (String none : new String[] {
            "",
            "null",
            "7",
            "\"op\"",
            "[]",
            "[{\"op\":\"u\"}]",
            "{}",
            "{\"op\":\"u\"}",
            "{\"op\":\"u\",\"source\":7}",
            "{\"op\":\"uu\",\"source\":" + SOURCE + "}",
            "{\"op\":null,\"source\":" + SOURCE + "}",
            "{\"op\":{\"a\":1},\"source\":" + SOURCE + "}"
        }) {
            assertThatIllegalArgumentException()
                    .as(none)
                    .isThrownBy(() -> parse(none))
                    .withMessageStartingWith("not a change event of Debezium");
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> parse("{\"op\":\"u\",\"source\":{\"table\":\"t\"}}"))
                .withMessageContaining("source.sequence");
    }

    @Test
    void whatStandsInAnOddPlaceIsPassedOver() {
        ChangeEvent event = parse("{\"op\":\"c\",\"after\":{\"id\":1},\"source\":"
                + SOURCE.replace("1700000000123456,", "{\"table\":\"no\"},") + "}");
        assertThat(event.table().name()).isEqualTo("größe");
    }

    @Test
    void whatIsCutOffIsRefused() {
        String whole = "{\"before\":{\"id\":1},\"after\":{\"id\":2},\"source\":" + SOURCE + ",\"op\":\"u\"}";
        for (int length = 0; length < whole.length(); length++) {
            String part = whole.substring(0, length);
            assertThatIllegalArgumentException().as(part).isThrownBy(() -> parse(part));
        }
    }

    private static ChangeEvent parse(String envelope) {
        return ChangeEvent.parse(3, envelope.getBytes(StandardCharsets.UTF_8), column -> true);
    }
}

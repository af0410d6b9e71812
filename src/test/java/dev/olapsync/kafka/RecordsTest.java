package dev.olapsync.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.camel.Exchange;
import org.apache.camel.component.kafka.KafkaConstants;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.junit.jupiter.api.Test;

class RecordsTest {

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void aMessageBecomesARecordAsCamelsProducerWouldMakeIt() throws Exception {
        try (DefaultCamelContext context = new DefaultCamelContext()) {
            Exchange message = new DefaultExchange(context);
            message.getMessage().setHeader(KafkaConstants.OVERRIDE_TOPIC, "olap.dlq");
            message.getMessage().setHeader(KafkaConstants.KEY, "1");
            message.getMessage().setHeader("olap.error", "refused");
            message.getMessage().setHeader("olap.offset", 7L);
            message.getMessage().setHeader("olap.partition", 2);
            message.getMessage().setHeader("olap.epoch", null);
            message.getMessage().setHeader("CamelOther", "of the route");
            message.getMessage().setBody("{}");
            Records records = new Records();
            records.add(message);
            assertThat(records.all()).singleElement().satisfies(record -> {
                assertThat(record.topic()).isEqualTo("olap.dlq");
                assertThat(record.key()).isEqualTo(bytes("1"));
                assertThat(record.value()).isEqualTo(bytes("{}"));
                assertThat(record.headers())
                        .containsExactlyInAnyOrder(
                                new RecordHeader("olap.error", bytes("refused")),
                                new RecordHeader(
                                        "olap.offset",
                                        ByteBuffer.allocate(Long.BYTES)
                                                .putLong(7)
                                                .array()),
                                new RecordHeader(
                                        "olap.partition",
                                        ByteBuffer.allocate(Integer.BYTES)
                                                .putInt(2)
                                                .array()));
            });
        }
    }

    @Test
    void aHeaderIsAddedToEachRecord() {
        Records records = new Records();
        records.add("olap.m", null, null);
        records.add("olap.n", null, null);
        assertThat(records.addHeader("origin", "school").all()).allSatisfy(record -> assertThat(
                        record.headers().lastHeader("origin").value())
                .isEqualTo(bytes("school")));
    }

    @Test
    void aCopyLeavesTheOriginalAsItIs() {
        Records ready = new Records();
        ready.add("olap.m", null, null);
        Records all = new Records(ready);
        all.add("olap.m", null, null);
        assertThat(ready.all()).hasSize(1);
        assertThat(all.all()).hasSize(2);
    }
}

package dev.olapsync.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.apache.camel.component.kafka.KafkaConstants;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;

class RecordsTest {

    @Test
    void eachAttemptGetsTheTopics() throws Exception {
        try (DefaultCamelContext context = new DefaultCamelContext()) {
            Records records = new Records(Stream.of("one", "other")
                    .<Exchange>map(topic -> {
                        Exchange record = new DefaultExchange(context);
                        record.getMessage().setHeader(KafkaConstants.OVERRIDE_TOPIC, topic);
                        return record;
                    })
                    .toList());
            for (int attempt = 0; attempt < 2; attempt++) {
                // as Camel's producer does
                List<Object> topics = records.stream()
                        .map(record -> record.getMessage().removeHeader(KafkaConstants.OVERRIDE_TOPIC))
                        .toList();
                assertThat(topics).containsExactly("one", "other");
            }
        }
    }
}

package dev.olapsync.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.camel.component.kafka.KafkaConfiguration;
import org.apache.camel.component.kafka.KafkaEndpoint;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

class KafkaClientsTest {

    /** Through a String, bytes that are not UTF-8 would be lost, and each record would be decoded and encoded again. */
    @Test
    void recordsStayBytesBetweenBrokerAndRoute() throws Exception {
        try (DefaultCamelContext context = new DefaultCamelContext()) {
            new KafkaClients().setCamelContext(context);
            KafkaConfiguration configuration =
                    context.getEndpoint("kafka:topic", KafkaEndpoint.class).getConfiguration();
            assertThat(configuration.createProducerProperties())
                    .containsEntry(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class.getName())
                    .containsEntry(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class.getName());
            assertThat(configuration.createConsumerProperties())
                    .containsEntry(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class.getName())
                    .containsEntry(
                            ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class.getName());
        }
    }
}

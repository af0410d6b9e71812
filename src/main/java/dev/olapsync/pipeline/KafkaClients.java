package dev.olapsync.pipeline;

import dev.olapsync.config.Settings;
import dev.olapsync.kafka.BatchConsumer;
import dev.olapsync.kafka.BatchProducer;
import dev.olapsync.kafka.KafkaVersion;
import dev.olapsync.kafka.Topics;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.component.kafka.DefaultKafkaClientFactory;
import org.apache.camel.component.kafka.KafkaComponent;
import org.apache.camel.component.kafka.KafkaConfiguration;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Creates the Kafka clients of all routes of a context: with TLS and login, if the configuration has them, and with
 * consumers that collect batches. The Kafka options that all routes share are here, so that a route shows only its own
 * options. An option that a route sets has precedence.
 */
public class KafkaClients extends DefaultKafkaClientFactory implements CamelContextAware {

    /** The defaults that Camel passes for options that a route does not set: these are replaced by the values below. */
    private static final Properties CAMELS_PRODUCER = new KafkaConfiguration().createProducerProperties();

    private static final Properties CAMELS_CONSUMER = new KafkaConfiguration().createConsumerProperties();

    /**
     * Acknowledged by all replicas, in order, without duplicates; records up to the limit of the topics, in batches.
     */
    private static final Map<String, String> PRODUCER = Map.of(
            ProducerConfig.ACKS_CONFIG, "all",
            ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "true",
            ProducerConfig.LINGER_MS_CONFIG, "2",
            ProducerConfig.BATCH_SIZE_CONFIG, "262144",
            ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4",
            ProducerConfig.MAX_REQUEST_SIZE_CONFIG, String.valueOf(Topics.maxMessageBytes()),
            ProducerConfig.BUFFER_MEMORY_CONFIG, String.valueOf(2L * Topics.maxMessageBytes()),
            ProducerConfig.ENABLE_METRICS_PUSH_CONFIG, "false");

    /**
     * Starts at the first record; the partitions of a killed member move after ten seconds. The heartbeat thread wakes up after
     * each pause between two retries, also if nothing has failed.
     */
    private static final Map<String, String> CONSUMER = Map.of(
            ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest",
            ConsumerConfig.RETRY_BACKOFF_MS_CONFIG, "400",
            ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, "10000",
            ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, "1000",
            ConsumerConfig.ENABLE_METRICS_PUSH_CONFIG, "false");

    private static final String TOPIC_REFRESH = "{{olap.topic.refresh.millis:5000}}";

    private final AtomicInteger consumers = new AtomicInteger();

    private CamelContext context;

    public KafkaClients() {
        KafkaVersion.requireSupported();
    }

    @Override
    public Producer<?, ?> getProducer(Properties properties) {
        return new BatchProducer(secured(completed(properties, CAMELS_PRODUCER, PRODUCER)));
    }

    @Override
    public Consumer<?, ?> getConsumer(Properties properties) {
        String group = properties.getProperty(ConsumerConfig.GROUP_ID_CONFIG);
        OlapSync olapSync = OlapSync.of(context);
        Properties named = secured(consumer(properties));
        named.put(ConsumerConfig.CLIENT_ID_CONFIG, olapSync.instance() + "-" + consumers.incrementAndGet());
        return new BatchConsumer(
                named,
                Settings.of(context).olap().batchBytes(),
                way(group, olapSync),
                olapSync.lostRecords().of(group, olapSync::followAssigned));
    }

    /** The steps of our own routes work with a batch as a whole. */
    private static BatchConsumer.Way way(String group, OlapSync olapSync) {
        return PipelineStage.of(olapSync).stream()
                .filter(stage -> stage.group().equals(group))
                .findFirst()
                .map(stage -> stage.isLoad() ? LateRows.WAY : BatchConsumer.Way.TOGETHER)
                .orElse(BatchConsumer.Way.EACH);
    }

    /** The instance of the process that has a consumer with this client id; something else for a foreign one. */
    public static String instance(String clientId) {
        return clientId.substring(0, Math.max(0, clientId.lastIndexOf('-')));
    }

    private Properties consumer(Properties properties) {
        Map<String, String> ours = new HashMap<>(CONSUMER);
        // a new topic that matches a pattern is found after this time
        ours.put(ConsumerConfig.METADATA_MAX_AGE_CONFIG, context.resolvePropertyPlaceholders(TOPIC_REFRESH));
        return completed(properties, CAMELS_CONSUMER, ours);
    }

    private static Properties completed(Properties configured, Properties camels, Map<String, String> ours) {
        Properties completed = new Properties();
        completed.putAll(configured);
        ours.forEach((key, value) -> {
            if (String.valueOf(camels.get(key)).equals(String.valueOf(configured.get(key)))) {
                completed.put(key, value);
            }
        });
        return completed;
    }

    private Properties secured(Properties properties) {
        Properties secured = new Properties();
        secured.putAll(properties);
        secured.putAll(Settings.of(context).kafka().security());
        return secured;
    }

    /** Spring Boot does not find the bean of a route by its type, as camel-main does. */
    @Override
    public void setCamelContext(CamelContext context) {
        this.context = context;
        // a stub in tools that do not run the routes
        if (context.getComponent("kafka") instanceof KafkaComponent kafka) {
            kafka.setKafkaClientFactory(this);
            exchangeBytes(kafka.getConfiguration());
        }
    }

    /** Not an option of the clients alone: Camel converts keys and values to what its endpoint names. */
    private static void exchangeBytes(KafkaConfiguration ofAllEndpoints) {
        ofAllEndpoints.setKeySerializer(ByteArraySerializer.class.getName());
        ofAllEndpoints.setValueSerializer(ByteArraySerializer.class.getName());
        ofAllEndpoints.setKeyDeserializer(ByteArrayDeserializer.class.getName());
        ofAllEndpoints.setValueDeserializer(ByteArrayDeserializer.class.getName());
    }

    @Override
    public CamelContext getCamelContext() {
        return context;
    }
}

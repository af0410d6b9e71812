package dev.olapsync;

import java.util.Properties;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.component.kafka.DefaultKafkaClientFactory;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.Producer;

/**
 * Makes the Kafka clients of all routes of a context: with TLS and login, if the configuration has them, and consumers that
 * collect batches.
 */
public class KafkaClients extends DefaultKafkaClientFactory implements CamelContextAware {

    private CamelContext context;

    @Override
    public Producer<?, ?> getProducer(Properties properties) {
        return super.getProducer(secured(properties));
    }

    @Override
    public Consumer<?, ?> getConsumer(Properties properties) {
        String group = properties.getProperty(ConsumerConfig.GROUP_ID_CONFIG);
        return new BatchConsumer(secured(properties), Settings.of(context).olap().batchBytes(), OlapSync.of(context).lostRecords().of(group));
    }

    private Properties secured(Properties properties) {
        Properties secured = new Properties();
        secured.putAll(properties);
        secured.putAll(Settings.of(context).kafka().security());
        return secured;
    }

    @Override
    public void setCamelContext(CamelContext context) {
        this.context = context;
    }

    @Override
    public CamelContext getCamelContext() {
        return context;
    }
}

package io.debezium.pipeline;

import io.debezium.data.Envelope.Operation;
import io.debezium.pipeline.source.spi.DataChangeEventListener;
import io.debezium.pipeline.spi.OffsetContext;
import io.debezium.pipeline.spi.Partition;
import io.debezium.spi.schema.DataCollectionId;
import org.apache.kafka.connect.data.Struct;

/**
 * Debezium's metrics of the stream, without the text of each event's key. For the attribute {@code LastEvent} Debezium 3.4
 * writes that text with a JSON mapper that it makes anew for each event, which is a third of what decoding an event costs.
 * All other metrics stay. And somebody who sleeps hears of each event. It is in this package because Debezium lets only its
 * own classes choose who listens.
 */
public final class StreamingListener<P extends Partition> implements DataChangeEventListener<P> {

    private final DataChangeEventListener<P> metrics;
    private final Runnable comes;

    private StreamingListener(DataChangeEventListener<P> metrics, Runnable comes) {
        this.metrics = metrics;
        this.comes = comes;
    }

    /**
     * Does nothing before the stream has begun. To be called now and then, because Debezium puts its own one back.
     *
     * @param comes run for each event, before it is put into the queue
     */
    public static <P extends Partition, O extends OffsetContext> void use(ChangeEventSourceCoordinator<P, O> coordinator,
            Runnable comes) {
        if (coordinator.streamingSource != null) {
            coordinator.eventDispatcher.setEventListener(new StreamingListener<>(coordinator.streamingMetrics, comes));
        }
    }

    @Override
    public void onEvent(P partition, DataCollectionId source, OffsetContext offset, Object key, Struct value,
            Operation operation) {
        metrics.onEvent(partition, source, offset, null, value, operation);
        comes.run();
    }

    @Override
    public void onFilteredEvent(P partition, String event) {
        metrics.onFilteredEvent(partition, event);
    }

    @Override
    public void onFilteredEvent(P partition, String event, Operation operation) {
        metrics.onFilteredEvent(partition, event, operation);
    }

    @Override
    public void onErroneousEvent(P partition, String event) {
        metrics.onErroneousEvent(partition, event);
    }

    @Override
    public void onErroneousEvent(P partition, String event, Operation operation) {
        metrics.onErroneousEvent(partition, event, operation);
    }

    @Override
    public void onConnectorEvent(P partition, ConnectorEvent event) {
        metrics.onConnectorEvent(partition, event);
    }
}

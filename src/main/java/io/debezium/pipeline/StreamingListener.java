package io.debezium.pipeline;

import io.debezium.data.Envelope.Operation;
import io.debezium.pipeline.source.spi.DataChangeEventListener;
import io.debezium.pipeline.spi.OffsetContext;
import io.debezium.pipeline.spi.Partition;
import io.debezium.spi.schema.DataCollectionId;
import org.apache.kafka.connect.data.Struct;

/**
 * Debezium's metrics of the stream, which receive one event of each batch: lag, position and transaction stay up to date, the numbers
 * of events do not. For each event Debezium 3.6 writes the text of its key with a JSON mapper that it recreates, for the attribute
 * {@code LastEvent}, and passes the lag to another thread through a queue, with a warning in the log when the queue is full. It is in
 * this package because Debezium lets only its own classes choose who listens.
 */
public final class StreamingListener<P extends Partition> implements DataChangeEventListener<P> {

    private final DataChangeEventListener<P> metrics;
    private boolean reported;

    StreamingListener(DataChangeEventListener<P> metrics) {
        this.metrics = metrics;
    }

    /** To be called for each batch. Does nothing before the stream has begun. */
    public static <P extends Partition, O extends OffsetContext> void use(
            ChangeEventSourceCoordinator<P, O> coordinator) {
        if (coordinator.streamingSource != null) {
            coordinator.eventDispatcher.setEventListener(new StreamingListener<>(coordinator.streamingMetrics));
        }
    }

    @Override
    public void onEvent(
            P partition, DataCollectionId source, OffsetContext offset, Object key, Struct value, Operation operation) {
        if (!reported) {
            reported = true;
            metrics.onEvent(partition, source, offset, null, value, operation);
        }
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

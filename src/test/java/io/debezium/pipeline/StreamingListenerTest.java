package io.debezium.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.debezium.data.Envelope.Operation;
import io.debezium.pipeline.source.spi.DataChangeEventListener;
import io.debezium.pipeline.spi.Partition;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class StreamingListenerTest {

    /** The queue of Debezium's metrics takes 1,000 events, and each further one is a warning in the log. */
    @Test
    void theMetricsReceiveOneEventOfABatchWithoutItsKey() {
        List<List<Object>> received = new ArrayList<>();
        @SuppressWarnings("unchecked")
        DataChangeEventListener<Partition> metrics = (DataChangeEventListener<Partition>) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {DataChangeEventListener.class},
                (proxy, method, arguments) -> {
                    List<Object> event = new ArrayList<>(List.of(method.getName()));
                    event.add(arguments[3]);
                    received.add(event);
                    return null;
                });
        for (int batch = 0; batch < 2; batch++) {
            StreamingListener<Partition> listener = new StreamingListener<>(metrics);
            for (int event = 0; event < 2_000; event++) {
                listener.onEvent(null, null, null, "the key", null, Operation.CREATE);
            }
        }
        assertThat(received).hasSize(2).allSatisfy(event -> assertThat(event).containsExactly("onEvent", null));
    }
}

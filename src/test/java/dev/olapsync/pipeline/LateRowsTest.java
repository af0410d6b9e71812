package dev.olapsync.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

class LateRowsTest {

    private static final long NOW = 1_800_000_000_000L;

    @Test
    void aBatchGrowsWithTheAgeOfItsRows() {
        assertThat(growth(NOW)).isEqualTo(1);
        assertThat(growth(NOW - 999)).isEqualTo(1);
        assertThat(growth(NOW - 1_000)).isEqualTo(2);
        assertThat(growth(NOW - 3_600_000)).isEqualTo(8);
        assertThat(growth(NOW + 60_000)).as("another clock").isEqualTo(1);
        assertThat(growth(0)).as("a row without a change").isEqualTo(1);
    }

    @Test
    void anotherRecordHasNoAge() {
        ConsumerRecord<Object, Object> other = new ConsumerRecord<>("olap.m", 0, 1, null, new byte[0]);
        assertThat(LateRows.growth(other, NOW)).isEqualTo(1);
        other.headers().add(RecordHeaders.COMMIT_MILLIS, new byte[] {1});
        assertThat(LateRows.growth(other, NOW)).isEqualTo(1);
    }

    private static int growth(long committed) {
        ConsumerRecord<Object, Object> row = new ConsumerRecord<>("olap.m", 0, 1, null, new byte[0]);
        row.headers()
                .add(
                        RecordHeaders.COMMIT_MILLIS,
                        ByteBuffer.allocate(Long.BYTES).putLong(committed).array());
        return LateRows.growth(row, NOW);
    }
}

package dev.olapsync.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OwnEpochTest {

    private final AtomicInteger registry = new AtomicInteger();

    private OwnEpoch process(int least) {
        return new OwnEpoch(
                least, registry::get, () -> OptionalInt.of(registry.get()), (reason, epoch) -> registry.set(epoch));
    }

    @ParameterizedTest
    @CsvSource({"0, 0, 0", "0, 2, 2", "1, 2, 2", "2, 2, 2", "3, 2, 3"})
    void theSettingIsALowerLimit(int setting, int registered, int epoch) {
        registry.set(registered);
        OwnEpoch process = process(setting);
        assertThat(process.number()).isEqualTo(epoch);
        process.look();
        assertThat(process.isOver()).isFalse();
        assertThat(registry).hasValue(epoch);
    }

    @Test
    void aProcessKeepsItsEpochUntilItTakesTheLatest() {
        OwnEpoch process = process(0);
        assertThat(process.number()).isZero();
        registry.set(1);
        process.look();
        assertThat(process.number()).isZero();
        assertThat(process.isOver()).isTrue();
        assertThatThrownBy(process::requireCurrent).hasMessageContaining("Epoch 1 has begun");
        process.delayed("The route load has not ended.");
        assertThat(process.problem()).hasValueSatisfying(problem -> assertThat(problem)
                .contains("this process still has epoch 0")
                .endsWith("The route load has not ended."));

        process.takeLatest();
        assertThat(process.number()).isEqualTo(1);
        assertThat(process.isOver()).isFalse();
        assertThat(process.problem()).isEmpty();
        assertThatCode(process::requireCurrent).doesNotThrowAnyException();
    }

    /** It becomes a dead letter, and must not hold up the others. */
    @Test
    void aNumberThatCannotBeAnEpochIsAMatterOfItsRecord() {
        OwnEpoch process = process(0);
        process.requireNotBefore(65_536);
        process.requireNotBefore(-1);
        assertThat(process.isOver()).isFalse();
        assertThat(registry).hasValue(0);
    }

    @Test
    void aRecordOfALaterEpochMakesItKnown() {
        OwnEpoch process = process(1);
        process.requireNotBefore(0);
        process.requireNotBefore(1);
        assertThat(process.isOver()).isFalse();
        assertThatThrownBy(() -> process.requireNotBefore(2)).hasMessageContaining("Epoch 2 has begun");
        assertThat(process.isOver()).isTrue();
        assertThat(registry).hasValue(2);
    }
}

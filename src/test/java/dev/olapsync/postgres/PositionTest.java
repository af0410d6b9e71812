package dev.olapsync.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PositionTest {

    @Test
    void parsesDebeziumsSequence() {
        assertThat(Position.parse(1, "[\"24023128\",\"24023224\"]", 7)).isEqualTo(new Position(1, 24023128, 24023224));
    }

    @Test
    void beforeTheFirstCommitTheSlotsPositionStandsIn() {
        assertThat(Position.parse(1, "[null,\"24023224\"]", 7)).isEqualTo(new Position(1, 7, 24023224));
    }

    @Test
    void readsWhatItWrites() {
        Position position = new Position(1, 123, 456);
        assertThat(Position.parse(1, position.sequence(), 0)).isEqualTo(position);
    }

    @Test
    void refusesWhatIsNoSequence() {
        for (String text : new String[] {null, "", "[]", "[\"1\"]", "[\"1\",null]", "[\"x\",\"2\"]"}) {
            assertThatThrownBy(() -> Position.parse(1, text, 0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("source.sequence");
        }
    }

    @Test
    void interleavedTransactionsGrowInCommitOrder() {
        // T2 updates a child at 110 and commits at 120 before T1, which updated its parent at 100
        Position childOfT2 = new Position(0, 90, 110);
        Position parentOfT1 = new Position(0, 120, 100);
        assertThat(parentOfT1).isGreaterThan(childOfT2);
        assertThat(parentOfT1.version()).isGreaterThan(childOfT2.version());
    }

    @Test
    void versionsSortLikePositionsAndEpochsComeFirst() {
        // case B15: 0/16B3748, 0/FFFFFFFF, 1/0
        List<BigInteger> versions = Stream.of(23803720L, 4294967295L, 4294967296L)
                .map(lsn -> new Position(1, lsn, lsn).version())
                .toList();
        assertThat(versions).isSorted();
        assertThat(Position.start(2).version()).isGreaterThan(versions.get(2));
        assertThat(Position.start(0).version()).isZero();
    }

    @Test
    void theEpochComesBeforeTheLog() {
        assertThat(new Position(1, 0, 600)).isGreaterThan(new Position(0, 900, 1000));
    }

    @Test
    void aVersionTellsItsPosition() {
        Position position = new Position(7, 0x1_0000_0010L, 0xffL);
        assertThat(Position.ofVersion(position.version())).isEqualTo(position);
        assertThat(position).hasToString("epoch 7, behind commit 1/10 at 0/FF");
    }

    @Test
    void theGreatestVersionFitsAnUInt128() {
        long maximum = (1L << 56) - 1;
        assertThat(new Position(65_535, maximum, maximum).version())
                .isEqualTo(BigInteger.TWO.pow(128).subtract(BigInteger.ONE));
        assertThatThrownBy(() -> new Position(65_536, 0, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Position(0, 1L << 56, 0)).isInstanceOf(IllegalArgumentException.class);
    }
}

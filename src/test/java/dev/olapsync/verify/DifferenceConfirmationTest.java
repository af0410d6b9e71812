package dev.olapsync.verify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.olapsync.postgres.Position;
import dev.olapsync.verify.Barrier.StandstillException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Each reading of the rows follows a script; a row that is not in a reading is the same on both sides. */
@Timeout(60)
class DifferenceConfirmationTest {

    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final Position POSITION = new Position(0, 8, 16);
    private static final List<String> A = List.of("a");
    private static final List<String> B = List.of("b");

    private final List<String> calls = new ArrayList<>();
    private final List<Integer> sizes = new ArrayList<>();
    private final Deque<Map<List<String>, String>> readings = new ArrayDeque<>();
    private boolean standsStill;

    private final DifferenceConfirmation confirmation = new DifferenceConfirmation(
            (model, keys) -> {
                calls.add("read");
                sizes.add(keys.size());
                Map<List<String>, String> states =
                        new HashMap<>(readings.size() > 1 ? readings.pop() : readings.peek());
                states.keySet().retainAll(keys);
                return states;
            },
            patience -> {
                calls.add("wait " + patience);
                if (standsStill) {
                    throw new StandstillException("capture does not answer");
                }
                return POSITION;
            });

    private DifferenceConfirmation.Settled settle(Duration patience, Candidates candidates) throws Exception {
        return confirmation.settle(null, candidates, patience);
    }

    @SafeVarargs
    private DifferenceConfirmation.Settled settle(List<String>... keys) throws Exception {
        return settle(PATIENCE, Candidates.of(List.of(keys)));
    }

    @Test
    void aRowThatIsTheSameAtTheFirstReadingIsNoDifference() throws Exception {
        readings.add(Map.of());
        assertThat(settle(A)).isEqualTo(new DifferenceConfirmation.Settled(List.of(), 0));
        assertThat(calls).containsExactly("wait PT10M", "read");
    }

    @Test
    void aRowDiffersWhenTwoReadingsFindTheSameAndTheBarrierWasBetweenThem() throws Exception {
        readings.add(Map.of(A, "1 x y"));
        assertThat(settle(A).differences()).containsExactly(A);
        assertThat(calls).containsExactly("wait PT10M", "read", "wait PT10M", "read");
        assertThat(confirmation.reached()).isEqualTo(POSITION);
        assertThat(confirmation.standstill()).isNull();
    }

    @Test
    void aRowWithANewVersionIsReadAgain() throws Exception {
        readings.add(Map.of(A, "1 x y"));
        readings.add(Map.of(A, "2 x y"));
        readings.add(Map.of(A, "3 x y"));
        readings.add(Map.of());
        assertThat(settle(A)).isEqualTo(new DifferenceConfirmation.Settled(List.of(), 0));
        assertThat(sizes).hasSize(4);
    }

    @Test
    void oneRowDoesNotDecideForTheOthers() throws Exception {
        readings.add(Map.of(A, "1 x y", B, "1 x y"));
        readings.add(Map.of(A, "1 x y", B, "2 x y"));
        readings.add(Map.of());
        assertThat(settle(A, B).differences()).containsExactly(A);
        assertThat(sizes).containsExactly(2, 2, 1);
    }

    @Test
    void aRowThatGoesOnChangingIsNoDifferenceWhenThePatienceEnds() throws Exception {
        readings.add(Map.of(A, "1 x y"));
        readings.add(Map.of(A, "2 x y"));
        assertThat(settle(Duration.ZERO, Candidates.of(List.of(A))))
                .isEqualTo(new DifferenceConfirmation.Settled(List.of(), 1));
    }

    @Test
    void ofAPipelineThatStandsStillAllRowsThatStillDifferAreDifferences() throws Exception {
        standsStill = true;
        readings.add(Map.of(A, "1 x y"));
        assertThat(settle(A, B).differences()).containsExactly(A);
        assertThat(confirmation.standstill()).isEqualTo("capture does not answer");
        assertThat(confirmation.reached()).isNull();
    }

    @Test
    void aPipelineThatStandsStillIsWaitedForOnce() throws Exception {
        standsStill = true;
        readings.add(Map.of());
        settle(A);
        settle(B);
        standsStill = false;
        settle(A);
        settle(B);
        assertThat(calls.stream().filter(call -> call.startsWith("wait")))
                .containsExactly("wait PT10M", "wait PT0S", "wait PT0S", "wait PT10M");
    }

    @Test
    void aReadingIsOfAtMost500Keys() throws Exception {
        readings.add(Map.of());
        settle(
                PATIENCE,
                Candidates.of(IntStream.range(0, 1001)
                        .mapToObj(key -> List.of(String.valueOf(key)))
                        .toList()));
        assertThat(sizes).containsExactly(500, 500, 1);
    }
}

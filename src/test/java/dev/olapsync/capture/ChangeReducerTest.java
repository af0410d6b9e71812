package dev.olapsync.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ChangeReducerTest {

    private static final String KEPT = "k".repeat(16 * 1024);
    private static final String LONG = KEPT + "k";

    private static Optional<String> reduced(String envelope, int limit) {
        return ChangeReducer.reduced(envelope.getBytes(StandardCharsets.UTF_8), limit)
                .map(json -> new String(json, StandardCharsets.UTF_8));
    }

    @Test
    void valuesOfMoreThan16KiBAreLeftOutOfBothImages() {
        assertThat(reduced(
                        "{\"before\":{\"id\":\"" + KEPT + "\",\"text\":\"" + LONG
                                + "\"},\"after\":{\"id\":2,\"text\":\"" + LONG + "\"},\"op\":\"u\"}",
                        1 << 20))
                .hasValue("{\"before\":{\"id\":\"" + KEPT + "\"},\"after\":{\"id\":2},\"op\":\"u\"}");
    }

    /** So its change becomes a dead letter, see ChangedKeysTest. */
    @Test
    void aKeyOfMoreThan16KiBIsLeftOutAsWell() {
        assertThat(reduced("{\"before\":null,\"after\":{\"id\":\"" + LONG + "\"}}", 1 << 20))
                .hasValue("{\"before\":null,\"after\":{}}");
    }

    @Test
    void arraysAreLeftOutWhateverTheirLength() {
        assertThat(reduced("{\"after\":{\"id\":1,\"tags\":[1,2]}}", 1 << 20)).hasValue("{\"after\":{\"id\":1}}");
    }

    @Test
    void numbersStayAsTheyAre() {
        String exact = "{\"after\":{\"id\":9223372036854775807,\"rate\":0.1}}";
        assertThat(reduced(exact, 1 << 20)).hasValue(exact);
    }

    @Test
    void whatIsStillLargerThanARecordMayBeCannotBeReduced() {
        String event = "{\"after\":{\"id\":1}}";
        assertThat(reduced(event, event.length())).isPresent();
        assertThat(reduced(event, event.length() - 1)).isEmpty();
    }
}

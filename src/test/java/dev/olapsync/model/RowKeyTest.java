package dev.olapsync.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A key comes back as the texts of its columns, whatever they look like. */
class RowKeyTest {

    @Test
    void noDigitIsLost() {
        String digits = "1234567890123456789012345678.0123456700";
        assertThat(RowKey.columns("[" + digits + ",\"a\",9223372036854775808,true]", 4))
                .containsExactly(digits, "a", "9223372036854775808", "true");
        String small = "-0.0000000001";
        assertThat(new BigDecimal(RowKey.columns("[" + small + ",1]", 2).get(0)))
                .isEqualTo(new BigDecimal(small));
        String long1200 = "9".repeat(1200) + ".5";
        assertThat(RowKey.columns("[" + long1200 + ",1]", 2)).containsExactly(long1200, "1");
    }

    @Test
    void theTextOfASingleColumnIsTheKey() {
        assertThat(RowKey.columns("[1,2]", 1)).containsExactly("[1,2]");
        assertThat(RowKey.columns("no array", 2)).isEqualTo(List.of("no array"));
    }
}

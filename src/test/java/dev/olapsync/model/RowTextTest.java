package dev.olapsync.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.olapsync.model.RowText.Column;
import dev.olapsync.model.RowText.Form;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The oracle is Postgres' own row_to_json. */
class RowTextTest {

    private static final int ROWS = 500;
    /** What is quoted, escaped or a delimiter, in one of the two forms. */
    private static final String CHARACTERS = "ab(),\"\\{}[]:'\n\t\r\b\f\u0001\u007f\u2028 äЖ\ud83d\ude00";

    private static final RowText TEXTS =
            new RowText(List.of(new Column("a", Form.TEXT), new Column("\"Ж\" \\", Form.TEXT)), List.of());

    @Test
    void anyTextIsTheSameInJson() throws Exception {
        long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("RowTextTest: -Dseed=" + seed);
        Random random = new Random(seed);
        try (Connection postgres = TestDatabase.create("row_text")) {
            List<String> mapped = new ArrayList<>();
            List<String> expected = new ArrayList<>();
            for (int i = 0; i < ROWS; i++) {
                List<String> row = List.of(text(random), text(random));
                List<String> answer = ask(
                        postgres,
                        "SELECT (r.*)::text, row_to_json(r.*)::text"
                                + " FROM (SELECT NULLIF($1, 'NULL') AS a, NULLIF($2, 'NULL') AS \"\"\"Ж\"\" \\\") AS r",
                        row);
                mapped.add(json(TEXTS, answer.get(0), true));
                expected.add(answer.get(1));
            }
            assertThat(mapped.stream().map(LookUps::json).toList())
                    .as("of seed " + seed)
                    .isEqualTo(expected.stream().map(LookUps::json).toList());
        }
    }

    @Test
    void aValueHasTheFormOfItsColumn() {
        RowText row = new RowText(
                List.of(
                        new Column("i", Form.NUMBER),
                        new Column("f", Form.NUMBER),
                        new Column("n", Form.NUMBER),
                        new Column("yes", Form.BOOL),
                        new Column("no", Form.BOOL),
                        new Column("at", Form.TIME),
                        new Column("list", Form.JSON),
                        new Column("none", Form.JSON),
                        new Column("empty", Form.TEXT)),
                List.of(new Column("i", Form.NUMBER)));
        assertThat(json(row, "(-12,1.5e-07,NaN,t,f,\"2026-11-30 12:00:00.5\",\"[\"\"a\\\\n\"\", null]\",,\"\")", true))
                .isEqualTo("{\"i\":-12,\"f\":1.5e-07,\"n\":\"NaN\",\"yes\":true,\"no\":false,"
                        + "\"at\":\"2026-11-30T12:00:00.5\",\"list\":[\"a\\n\", null],\"none\":null,\"empty\":\"\"}");
        assertThat(json(row, "(7)", false)).isEqualTo("{\"i\":7}");
        assertThat(json(row, "()", false)).isEqualTo("{\"i\":null}");
        assertThat(json(row, null, true)).isNull();
    }

    @Test
    void otherColumnsAreRefused() {
        RowText row = new RowText(List.of(new Column("a", Form.TEXT)), List.of());
        assertThatThrownBy(() -> row.json("(x,y)", true)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aTimeThatIsNotInTheIsoFormIsRefused() throws Exception {
        RowText row = new RowText(List.of(new Column("day", Form.TIME), new Column("at", Form.TIME)), List.of());
        String sql = "SELECT (r.*)::text, row_to_json(r.*)::text"
                + " FROM (SELECT date '1900-01-02' AS day, timestamp '2299-12-31 23:59:59.5' AS at) AS r";
        try (Connection postgres = TestDatabase.create("row_text_times")) {
            List<String> answer = ask(postgres, sql, List.of());
            assertThat(json(row, answer.get(0), true)).isEqualTo(answer.get(1));
        }
        // the styles German, SQL and Postgres
        for (String other : List.of("02.01.1900", "01/02/1900", "01-02-1900")) {
            assertThatThrownBy(() -> row.json("(" + other + ",)", true))
                    .as(other)
                    .hasMessageContaining("DateStyle");
        }
    }

    private static String json(RowText row, String text, boolean live) {
        return LookUps.text(row.json(text, live));
    }

    private static String text(Random random) {
        if (random.nextInt(10) == 0) {
            return "NULL";
        }
        int[] characters = CHARACTERS.codePoints().toArray();
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(8); i > 0; i--) {
            text.appendCodePoint(characters[random.nextInt(characters.length)]);
        }
        return text.toString();
    }

    private static List<String> ask(Connection postgres, String sql, List<String> parameters) throws SQLException {
        try (PreparedStatement statement = postgres.prepareStatement(new SqlText(sql).jdbc())) {
            for (int i = 0; i < parameters.size(); i++) {
                statement.setString(i + 1, parameters.get(i));
            }
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return List.of(row.getString(1), row.getString(2));
            }
        }
    }
}

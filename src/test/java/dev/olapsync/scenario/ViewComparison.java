package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import dev.olapsync.clickhouse.ClickHouse;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The view with the model's own name against the SELECT, as texts. A verdict compares the models that the view is made of: the parts of a
 * union, the rows of a roll-up.
 */
public final class ViewComparison {

    private ViewComparison() {}

    /** @param what the message of a failure says it */
    public static void compare(Scenario scenario, String model, String select, String what) throws Exception {
        if (!scenario.clickHouse("EXISTS TABLE " + model + "_rows").equals(List.of("0"))) {
            return;
        }
        List<String> names = new ArrayList<>();
        List<String> expected = new ArrayList<>();
        try (Connection postgres = scenario.postgres();
                Statement statement = postgres.createStatement()) {
            statement.setEscapeProcessing(false);
            statement.execute("SET timezone = 'UTC'");
            try (ResultSet row = statement.executeQuery(select)) {
                for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
                    names.add(row.getMetaData().getColumnName(i));
                }
                while (row.next()) {
                    expected.add(text(row, names.size()));
                }
            }
        }
        String columns = names.stream()
                .map(name -> "ifNull(hex(toString(" + ClickHouse.identifier(name) + ")), '-')")
                .collect(Collectors.joining(", "));
        assertThat(scenario.clickHouse("SELECT arrayStringConcat([" + columns + "], '|') FROM " + model).stream()
                        .map(ViewComparison::decoded))
                .as("view %s of %s", model, what)
                .containsExactlyInAnyOrderElementsOf(expected);
    }

    private static String text(ResultSet row, int columns) throws SQLException {
        List<String> values = new ArrayList<>();
        for (int i = 1; i <= columns; i++) {
            String value = row.getString(i);
            boolean isBoolean = row.getMetaData().getColumnTypeName(i).equals("bool");
            values.add(value == null ? "-" : "=" + (isBoolean ? String.valueOf(row.getBoolean(i)) : normal(value)));
        }
        return String.join("|", values);
    }

    private static String decoded(String line) {
        List<String> values = new ArrayList<>();
        for (String value : line.split("[|]", -1)) {
            values.add(
                    value.equals("-")
                            ? "-"
                            : "=" + normal(new String(HexFormat.of().parseHex(value), StandardCharsets.UTF_8)));
        }
        return String.join("|", values);
    }

    /** Without the zeros behind the digits, of which the two sides show more or fewer, and without the zone. */
    private static String normal(String value) {
        return value.matches("-?[0-9]+[.][0-9]+|[0-9]{4}-[0-9]{2}-[0-9]{2} .*")
                ? value.replaceFirst("[+]00$", "")
                        .replaceFirst("([.][0-9]*?)0+$", "$1")
                        .replaceFirst("[.]$", "")
                : value;
    }
}

package dev.olapsync.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The table of docs/types.md says what {@link TypeMapping} does. */
class TypeMappingTest {

    private static final Pattern NAME = Pattern.compile("`([^`]+)`");
    /** As SQL spells them, to their names in {@code pg_type}. */
    private static final Map<String, String> SQL_NAMES = Map.of(
            "smallint", "int2",
            "integer", "int4",
            "bigint", "int8",
            "real", "float4",
            "double precision", "float8",
            "boolean", "bool",
            "char(n)", "bpchar",
            "numeric(p,s)", "numeric");

    private record Row(String types, String clickHouse, String key, String history) {}

    @Test
    void theDocumentsTableIsTheMapping() throws IOException {
        for (Row row : rows()) {
            for (Table.Type type : types(row)) {
                int modifier = row.types().contains("(p,s)") ? ColumnType.numericModifier(10, 2) : -1;
                TypeMapping mapping = TypeMapping.of(type, modifier);
                String clickHouse =
                        ColumnType.of(type, modifier).clickHouseType(false).replace("Decimal(10, 2)", "Decimal(p, s)");
                assertThat(new Row(
                                row.types(), clickHouse, word(mapping.key()), mapping.format() == null ? "no" : "yes"))
                        .as(type.name())
                        .isEqualTo(row);
            }
        }
    }

    @Test
    void everyMappedTypeIsInTheDocument() throws IOException {
        Set<String> documented = new TreeSet<>();
        rows().forEach(row -> types(row).forEach(type -> documented.add(type.name())));
        assertThat(documented).containsAll(TypeMapping.BUILT_IN.keySet());
    }

    private static String word(TypeMapping.Key key) {
        return switch (key) {
            case NONE -> "no";
            case JOIN -> "join";
            case ROW -> "row";
        };
    }

    private static List<Table.Type> types(Row row) {
        return switch (row.types()) {
            case "an enum" -> List.of(new Table.Type(1, "public", "mood", 'e', false, -1));
            case "an array of any type" -> List.of(new Table.Type(1, "pg_catalog", "_int4", 'b', true, -1));
            case "`citext`" -> List.of(new Table.Type(1, "public", "citext", 'b', false, -1));
            default ->
                NAME.matcher(row.types())
                        .results()
                        .map(name -> SQL_NAMES.getOrDefault(name.group(1), name.group(1)))
                        .map(name -> new Table.Type(1, "pg_catalog", name, 'b', false, -1))
                        .toList();
        };
    }

    /** Without that of domains, which are read as their base types. */
    private static List<Row> rows() throws IOException {
        List<Row> rows = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of("docs/types.md"))) {
            List<String> cells =
                    Arrays.stream(line.split("\\|")).map(String::strip).toList();
            if (line.startsWith("|") && cells.size() > 4 && Set.of("yes", "no").contains(cells.get(4))) {
                Matcher clickHouse = NAME.matcher(cells.get(2));
                assertThat(clickHouse.matches()).as(line).isTrue();
                rows.add(new Row(cells.get(1), clickHouse.group(1), cells.get(3), cells.get(4)));
            }
        }
        return rows;
    }
}

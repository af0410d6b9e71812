package dev.olapsync.tables;

import static dev.olapsync.clickhouse.ClickHouse.identifier;
import static dev.olapsync.clickhouse.ClickHouse.literal;

import com.clickhouse.client.api.query.GenericRecord;
import dev.olapsync.model.Model;
import dev.olapsync.model.OutputColumn;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The key of the rows of a model, in SQL of ClickHouse. */
public final class StoredKey {

    private final List<OutputColumn> key;

    public StoredKey(Model model) {
        this.key = model.key();
    }

    /** The columns, separated by commas. */
    public String columns() {
        return key.stream().map(column -> identifier(column.name())).collect(Collectors.joining(", "));
    }

    /** The columns as texts, for {@link #of}. They have no names, which could be those of columns. */
    public String texts() {
        return key.stream()
                .map(column -> "toString(" + identifier(column.name()) + ")")
                .collect(Collectors.joining(", "));
    }

    /** @param row of a SELECT of the {@link #texts} */
    public List<String> of(GenericRecord row) {
        return IntStream.rangeClosed(1, key.size()).mapToObj(row::getString).toList();
    }

    /** The key with these texts, to compare with the columns in parentheses. */
    public String tuple(List<String> texts) {
        return IntStream.range(0, texts.size())
                .mapToObj(i -> value(i, texts))
                .collect(Collectors.joining(", ", "(", ")"));
    }

    /** A condition for the rows with greater keys. */
    public String greaterThan(List<String> texts) {
        return compared(">", texts);
    }

    /** A condition for the rows with keys that are not greater. */
    public String upTo(List<String> texts) {
        return compared("<=", texts);
    }

    /** ClickHouse compares only single columns with its index. */
    private String compared(String comparison, List<String> texts) {
        return identifier(key.get(0).name()) + " " + comparison.charAt(0) + "= " + value(0, texts) + " AND ("
                + columns() + ") " + comparison + " " + tuple(texts);
    }

    private String value(int place, List<String> texts) {
        return "CAST(" + literal(texts.get(place)) + " AS "
                + key.get(place).type().clickHouseType(false) + ")";
    }
}

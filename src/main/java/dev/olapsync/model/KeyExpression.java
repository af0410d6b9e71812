package dev.olapsync.model;

import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.model.ColumnType.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A list of expressions of ClickHouse over the columns of the key of a model. Only functions that always give the same
 * value are known: all versions of a row must have the same value.
 */
final class KeyExpression {

    private static final Set<Kind> NUMBERS = Set.of(Kind.INT16, Kind.INT32, Kind.INT64);
    private static final Set<Kind> TIMES = Set.of(Kind.DATE, Kind.TIMESTAMP, Kind.INSTANT);

    /** @param takes null for every kind @param gives what another function can take @param number whether a whole number follows */
    private record Function(Set<Kind> takes, Set<Kind> gives, boolean number) {}

    private static final Function OF_TIME = new Function(TIMES, TIMES, false);
    private static final Function NUMBER_OF_TIME = new Function(TIMES, NUMBERS, false);
    private static final Function OF_NUMBERS = new Function(NUMBERS, NUMBERS, true);
    private static final Map<String, Function> FUNCTIONS = Map.ofEntries(
            Map.entry("toYear", NUMBER_OF_TIME),
            Map.entry("toYYYYMM", NUMBER_OF_TIME),
            Map.entry("toYYYYMMDD", NUMBER_OF_TIME),
            Map.entry("toStartOfYear", OF_TIME),
            Map.entry("toStartOfMonth", OF_TIME),
            Map.entry("toStartOfDay", OF_TIME),
            Map.entry("toMonday", OF_TIME),
            Map.entry("intDiv", OF_NUMBERS),
            Map.entry("modulo", OF_NUMBERS),
            Map.entry("cityHash64", new Function(null, NUMBERS, false)));

    private static final Pattern TOKEN = Pattern.compile("[A-Za-z_]\\w*|`[^`]+`|\\d+|[(),]|\\S");

    private final String text;
    private final int start;
    private final List<OutputColumn> columns;
    private final String purpose;
    private final Problems problems;
    private final Matcher tokens;
    private String token;
    private int place;

    private KeyExpression(String text, int start, List<OutputColumn> columns, String purpose, Problems problems) {
        this.text = text;
        this.start = start;
        this.columns = columns;
        this.purpose = purpose;
        this.problems = problems;
        this.tokens = TOKEN.matcher(text);
        next();
    }

    /**
     * The elements of a list, as ClickHouse writes them.
     *
     * @param start offset of the text in the file
     * @param columns of the table
     * @param purpose why another column is wrong
     */
    static List<String> list(String text, int start, List<OutputColumn> columns, String purpose, Problems problems)
            throws ModelException {
        KeyExpression expression = new KeyExpression(text, start, columns, purpose, problems);
        List<String> elements = new ArrayList<>();
        do {
            elements.add(expression.element(null));
        } while (expression.skip(","));
        if (expression.token != null) {
            throw expression.unexpected();
        }
        return elements;
    }

    private void next() {
        boolean found = tokens.find();
        token = found ? tokens.group() : null;
        place = start + (found ? tokens.start() : text.length());
    }

    private boolean skip(String expected) {
        boolean found = expected.equals(token);
        if (found) {
            next();
        }
        return found;
    }

    private ModelException unexpected() {
        return problems.refuse(
                place,
                (token == null ? "something is missing at the end" : "'" + token + "' is not understood here")
                        + ": write a list of columns of the key and of these functions of them: "
                        + FUNCTIONS.keySet().stream().sorted().collect(Collectors.joining(", ")));
    }

    /** @param taken the kinds that the function around it takes; null for all */
    private String element(Set<Kind> taken) throws ModelException {
        if (token == null || !token.matches("[A-Za-z_`].*")) {
            throw unexpected();
        }
        String name = token;
        int at = place;
        next();
        if (!"(".equals(token)) {
            return column(name.replace("`", ""), at, taken);
        }
        Function function = FUNCTIONS.get(name);
        if (function == null || taken != null && !taken.containsAll(function.gives())) {
            token = name;
            place = at;
            throw unexpected();
        }
        skip("(");
        String argument = element(function.takes());
        if (function.number()) {
            if (!skip(",") || token == null || !token.matches("[1-9]\\d{0,8}")) {
                throw unexpected();
            }
            argument += ", " + token;
            next();
        }
        if (!skip(")")) {
            throw unexpected();
        }
        return name + "(" + argument + ")";
    }

    private String column(String name, int at, Set<Kind> taken) throws ModelException {
        OutputColumn column = columns.stream()
                .filter(one -> one.name().equals(name))
                .findFirst()
                .orElseThrow(() -> problems.refuse(at, "the model has no column " + name));
        if (!column.key()) {
            throw problems.refuse(
                    at,
                    name + " is not part of the key ("
                            + columns.stream()
                                    .filter(OutputColumn::key)
                                    .map(OutputColumn::name)
                                    .collect(Collectors.joining(", "))
                            + "), so it can change: " + purpose);
        }
        if (taken != null && !taken.contains(column.type().kind())) {
            throw problems.refuse(at, name + " is " + column.clickHouseType() + ", which this function does not take");
        }
        return ClickHouse.identifier(name);
    }
}

package dev.olapsync.model;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Some rows of the grain of a model, in the order of its key. */
public record Page(List<Row> rows) {

    /**
     * A row of the grain; all values except the first are as in {@link LookUp}.
     *
     * @param grainKey the texts of the columns of the key
     * @param json a JSON object in UTF-8; null if it has too many bytes
     */
    public record Row(
            List<String> grainKey, String key, boolean live, byte[] json, int size, String unheld, String refused) {

        /** Whether it has more bytes than a row of the page may have, so that there is no json. */
        public boolean isWide() {
            return json == null;
        }
    }

    /**
     * The bounds of the rows, by their grain keys.
     *
     * @param after exclusive lower bound; empty for none
     * @param upTo inclusive upper bound; empty for none
     */
    public record Range(List<String> after, List<String> upTo) {

        public static final Range ALL = new Range(List.of(), List.of());

        /** The range of a single key, which is both bounds, for a copy. */
        public static Range only(List<String> key) {
            return new Range(key, key);
        }

        PageQuery.Bounds bounds() {
            return !after.isEmpty() && after.equals(upTo)
                    ? PageQuery.Bounds.ONE_KEY
                    : new PageQuery.Bounds(!after.isEmpty(), !upTo.isEmpty());
        }
    }

    /**
     * @param after the {@link Row#grainKey()} of the last row of the previous page; empty for the first page
     * @param limit maximum number of rows; a page with fewer rows is the last one
     * @param maxBytes of all rows together; for rows with more than their share only the size is read
     * @throws SchemaChangedException if the tables of the model have been altered
     */
    public static Page read(Connection postgres, Model model, List<String> after, int limit, long maxBytes)
            throws SQLException {
        return read(postgres, model, new Range(after, List.of()), limit, maxBytes);
    }

    /** The first page of a range; see {@link #read(Connection, Model, List, int, long)}. */
    public static Page read(Connection postgres, Model model, Range range, int limit, long maxBytes)
            throws SQLException {
        List<Row> rows = new ArrayList<>();
        try (PreparedStatement statement =
                postgres.prepareStatement(model.page().rows(range.bounds()))) {
            statement.setLong(1, maxBytes / limit);
            set(statement, 2, range, limit);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    if (!row.getBoolean("current")) {
                        throw SchemaChangedException.of(model, postgres);
                    }
                    boolean live = row.getBoolean("live");
                    rows.add(new Row(
                            key(row, model),
                            row.getString("key"),
                            live,
                            model.page().rowText().json(row.getString("row"), live),
                            row.getInt("size"),
                            row.getString("unheld"),
                            row.getString("refused")));
                }
            }
        }
        return new Page(rows);
    }

    /** The keys alone of such a page. */
    public static List<List<String>> keys(Connection postgres, Model model, List<String> after, int limit)
            throws SQLException {
        return keys(postgres, model, new Range(after, List.of()), limit);
    }

    /** The keys alone of such a page. */
    public static List<List<String>> keys(Connection postgres, Model model, Range range, int limit)
            throws SQLException {
        try (PreparedStatement statement =
                postgres.prepareStatement(model.page().keys(range.bounds()))) {
            set(statement, 1, range, limit);
            return keys(statement, model);
        }
    }

    /**
     * Divides the rows of a range, as they are now, into ranges with this number of rows; the last one has the upper bound
     * and may have fewer rows, or none if there is no upper bound.
     *
     * @param postgres without a transaction; after a failure it has one, which ends when the caller closes the connection
     */
    public static List<Range> divide(Connection postgres, Model model, Range all, int rows) throws SQLException {
        postgres.setAutoCommit(false);
        try (PreparedStatement cursor = postgres.prepareStatement(model.page().cursor(all.bounds()));
                Statement statement = postgres.createStatement()) {
            // the plan for reading all keys, not for reading the first ones soon
            statement.execute("SET LOCAL cursor_tuple_fraction = 1");
            set(cursor, 1, all);
            cursor.execute();
            List<Range> ranges = new ArrayList<>();
            List<String> last = all.after();
            for (Optional<List<String>> next = behind(statement, model, rows);
                    next.isPresent();
                    next = behind(statement, model, rows)) {
                ranges.add(new Range(last, next.get()));
                last = next.get();
            }
            if (last.isEmpty() || !last.equals(all.upTo())) {
                ranges.add(new Range(last, all.upTo()));
            }
            postgres.rollback();
            postgres.setAutoCommit(true);
            return ranges;
        }
    }

    /** The last one of the next so many keys; a cursor skips the others at less than half of the cost of numbering them. */
    private static Optional<List<String>> behind(Statement cursor, Model model, int rows) throws SQLException {
        cursor.execute("MOVE FORWARD " + (rows - 1) + " IN " + PageQuery.CURSOR);
        try (ResultSet row = cursor.executeQuery("FETCH NEXT FROM " + PageQuery.CURSOR)) {
            return row.next() ? Optional.of(key(row, model)) : Optional.empty();
        }
    }

    private static List<List<String>> keys(PreparedStatement statement, Model model) throws SQLException {
        List<List<String>> keys = new ArrayList<>();
        try (ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                keys.add(key(row, model));
            }
        }
        return keys;
    }

    private static void set(PreparedStatement statement, int first, Range range, int limit) throws SQLException {
        statement.setInt(set(statement, first, range), limit);
    }

    /** @return the number of the parameter behind the bounds */
    private static int set(PreparedStatement statement, int first, Range range) throws SQLException {
        int parameter = first;
        for (List<String> bound : List.of(range.after(), range.upTo())) {
            for (String column : bound) {
                statement.setString(parameter++, column);
            }
        }
        return parameter;
    }

    private static List<String> key(ResultSet row, Model model) throws SQLException {
        int width = model.key().size();
        List<String> key = new ArrayList<>(width);
        for (int i = 1; i <= width; i++) {
            key.add(row.getString("k" + i));
        }
        return key;
    }
}

package dev.olapsync.model;

import dev.olapsync.postgres.TableName;
import java.util.List;

/**
 * One statement that reads the rows of a model that a set of changed rows of one table touches.
 *
 * <p>It is written for camel-jdbc with {@code useHeadersAsParameters}: parameter {@code :?k1} is the array literal with
 * the values of the first key column, {@code :?k2} of the second, and so on ({@link KeyColumn#array}); the one behind them is
 * how many bytes a row may have. Result columns:
 * <ul>
 * <li>{@code n} (bigint): the place of the key in the arrays, from 1;
 * <li>{@code key} (text): the key of the model's row; a composite key as JSON array;
 * <li>{@code live} (boolean): whether the model's SELECT has the row;
 * <li>{@code row} (text): the {@link #rowText} of the row; when not live, of its key columns only; null when it has too many bytes;
 * <li>{@code size} (int): about how many bytes the row has as JSON object;
 * <li>{@code unheld} (text or null): names of the columns whose value ClickHouse cannot hold and that are null instead;
 * <li>{@code current} (boolean): whether the tables are still what they were when the model was compiled. If not, the row
 *     must not be used: see {@link ReadSchema};
 * <li>{@code refused} (text or null): names of the columns that must not be null, but whose value is null or cannot be
 *     held; the row must not be written.
 * </ul>
 * The look-up of the grain returns exactly one row per key, also when the row is gone; that of a joined table any number.
 * The order of the rows is undefined. The session must have the settings IntervalStyle postgres, bytea_output
 * hex, DateStyle ISO and join_collapse_limit 20.
 * Instances are immutable and compare by identity.
 */
public final class LookUp {

    /**
     * Number of keys from which on joining all rows together is not slower, also where the tables are so large that
     * indexes would be faster than Postgres expects (docs/benchmarks.md).
     */
    public static final int MANY = 2000;

    /** Columns of one of the tables of the model by whose values rows are found. */
    public record Reference(TableName table, List<String> columns) {}

    private final Model model;
    private final String target;
    private final String alias;
    private final TableName table;
    private final List<KeyColumn> key;
    private final boolean direct;
    private final boolean ofGrain;
    private final boolean required;
    private final boolean ofWholeRows;
    private final String sql;
    private final String sqlOfMany;
    private final String listing;
    private final RowText rowText;

    /**
     * @param direct whether the key is that of the grain, so that the look-up of the grain can be used
     * @param sqlOfMany the same for many keys
     */
    LookUp(
            Model model,
            String target,
            String alias,
            TableName table,
            List<KeyColumn> key,
            boolean direct,
            boolean ofGrain,
            boolean required,
            boolean ofWholeRows,
            String sql,
            String sqlOfMany,
            String listing,
            RowText rowText) {
        this.model = model;
        this.target = target;
        this.alias = alias;
        this.table = table;
        this.key = List.copyOf(key);
        this.direct = direct;
        this.ofGrain = ofGrain;
        this.required = required;
        this.ofWholeRows = ofWholeRows;
        this.sql = sql;
        this.sqlOfMany = sqlOfMany;
        this.listing = listing;
        this.rowText = rowText;
    }

    /**
     * The look-up to use: that of the grain if the changed row contains its key, so that rows of several tables are
     * read once.
     */
    public LookUp asked() {
        return direct ? model.lookUps().get(0) : this;
    }

    public Model model() {
        return model;
    }

    /** The name under which its rows are published: that of the model, or of its history. */
    public String target() {
        return target;
    }

    /** The alias of the changed table in the model. */
    public String alias() {
        return alias;
    }

    /** The changed table. */
    public TableName table() {
        return table;
    }

    /**
     * The columns of the changed table whose values are the parameters: the key of the grain, or the columns at the
     * start of the path to it.
     */
    public List<KeyColumn> key() {
        return key;
    }

    public boolean ofGrain() {
        return ofGrain;
    }

    /** Whether the model has no row when this table has none. */
    public boolean required() {
        return required;
    }

    /** Whether an update must contain the whole old row, because the old key is unknown otherwise. */
    public boolean ofWholeRows() {
        return ofWholeRows;
    }

    /** The statement that finds the row of each key through indexes. */
    public String sql() {
        return sql;
    }

    /**
     * The statement for a number of keys: for many, Postgres chooses whether it finds each parent through an index or
     * reads its table once.
     */
    public String sql(int keys) {
        return keys < MANY ? sql : sqlOfMany;
    }

    /**
     * A statement for plain JDBC that returns only the keys of the rows of the model that {@link #sql()} would find, as
     * texts {@code k1}, {@code k2} and so on; its parameters are the arrays in their order. For the look-up of the
     * grain, it has no parameters and returns the keys of all rows.
     */
    public String listing() {
        return listing;
    }

    /** What the column {@code row} means. */
    public RowText rowText() {
        return rowText;
    }

    @Override
    public String toString() {
        return model.name() + "/" + alias + " (" + table + ")";
    }
}

package dev.olapsync.model;

import dev.olapsync.postgres.TableName;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** A ClickHouse table, described by the SELECT that gives its content in Postgres. Immutable; compares by identity. */
public final class Model {

    private final String name;
    private final Path file;
    private final String select;
    private final String rows;
    private final TableOptions options;
    private final List<OutputColumn> columns;
    private final List<OutputColumn> key;
    private final List<LookUp> lookUps;
    private final List<LookUp.Reference> references;
    private final boolean several;
    private final UnaryOperator<String> view;
    private final SortedSet<TableName> tables;
    private final PageQuery page;
    private final CopyQuery copy;
    private final History history;
    private final ReadSchema schema;
    private final FaultyParents faultyParents;
    private final GoneRows goneRows;

    /**
     * @param query the SELECT
     * @param lookUps creates the look-ups, that of the grain first
     * @param view the SELECT of the view with the name of the file over the rows, if it shows something else than the rows
     *     of the model; otherwise null
     * @param history creates the history, or null
     * @param faultyParents of these look-ups
     */
    Model(
            String name,
            Path file,
            String select,
            Query query,
            TableOptions options,
            Function<Model, List<LookUp>> lookUps,
            List<LookUp.Reference> references,
            PageQuery page,
            CopyQuery copy,
            UnaryOperator<String> view,
            Function<Model, History> history,
            Function<List<LookUp>, FaultyParents> faultyParents,
            GoneRows goneRows) {
        this.name = name;
        this.file = file;
        this.select = select;
        this.rows = query.select();
        this.options = options;
        this.columns = List.copyOf(query.stored());
        this.key = query.key().stream().map(Query.Key::column).toList();
        this.several = query.several();
        this.view = view;
        this.references = List.copyOf(references);
        this.lookUps = List.copyOf(lookUps.apply(this));
        this.page = page;
        this.copy = copy;
        this.schema = query.schema();
        this.history = history.apply(this);
        this.faultyParents = faultyParents.apply(this.lookUps);
        this.goneRows = goneRows;
        SortedSet<TableName> read = new TreeSet<>();
        this.lookUps.forEach(lookUp -> read.add(lookUp.table()));
        this.tables = Collections.unmodifiableSortedSet(read);
    }

    /** The name of the ClickHouse table: the name of the file without {@code .sql}. */
    public String name() {
        return name;
    }

    public Path file() {
        return file;
    }

    /** The table whose key is the key of the rows: one row of it gives at most one row in ClickHouse. */
    public TableName grain() {
        return lookUps.get(0).table();
    }

    /** The columns of a row in ClickHouse: those that the view hides first, then those of the SELECT in its order. */
    public List<OutputColumn> columns() {
        return columns;
    }

    /** The columns of the SELECT. */
    public List<OutputColumn> visible() {
        return columns.stream().filter(column -> !column.hidden()).toList();
    }

    /**
     * Whether one row of the grain can give several rows of the SELECT. Then they are one row in ClickHouse, whose columns are arrays, and
     * the view unfolds them.
     */
    public boolean several() {
        return several;
    }

    /**
     * For a roll-up the SELECT, for ClickHouse, of the view with the name of the file; otherwise empty.
     *
     * @param rows the text after FROM that reads the rows of the model
     */
    public Optional<String> rollUp(String rows) {
        return Optional.ofNullable(view).map(select -> select.apply(rows));
    }

    /** The columns by which rows of its tables are found. */
    public List<LookUp.Reference> references() {
        return references;
    }

    /** A SELECT of the rows in the form in which ClickHouse stores them, with its {@link #columns()}. */
    public String rows() {
        return rows;
    }

    /** Of its table in ClickHouse, but not of the table of its history. */
    public TableOptions options() {
        return options;
    }

    /** The columns of the key of the grain, in the order of that key. */
    public List<OutputColumn> key() {
        return key;
    }

    /** The look-up of the grain first, then one for each other table in the statement. */
    public List<LookUp> lookUps() {
        return lookUps;
    }

    /** All tables that the model reads. */
    public SortedSet<TableName> tables() {
        return tables;
    }

    /** The SELECT as the user wrote it, without the final semicolon: what the ClickHouse table must equal. */
    public String select() {
        return select;
    }

    public PageQuery page() {
        return page;
    }

    CopyQuery copy() {
        return copy;
    }

    /** The facts that it read from the catalog of Postgres when it was compiled. */
    public ReadSchema schema() {
        return schema;
    }

    /** Empty if the file of the model does not ask for one. */
    public Optional<History> history() {
        return Optional.ofNullable(history);
    }

    public FaultyParents faultyParents() {
        return faultyParents;
    }

    public GoneRows goneRows() {
        return goneRows;
    }

    @Override
    public String toString() {
        return name;
    }
}

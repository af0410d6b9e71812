package dev.olapsync.model;

import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;

/** A ClickHouse table described by the SELECT that gives its content in Postgres. Immutable; compares by identity. */
public final class Model {

    private final String name;
    private final Path file;
    private final String select;
    private final List<OutputColumn> columns;
    private final List<OutputColumn> key;
    private final List<LookUp> lookUps;
    private final SortedSet<TableName> tables;
    private final PageQuery page;
    private final CopyQuery copy;
    private final History history;
    private final ReadSchema schema;

    /**
     * @param key output columns in the order of the grain's key
     * @param lookUps makes the look-ups, the grain's first
     * @param history makes the history, or null
     */
    Model(String name, Path file, String select, List<OutputColumn> columns, List<OutputColumn> key,
            Function<Model, List<LookUp>> lookUps, PageQuery page, CopyQuery copy, ReadSchema schema,
            Function<Model, History> history) {
        this.name = name;
        this.file = file;
        this.select = select;
        this.columns = List.copyOf(columns);
        this.key = List.copyOf(key);
        this.lookUps = List.copyOf(lookUps.apply(this));
        this.page = page;
        this.copy = copy;
        this.schema = schema;
        this.history = history.apply(this);
        SortedSet<TableName> read = new TreeSet<>();
        this.lookUps.forEach(lookUp -> read.add(lookUp.table()));
        this.tables = Collections.unmodifiableSortedSet(read);
    }

    /** The name of the ClickHouse table: the file's name without {@code .sql}. */
    public String name() {
        return name;
    }

    public Path file() {
        return file;
    }

    /** The table in FROM: one row of it gives at most one row of the model. */
    public TableName grain() {
        return lookUps.get(0).table();
    }

    /** In the order of the SELECT. */
    public List<OutputColumn> columns() {
        return columns;
    }

    /** The output columns that are the grain's key, in the order of that key. */
    public List<OutputColumn> key() {
        return key;
    }

    /** The grain's first, then one per joined alias. */
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

    /** What it took from Postgres' catalog when it was compiled. */
    public ReadSchema schema() {
        return schema;
    }

    /** Empty unless the model's file asks for one. */
    public Optional<History> history() {
        return Optional.ofNullable(history);
    }

    @Override
    public String toString() {
        return name;
    }
}

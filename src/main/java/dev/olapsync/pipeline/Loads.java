package dev.olapsync.pipeline;

import com.clickhouse.client.api.query.GenericRecord;
import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.clickhouse.ClickHouse.ClickHouseException;
import dev.olapsync.clickhouse.Ddl;
import dev.olapsync.config.Settings;
import dev.olapsync.model.Model;
import dev.olapsync.model.Models;
import dev.olapsync.model.SchemaChangedException;
import dev.olapsync.model.UnloggedFacts;
import dev.olapsync.postgres.Position;
import dev.olapsync.tables.Epochs;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** The progress of the initial load, stored beside the rows: an empty ClickHouse has no progress either. */
public final class Loads {

    private static final String TABLE = "_loads";
    /** More steps than a load can have. */
    private static final long DONE = 1L << 62;

    /** More than four times the rows of a table. */
    private static final long REVISION = 1L << 40;

    private static final int UNKNOWN_COLUMN = 47;

    /**
     * The load of one model.
     *
     * @param rows number of rows of the grain that were read
     * @param total number of rows of the grain that Postgres estimated at the start
     * @param lastKey the key of the last row that was read, empty before the first
     * @param select the SELECT of the model at the start of the load; empty after the model was removed
     * @param schema the facts that the model read from the catalog at the start of the load; empty if they were not
     *     stored
     * @param unlogged the lines of {@link UnloggedFacts} with which the rows are in sync; empty if they were not stored
     * @param revision how often they have been stored
     * @param historyFrom the version of the rows that are read into its history, if it has one
     */
    public record Load(
            String model,
            long rows,
            long total,
            List<String> lastKey,
            boolean done,
            String select,
            List<String> schema,
            List<String> unlogged,
            int revision,
            BigInteger historyFrom) {

        public static Load begun(Model model, long total, BigInteger historyFrom) {
            return new Load(
                    model.name(),
                    0,
                    total,
                    List.of(),
                    false,
                    model.select(),
                    model.schema().facts(),
                    model.schema().unlogged().lines(),
                    0,
                    historyFrom);
        }

        public Load at(long rows) {
            return new Load(model, rows, total, lastKey, done, select, schema, unlogged, revision, historyFrom);
        }

        public Load ended() {
            return new Load(model, rows, total, lastKey, true, select, schema, unlogged, revision, historyFrom);
        }

        /** Of a load that is done. */
        public Load with(UnloggedFacts facts) {
            return new Load(
                    model, rows, total, lastKey, done, select, schema, facts.lines(), revision + 1, historyFrom);
        }

        private Load removed() {
            return new Load(model, rows, total, lastKey, done, "", schema, unlogged, revision, historyFrom);
        }

        /** Of the entries of a model, the entry with the greatest counts: with most rows, until an entry is done. */
        private long step() {
            return (done ? DONE : 0) + revision * REVISION + 4 * rows + (select.isEmpty() ? 1 : 0);
        }
    }

    private final ClickHouse clickHouse;
    private final int epoch;

    public Loads(ClickHouse clickHouse, int epoch) {
        this.clickHouse = clickHouse;
        this.epoch = epoch;
    }

    /** The loads of the current epoch. Creates the table if necessary. */
    public static Loads of(OlapSync olapSync) {
        Loads loads = new Loads(olapSync.clickHouse(), olapSync.epoch());
        loads.ensureTable();
        return loads;
    }

    public void ensureTable() {
        Ddl ddl = clickHouse.ddl();
        ddl.createTable(
                TABLE,
                "epoch UInt16, model String, rows UInt64, total UInt64, last_key Array(String), done UInt8,"
                        + " model_select String, model_schema Array(String), unlogged Array(String), revision UInt32,"
                        + " history_from UInt128, step UInt64",
                "ReplacingMergeTree(step) ORDER BY (epoch, model)");
        ddl.addColumns(
                TABLE,
                Map.of(
                        "model_schema",
                        "Array(String)",
                        "unlogged",
                        "Array(String)",
                        "revision",
                        "UInt32",
                        "history_from",
                        "UInt128"));
    }

    /** The loads of the current epoch; none before the first load. */
    public List<Load> all() {
        List<Load> loads = new ArrayList<>();
        for (GenericRecord row : rows()) {
            loads.add(new Load(
                    row.getString("model"),
                    row.getLong("rows"),
                    row.getLong("total"),
                    row.getList("last_key"),
                    row.getBoolean("done"),
                    row.getString("model_select"),
                    row.getList("model_schema"),
                    row.getList("unlogged"),
                    row.getInteger("revision"),
                    // older versions did not store the lowest one
                    row.getBigInteger("history_from").max(Position.start(epoch).version())));
        }
        return loads;
    }

    private List<GenericRecord> rows() {
        try {
            return clickHouse.queryIfThere(
                    "SELECT model, rows, total, last_key, done, model_select, model_schema, unlogged, revision, history_from"
                            + " FROM " + TABLE + " FINAL WHERE epoch = {epoch:UInt16} ORDER BY model",
                    Map.of("epoch", epoch));
        } catch (ClickHouseException e) {
            if (e.code() == UNKNOWN_COLUMN) {
                // of an earlier version
                ensureTable();
                return rows();
            }
            throw e;
        }
    }

    /** The models that are loaded. */
    public Set<String> done() {
        return all().stream().filter(Load::done).map(Load::model).collect(Collectors.toSet());
    }

    public Optional<Load> find(String model) {
        return all().stream().filter(load -> load.model().equals(model)).findFirst();
    }

    /** Whether the model had the same SELECT when it was loaded last in an older epoch. */
    public boolean isAsBefore(Model model) {
        return clickHouse
                .query(
                        "SELECT model_select FROM " + TABLE
                                + " FINAL WHERE epoch < {epoch:UInt16} AND model = {model:String}"
                                + " ORDER BY epoch DESC LIMIT 1",
                        Map.of("epoch", epoch, "model", model.name()))
                .stream()
                .anyMatch(row -> row.getString("model_select").equals(model.select()));
    }

    /** The models whose load has begun in the current epoch. */
    public List<Model> begun(Models models) {
        return all().stream()
                .filter(load -> !load.select().isEmpty())
                .flatMap(load -> models.find(load.model()).stream())
                .toList();
    }

    /** Tables with rows of a later epoch, which the registry does not have any more, and what to do; empty if there are none. */
    public Optional<String> outdated(Models models) {
        return outdated(all(), models);
    }

    private Optional<String> outdated(List<Load> all, Models models) {
        int latest = latestEpoch(all, models);
        return latest <= epoch
                ? Optional.empty()
                : Optional.of("The epoch is " + epoch + ", but ClickHouse has rows of epoch " + latest
                        + ": nothing that is written now would count. " + reloadRemedy());
    }

    /** That of the tables of models whose load has not begun counts too, because they may have existed before. */
    public int latestEpoch(Models models) {
        return latestEpoch(all(), models);
    }

    private int latestEpoch(List<Load> all, Models models) {
        Set<String> begun = all.stream().map(Load::model).collect(Collectors.toSet());
        return new Epochs(clickHouse)
                .latest(models.all().stream()
                        .map(Model::name)
                        .filter(name -> !begun.contains(name))
                        .toList());
    }

    /**
     * A loaded model cannot be changed, or removed and added again: rows that it has already written would stay as they
     * are. The same holds for the parts of its tables that it reads.
     *
     * @return names the models with such a change, and says what to do; empty if there are none
     */
    public Optional<String> changed(Models models) {
        return changed(all(), models);
    }

    private Optional<String> changed(List<Load> all, Models models) {
        List<String> changed = all.stream()
                .filter(load -> models.find(load.model())
                        .filter(model -> !model.select().equals(load.select()))
                        .isPresent())
                .map(Load::model)
                .toList();
        if (!changed.isEmpty()) {
            return Optional.of("The SELECT of " + String.join(", ", changed) + " is not the one that has been loaded. "
                    + reloadRemedy() + " Until then the old rows can be read.");
        }
        return all.stream()
                .filter(load -> !load.schema().isEmpty())
                .flatMap(load -> models.find(load.model()).stream()
                        .filter(model -> !Set.copyOf(model.schema().facts()).equals(Set.copyOf(load.schema())))
                        .map(model -> SchemaChangedException.message(
                                model, load.schema(), model.schema().facts())))
                .findFirst();
    }

    /**
     * The problems while the pipeline runs, and what to do: a model differs from what was loaded, or is missing here.
     */
    public Optional<String> problem(Models models) {
        List<Load> all = all();
        return changed(all, models).or(() -> loadedElsewhere(all, models));
    }

    /** A change that this process reads makes no row of a model dirty that only another process has. */
    private Optional<String> loadedElsewhere(List<Load> all, Models models) {
        List<String> unknown = all.stream()
                .filter(load -> !load.select().isEmpty())
                .map(Load::model)
                .filter(model -> models.find(model).isEmpty())
                .toList();
        return unknown.isEmpty()
                ? Optional.empty()
                : Optional.of("Another process loads " + String.join(", ", unknown)
                        + ", which this one does not have. All processes of a pipeline need the same models; another pipeline needs other"
                        + " topics, another olap.group and another clickhouse.database.");
    }

    /** @throws IllegalStateException if a model has been {@link #changed}, or the epoch is {@link #outdated} */
    public void requireUnchanged(Models models) {
        List<Load> all = all();
        outdated(all, models).or(() -> changed(all, models)).ifPresent(problem -> {
            throw new IllegalStateException(problem);
        });
    }

    /** Stores which models have been removed. */
    public void forgetOthers(Models models) {
        forget(load -> models.find(load.model()).isEmpty());
    }

    public void forget(Collection<String> names) {
        forget(load -> names.contains(load.model()));
    }

    private void forget(Predicate<Load> which) {
        all().stream().filter(which).map(Load::removed).forEach(this::save);
    }

    /** What the operator must do so that everything is loaded again. */
    public String reloadRemedy() {
        return Settings.Olap.reloadRemedy();
    }

    public void save(Load load) {
        clickHouse.execute("INSERT INTO " + TABLE
                + " (epoch, model, rows, total, last_key, done, model_select, model_schema, unlogged, revision,"
                + " history_from, step) VALUES ("
                + epoch + ", " + ClickHouse.literal(load.model()) + ", " + load.rows() + ", " + load.total() + ", "
                + ClickHouse.array(load.lastKey()) + ", " + (load.done() ? 1 : 0) + ", "
                + ClickHouse.literal(load.select()) + ", " + ClickHouse.array(load.schema()) + ", "
                + ClickHouse.array(load.unlogged()) + ", " + load.revision() + ", "
                + ClickHouse.number(load.historyFrom()) + ", " + load.step() + ")");
    }
}

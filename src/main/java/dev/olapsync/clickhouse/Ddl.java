package dev.olapsync.clickhouse;

import static dev.olapsync.clickhouse.ClickHouse.identifier;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Creates, alters and drops tables and views: the only place with such statements. If there is a cluster, they run on all of its
 * servers, and the tables are replicated. Thread safe.
 *
 * @see <a href="https://clickhouse.com/docs/sql-reference/distributed-ddl">ClickHouse: ON CLUSTER</a>
 */
public final class Ddl {

    private static final Pattern OF_ONE_SERVER = Pattern.compile("(Replacing)?MergeTree\\b.*", Pattern.DOTALL);

    private final ClickHouse clickHouse;
    private final String onCluster;

    /** @param cluster its name; empty for one server */
    Ddl(ClickHouse clickHouse, String cluster) {
        this.clickHouse = clickHouse;
        this.onCluster = onCluster(cluster);
    }

    private static String onCluster(String cluster) {
        return cluster.isEmpty() ? "" : " ON CLUSTER " + identifier(cluster);
    }

    /**
     * A table to be created, if there is none of this name.
     *
     * @param columns what stands in the parentheses
     * @param engine with its parameters and all that stands after it
     */
    public record NewTable(String name, String columns, String engine) {

        /** @param cluster its name; empty for one server */
        public String sql(String cluster) {
            // path and replica are those of the server, whose path contains the UUID: a table that is created again has
            // another path
            boolean replicated =
                    !cluster.isEmpty() && OF_ONE_SERVER.matcher(engine).matches();
            return "CREATE TABLE IF NOT EXISTS " + identifier(name) + onCluster(cluster) + " (" + columns
                    + ") ENGINE = " + (replicated ? "Replicated" : "") + engine;
        }
    }

    private boolean hasCluster() {
        return !onCluster.isEmpty();
    }

    /** The same as {@link #create}. */
    public void createTable(String name, String columns, String engine) {
        create(new NewTable(name, columns, engine));
    }

    /**
     * Creates a table, unless it exists.
     *
     * @throws IllegalStateException if it exists on one server of a cluster only
     */
    public void create(NewTable table) {
        // a statement for the cluster waits for servers that are down
        Optional<String> existing = hasCluster() ? engine(table.name()) : Optional.empty();
        if (existing.isPresent()) {
            unreplicated(existing.get()).ifPresent(problem -> {
                throw new IllegalStateException(
                        "ClickHouse table " + table.name() + " cannot be used with clickhouse.cluster: " + problem);
            });
            return;
        }
        clickHouse.execute(table.sql(clickHouse.cluster()));
    }

    private Optional<String> engine(String table) {
        return clickHouse
                .query(
                        "SELECT engine FROM system.tables WHERE database = {database:String} AND name = {name:String}",
                        Map.of("database", clickHouse.database(), "name", table))
                .stream()
                .map(row -> row.getString("engine"))
                .findFirst();
    }

    /** Why rows of a table would be on one server of the cluster only, and what to do; empty if they are not. */
    public Optional<String> unreplicated(String engine) {
        return hasCluster() && OF_ONE_SERVER.matcher(engine).matches()
                ? Optional.of("its engine is " + engine.split("[ (]", 2)[0]
                        + ", so the other servers of the cluster do not have its rows: set clickhouse.database to an empty database of"
                        + " the cluster, in which everything is loaded once more, or leave clickhouse.cluster empty")
                : Optional.empty();
    }

    /** Creates a view, or replaces that of the same name in one step. */
    public void replaceView(String name, String select) {
        clickHouse.execute("CREATE OR REPLACE VIEW " + identifier(name) + onCluster + " AS " + select);
    }

    public void dropTable(String name) {
        dropTable(name, false);
    }

    /** @param sync whether its rows and its path in Keeper are gone afterwards */
    public void dropTable(String name, boolean sync) {
        clickHouse.execute("DROP TABLE IF EXISTS " + identifier(name) + onCluster + (sync ? " SYNC" : ""));
    }

    public void dropView(String name) {
        clickHouse.execute("DROP VIEW IF EXISTS " + identifier(name) + onCluster);
    }

    /** @param change what stands after the name of the table */
    public void alterTable(String name, String change) {
        clickHouse.execute("ALTER TABLE " + identifier(name) + onCluster + " " + change);
    }

    /** Deletes rows. Does not wait until it is done. */
    public void delete(String table, String condition) {
        clickHouse.execute("DELETE FROM " + identifier(table) + onCluster + " WHERE " + condition
                + " SETTINGS lightweight_deletes_sync = 0");
    }

    /**
     * Adds columns to a table of an earlier version. Needs no right to ALTER if they exist.
     *
     * @param columns each with its type
     */
    public void addColumns(String table, Map<String, String> columns) {
        Set<String> existing = clickHouse
                .query(
                        "SELECT name FROM system.columns WHERE database = {database:String} AND table = {table:String}",
                        Map.of("database", clickHouse.database(), "table", table))
                .stream()
                .map(row -> row.getString("name"))
                .collect(Collectors.toSet());
        columns.forEach((name, type) -> {
            if (!existing.contains(name)) {
                alterTable(table, "ADD COLUMN IF NOT EXISTS " + identifier(name) + " " + type);
            }
        });
    }
}

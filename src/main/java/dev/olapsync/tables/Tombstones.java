package dev.olapsync.tables;

import static dev.olapsync.clickhouse.ClickHouse.identifier;
import static dev.olapsync.clickhouse.ClickHouse.number;

import com.clickhouse.client.api.query.GenericRecord;
import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.clickhouse.ClickHouse.ClickHouseException;
import dev.olapsync.clickhouse.RowJson;
import dev.olapsync.model.Model;
import java.math.BigInteger;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The tombstones in the table of a model, and the rows below its version cut-off: no reader sees them. Before they are removed, the
 * table gets a constraint that refuses rows with versions as old as theirs, because such a row would be shown. Not thread safe.
 */
public final class Tombstones {

    /** Behind it stands the least version that the table accepts. */
    private static final String CONSTRAINT = "olap_sync_oldest_";

    private static final Pattern CONSTRAINTS = Pattern.compile("CONSTRAINT `?" + CONSTRAINT + "(\\d+)`? CHECK");
    /** Maximum number of tombstones whose keys a statement holds in memory. */
    private static final long KEYS = 1_000_000;
    /** From this share on, the files of a table are written again without the removed rows. */
    private static final int WORTH_REWRITING = 10;

    private static final Duration LIMIT = Duration.ofHours(1);
    private static final long PAUSE_MILLIS = 100;

    private final ClickHouse clickHouse;
    private final String model;
    private final String name;
    private final String table;
    private final String key;

    public Tombstones(ClickHouse clickHouse, Model model) {
        this.clickHouse = clickHouse;
        this.model = model.name();
        this.name = ClickHouseTables.storage(model.name());
        this.table = identifier(name);
        this.key = new StoredKey(model).columns();
    }

    /** Whether ClickHouse refused rows because tombstones of later versions may have been removed. */
    public static boolean wereRemovedBefore(ClickHouseException refusal) {
        return refusal.constraint().startsWith(CONSTRAINT);
    }

    /**
     * Returns when the rows are removed. Can be repeated after an interruption. Tables that several servers replicate stay as they
     * are: INSERTs on other servers are not seen.
     *
     * @param version all changes with lower versions have been written
     * @return number of rows that were removed
     * @throws IllegalStateException if ClickHouse does not end a statement in time
     */
    public long remove(BigInteger version) throws InterruptedException {
        TableDefinition definition =
                TableDefinition.of(clickHouse, List.of(name)).get(name);
        if (definition == null || definition.isReplicated()) {
            return 0;
        }
        // what a removal before an interruption has begun
        awaitMutations();
        String older = RowJson.VERSION + " < " + number(version);
        String tombstone = older + " AND " + RowJson.DELETED + " = 1";
        String invisible = older + " AND (" + RowJson.DELETED + " = 1 OR " + RowJson.VERSION + " < " + cutoff() + ")";
        long removed = count(invisible);
        if (removed == 0) {
            return 0;
        }
        refuseOlder(definition, version);
        removed += removeHiddenBehind(tombstone, older);
        delete(invisible);
        if (removed * WORTH_REWRITING >= storedRows()) {
            clickHouse.execute("ALTER TABLE " + table + " APPLY DELETED MASK SETTINGS mutations_sync = 0");
            awaitMutations();
        }
        return removed;
    }

    /** From the end of this on, no row with a lower version comes into the table. */
    private void refuseOlder(TableDefinition definition, BigInteger version) throws InterruptedException {
        List<BigInteger> present = CONSTRAINTS
                .matcher(definition.create())
                .results()
                .map(constraint -> new BigInteger(constraint.group(1)))
                .toList();
        clickHouse.execute("ALTER TABLE " + table + " ADD CONSTRAINT IF NOT EXISTS " + CONSTRAINT + version + " CHECK "
                + RowJson.VERSION + " >= " + number(version));
        awaitRunningInserts();
        for (BigInteger lower : present) {
            if (lower.compareTo(version) < 0) {
                clickHouse.execute("ALTER TABLE " + table + " DROP CONSTRAINT IF EXISTS " + CONSTRAINT + lower);
            }
        }
    }

    /** An INSERT that runs has the constraints of the time at which it began. */
    private void awaitRunningInserts() throws InterruptedException {
        Set<String> before = runningInserts();
        Wait wait = new Wait("an INSERT");
        while (!before.isEmpty()) {
            wait.pause(before);
            before.retainAll(runningInserts());
        }
    }

    private Set<String> runningInserts() {
        return clickHouse
                .query(
                        "SELECT query_id FROM system.processes WHERE query_kind = 'Insert'"
                                + " AND current_database = {database:String}",
                        Map.of("database", clickHouse.database()))
                .stream()
                .map(row -> row.getString("query_id"))
                .collect(Collectors.toCollection(HashSet::new));
    }

    /** The files of a table are not written again at once, so what a tombstone hides goes before the tombstone. */
    private long removeHiddenBehind(String tombstone, String older) throws InterruptedException {
        long parts = count(tombstone) / KEYS + 1;
        long removed = 0;
        for (long part = 0; part < parts; part++) {
            String ofTombstones = inKeys(tombstone + " AND cityHash64(" + key + ") % " + parts + " = " + part, "");
            // the last of a key may be a row that came after the tombstone
            String hidden = older + " AND " + RowJson.DELETED + " = 0 AND "
                    + inKeys(
                            older + " AND " + ofTombstones,
                            " GROUP BY " + key + " HAVING argMax(" + RowJson.DELETED + ", " + RowJson.VERSION
                                    + ") = 1");
            long rows = count(hidden);
            if (rows > 0) {
                delete(hidden);
                removed += rows;
            }
        }
        return removed;
    }

    private String inKeys(String condition, String having) {
        return "(" + key + ") IN (SELECT " + key + " FROM " + table + " WHERE " + condition + having + ")";
    }

    private void delete(String condition) throws InterruptedException {
        clickHouse.execute("DELETE FROM " + table + " WHERE " + condition + " SETTINGS lightweight_deletes_sync = 0");
        awaitMutations();
    }

    private void awaitMutations() throws InterruptedException {
        Wait wait = new Wait("a mutation of " + name);
        List<String> unfinished = unfinishedMutations();
        while (!unfinished.isEmpty()) {
            wait.pause(unfinished);
            unfinished = unfinishedMutations();
        }
    }

    /** With their state: it changes while there is progress. */
    private List<String> unfinishedMutations() {
        return clickHouse
                .query(
                        "SELECT concat(mutation_id, ', parts left: ', toString(parts_to_do), ' ', latest_fail_reason) AS state"
                                + " FROM system.mutations WHERE database = {database:String} AND table = {table:String}"
                                + " AND NOT is_done",
                        Map.of("database", clickHouse.database(), "table", name))
                .stream()
                .map(row -> row.getString("state"))
                .toList();
    }

    private String cutoff() {
        GenericRecord row = clickHouse
                .query("SELECT toString(" + ClickHouseTables.cutoff(model) + ") AS cutoff", Map.of())
                .get(0);
        return number(new BigInteger(row.getString("cutoff")));
    }

    private long count(String condition) {
        return ask("SELECT count() AS number FROM " + table + " WHERE " + condition, Map.of());
    }

    private long storedRows() {
        return ask(
                "SELECT sum(rows) AS number FROM system.parts WHERE active AND database = {database:String}"
                        + " AND table = {table:String}",
                Map.of("database", clickHouse.database(), "table", name));
    }

    private long ask(String select, Map<String, Object> parameters) {
        return clickHouse.query(select, parameters).get(0).getLong("number");
    }

    /** Ends with an error when nothing has changed for too long. */
    private static final class Wait {

        private final String cause;
        private Collection<String> before = List.of();
        private long since = System.nanoTime();

        Wait(String cause) {
            this.cause = cause;
        }

        void pause(Collection<String> now) throws InterruptedException {
            if (!before.equals(now)) {
                before = List.copyOf(now);
                since = System.nanoTime();
            }
            if (System.nanoTime() - since > LIMIT.toNanos()) {
                throw new IllegalStateException(cause + " has not ended in " + LIMIT.toMinutes()
                        + " minutes, and is waited for. See system.processes and system.mutations in ClickHouse: "
                        + String.join("; ", now));
            }
            Thread.sleep(PAUSE_MILLIS);
        }
    }
}

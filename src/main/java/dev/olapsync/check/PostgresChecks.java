package dev.olapsync.check;

import dev.olapsync.clickhouse.ClickHouse.ClickHouseException;
import dev.olapsync.config.Settings;
import dev.olapsync.model.LookUp;
import dev.olapsync.model.ModelException;
import dev.olapsync.model.Models;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.postgres.PostgresDataSource;
import dev.olapsync.postgres.PostgresSession;
import dev.olapsync.postgres.PublicationGaps;
import dev.olapsync.postgres.ReplicationSlot;
import dev.olapsync.postgres.Sql;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Checks that Postgres can be captured, and that it has the tables and columns of the models. */
public final class PostgresChecks {

    private final Settings settings;
    private final Settings.Postgres to;
    private final Findings findings;
    private boolean slotMissing;
    private Map<String, String> published = Map.of();

    public PostgresChecks(Settings settings, Findings findings) {
        this.settings = settings;
        this.to = settings.postgres();
        this.findings = findings;
    }

    /** Only the prerequisites of a start. Empty if the models could not be compiled. */
    public Optional<Models> essential() {
        return connected(connection -> {
            if (tooOld(connection)) {
                return Optional.empty();
            }
            boolean follow = server(connection);
            CaptureChecks capture = new CaptureChecks(settings, connection, findings);
            slotMissing = follow && !capture.slot();
            Optional<Models> models = models(connection, findings::warn);
            if (follow && models.isPresent()) {
                capture.gaps(models.get().tables());
                published = marks(connection, models.get());
            }
            return models;
        });
    }

    /** Empty if the models could not be compiled. */
    public Optional<Models> all() {
        return connected(connection -> {
            if (tooOld(connection)) {
                return Optional.empty();
            }
            boolean follow = server(connection);
            Optional<Models> models = models(connection, findings::misconfigured);
            if (follow) {
                CaptureChecks capture = new CaptureChecks(settings, connection, findings);
                capture.role();
                slotMissing = !capture.slot();
                capture.retention();
                if (models.isPresent()) {
                    capture.publication(models.get().tables());
                    published = marks(connection, models.get());
                }
            }
            if (models.isPresent()) {
                indexes(connection, models.get());
            }
            if (follow) {
                new ReplicaChecks(to, findings).all();
            }
            return models;
        });
    }

    private Map<String, String> marks(Connection connection, Models models) throws SQLException {
        return new PublicationGaps(to.publication()).marks(connection, models.tables());
    }

    /**
     * Whether the slot was missing, and is still missing. For loads that were read before: the process that writes them creates the
     * slot first.
     */
    public boolean slotMissing() {
        return slotMissing
                && connected(connection -> Optional.of(new ReplicationSlot(to.slot()).exists(connection)))
                        .filter(exists -> !exists)
                        .isPresent();
    }

    /** How the publication contains the tables of the models, as found by the checks. */
    public Map<String, String> published() {
        return published;
    }

    private interface Questions<T> {
        Optional<T> ask(Connection connection) throws SQLException;
    }

    private <T> Optional<T> connected(Questions<T> questions) {
        Connection connection;
        try {
            connection = PostgresDataSource.connect(to);
        } catch (SQLException e) {
            notConnected(e);
            return Optional.empty();
        }
        try (connection) {
            return questions.ask(connection);
        } catch (SQLException e) {
            findings.fail("Postgres at " + address() + " does not answer a question: " + e.getMessage());
            return Optional.empty();
        }
    }

    private String address() {
        return to.host() + ":" + to.port();
    }

    private void notConnected(SQLException e) {
        // the driver gives both the same SQLSTATE
        if ("08004".equals(e.getSQLState()) && e.getMessage().contains("SSL")) {
            findings.fail(
                    "Postgres at " + address() + ": " + e.getMessage(),
                    "Set ssl = on there, or postgres.sslmode to prefer or disable.");
            return;
        }
        String role = Sql.identifier(to.user());
        String database = Sql.identifier(to.database());
        switch (String.valueOf(e.getSQLState())) {
            case "08001", "08006" ->
                findings.fail(
                        "Postgres at " + address() + ": " + unreachable(e),
                        "Start it, or set postgres.host and postgres.port to where it listens.");
            case "28P01", "08004" ->
                findings.fail(
                        "Postgres at " + address() + " refuses the password of role " + to.user(),
                        "Set postgres.password to it, or set a new one: ALTER ROLE " + role + " PASSWORD '...';");
            case "28000" ->
                findings.fail(
                        "Postgres at " + address() + " does not let role " + to.user() + " in: " + e.getMessage(),
                        "Create the role with examples/postgres-role.sql, or set postgres.user and postgres.password.",
                        "If it exists, pg_hba.conf needs a line for it: host " + to.database() + " " + to.user()
                                + " <address of this machine>/32 scram-sha-256");
            case "22023" ->
                findings.fail(
                        "Postgres at " + address() + " does not have the time zone " + to.timeZone() + ": "
                                + e.getMessage(),
                        "Set olap.timezone to one that it has: SELECT name FROM pg_timezone_names;");
            case "3D000" ->
                findings.fail(
                        "Postgres at " + address() + " has no database " + to.database(),
                        "Set postgres.database to the one that holds the tables of the models.");
            case "42501" ->
                findings.fail(
                        "Role " + to.user() + " may not connect to database " + to.database() + " at " + address(),
                        "GRANT CONNECT ON DATABASE " + database + " TO " + role + ";");
            case "53300" ->
                findings.fail(
                        "Postgres at " + address() + " has no free connection: " + e.getMessage(),
                        "Close some, or raise max_connections and start it again.");
            default ->
                findings.fail("Postgres at " + address() + ", database " + to.database() + ", role " + to.user() + ": "
                        + e.getMessage());
        }
    }

    private static String unreachable(SQLException e) {
        if (e.getCause() instanceof UnknownHostException) {
            return "there is no host of this name";
        }
        if (e.getCause() instanceof SocketTimeoutException) {
            return "no answer";
        }
        return e.getCause() == null ? e.getMessage() : e.getCause().getMessage();
    }

    private boolean tooOld(Connection connection) throws SQLException {
        Optional<String> problem = PostgresSession.tooOld(connection);
        problem.ifPresent(text -> findings.fail("Postgres at " + address() + " cannot be used", text));
        return problem.isPresent();
    }

    /** @return whether the changes of this server can be captured */
    private boolean server(Connection connection) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement("""
                SELECT current_setting('server_version') AS version,
                       pg_is_in_recovery() AS standby, current_setting('wal_level') AS wal_level,
                       current_setting('server_encoding') AS encoding""");
                ResultSet row = query.executeQuery()) {
            row.next();
            findings.ok("Postgres " + row.getString("version") + " at " + address() + ", database " + to.database()
                    + ", role " + to.user());
            boolean standby = row.getBoolean("standby");
            if (standby) {
                findings.fail(
                        "Postgres at " + address() + " is a standby",
                        "Set postgres.host and postgres.port to the primary: a look-up must see every change that has been captured.");
            }
            boolean text = !row.getString("encoding").equals("SQL_ASCII");
            if (!text) {
                findings.fail(
                        "The database " + to.database()
                                + " has the encoding SQL_ASCII: it may hold bytes that are no text, and"
                                + " Postgres sends no change of any table any more when it comes to the first of them",
                        "Convert it: find out which encoding its texts have, pg_dump --encoding=..., and restore it into a database that"
                                + " was created with ENCODING 'UTF8'.");
            }
            if (row.getString("wal_level").equals("logical")) {
                findings.ok("wal_level is logical");
            } else {
                findings.fail(
                        "wal_level is " + row.getString("wal_level") + ", so the log does not hold the changes of rows",
                        "ALTER SYSTEM SET wal_level = 'logical';",
                        "Then restart Postgres. (Amazon RDS: rds.logical_replication = 1; Cloud SQL: cloudsql.logical_decoding = on.)");
            }
            return !standby && text;
        }
    }

    /** @param wrong reports the error in the file of a model that was loaded, and goes on with what was loaded */
    private Optional<Models> models(Connection connection, Consumer<String> wrong) throws SQLException {
        try {
            Models models = Models.load(settings.olap().models(), connection);
            findings.ok("models: " + models.all().size() + " in "
                    + settings.olap().models() + ", of " + models.tables().size() + " tables that " + to.user()
                    + " may read and whose changes carry their keys");
            return Optional.of(models);
        } catch (ModelException e) {
            Optional<Models> registered = registered();
            Consumer<String> report = registered.isPresent() ? wrong : findings::misconfigured;
            e.errors().forEach(error -> report.accept(error.toString()));
            return registered;
        }
    }

    /** The models as the registry of generations has them, if it has all whose files are wrong. */
    private Optional<Models> registered() throws SQLException {
        OlapSync olapSync = new OlapSync(settings);
        try {
            return Optional.of(olapSync.models());
        } catch (ModelException | ClickHouseException e) {
            return Optional.empty();
        } finally {
            olapSync.stop();
        }
    }

    /** Rows are found by columns of other tables: without an index each batch reads a whole table. */
    private void indexes(Connection connection, Models models) throws SQLException {
        Set<LookUp.Reference> references = new LinkedHashSet<>();
        models.all().forEach(model -> references.addAll(model.references()));
        boolean all = true;
        for (LookUp.Reference reference : references) {
            if (!indexed(connection, reference)) {
                all = false;
                findings.warn(
                        "no index of " + reference.table() + " begins with (" + String.join(", ", reference.columns())
                                + "): each change of a row that it refers to reads the whole table",
                        createIndex(connection, reference));
            }
        }
        if (all) {
            findings.ok("indexes: each of the " + references.size() + " joins finds the referring rows by one");
        }
    }

    /** For a partitioned table each partition counts. */
    public static boolean indexed(Connection connection, LookUp.Reference reference) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement("""
                SELECT bool_and(EXISTS (
                  SELECT FROM pg_index i
                  JOIN pg_class x ON x.oid = i.indexrelid
                  JOIN pg_am m ON m.oid = x.relam
                  CROSS JOIN LATERAL (SELECT least(i.indnkeyatts::int, cardinality(r.columns)) AS count) first
                  WHERE i.indrelid = t.relid AND i.indisvalid AND m.amname IN ('btree', 'hash')
                    AND (first.count = cardinality(r.columns) OR i.indisunique)
                    AND first.count = (SELECT count(*) FROM pg_attribute a WHERE a.attrelid = i.indrelid
                      AND a.attname = ANY (r.columns) AND a.attnum = ANY (i.indkey[0:first.count - 1]))
                    AND (i.indpred IS NULL OR pg_get_expr(i.indpred, i.indrelid) = ANY (
                      SELECT format('(%I IS NOT NULL)', c) FROM unnest(r.columns) c))))
                FROM (SELECT ?::regclass AS relid, ?::text[] AS columns) r
                CROSS JOIN LATERAL (
                  SELECT relid FROM pg_partition_tree(r.relid) WHERE isleaf
                  UNION ALL SELECT r.relid WHERE NOT EXISTS (SELECT FROM pg_partition_tree(r.relid))) t""")) {
            query.setString(1, reference.table().quoted());
            query.setArray(
                    2, connection.createArrayOf("text", reference.columns().toArray()));
            try (ResultSet row = query.executeQuery()) {
                row.next();
                return row.getBoolean(1) || row.wasNull();
            }
        }
    }

    private static String createIndex(Connection connection, LookUp.Reference reference) throws SQLException {
        String on = "ON " + reference.table().quoted()
                + reference.columns().stream().map(Sql::identifier).collect(Collectors.joining(", ", " (", ");"));
        try (PreparedStatement query =
                connection.prepareStatement("SELECT relkind = 'p' FROM pg_class WHERE oid = ?::regclass")) {
            query.setString(1, reference.table().quoted());
            try (ResultSet row = query.executeQuery()) {
                row.next();
                return row.getBoolean(1)
                        ? "CREATE INDEX " + on
                                + "\nTo block no writer meanwhile, create it on each partition CONCURRENTLY before."
                        : "CREATE INDEX CONCURRENTLY " + on;
            }
        }
    }
}

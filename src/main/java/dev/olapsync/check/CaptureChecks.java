package dev.olapsync.check;

import dev.olapsync.config.Settings;
import dev.olapsync.postgres.Publication;
import dev.olapsync.postgres.PublicationGaps;
import dev.olapsync.postgres.ReplicationSlot;
import dev.olapsync.postgres.RunningTransactions;
import dev.olapsync.postgres.Sql;
import dev.olapsync.postgres.TableName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Checks that role, slot and publication are suitable for capture. Queries the primary. */
final class CaptureChecks {

    private static final Pattern SLOT_NAME = Pattern.compile("[a-z0-9_]{1,63}");
    private static final int IDLE_SLOTS_SINCE = 180_000;
    private static final int NAMES_SHOWN = 5;

    private final Settings settings;
    private final Settings.Postgres to;
    private final Connection connection;
    private final Findings findings;

    CaptureChecks(Settings settings, Connection connection, Findings findings) {
        this.settings = settings;
        this.to = settings.postgres();
        this.connection = connection;
        this.findings = findings;
    }

    /** On Amazon RDS a membership replaces the attribute. */
    void role() throws SQLException {
        if (is("SELECT rolsuper OR rolreplication OR EXISTS (SELECT FROM pg_roles r WHERE r.rolname = 'rds_replication'"
                + " AND pg_has_role(r.oid, 'MEMBER')) FROM pg_roles WHERE rolname = current_user")) {
            findings.ok("role " + to.user() + " may replicate");
        } else {
            findings.fail(
                    "role " + to.user() + " may not replicate",
                    "ALTER ROLE " + Sql.identifier(to.user()) + " REPLICATION;");
        }
    }

    /** @return whether it exists */
    boolean slot() throws SQLException {
        try (PreparedStatement query = connection.prepareStatement("""
                SELECT plugin, database, slot_type, active, wal_status, database = current_database() AS here,
                       pg_current_wal_lsn() - restart_lsn AS held
                FROM pg_replication_slots WHERE slot_name = ?""")) {
            query.setString(1, to.slot());
            try (ResultSet row = query.executeQuery()) {
                if (!row.next()) {
                    noSlot();
                    return false;
                }
                String slot = "replication slot " + to.slot();
                String drop = "SELECT pg_drop_replication_slot("
                        + Sql.literal(to.slot()).strip() + ");";
                if (!row.getString("slot_type").equals("logical")
                        || !row.getBoolean("here")
                        || !row.getString("plugin").equals("pgoutput")) {
                    findings.fail(
                            slot + " is another one: " + row.getString("slot_type") + ", plugin "
                                    + row.getString("plugin") + ", database " + row.getString("database"),
                            "Set postgres.slot to a name that is free. Or, if this one is not in use: " + drop);
                } else if (new ReplicationSlot(to.slot()).creator(connection).isPresent()) {
                    findings.warn(
                            RunningTransactions.awaited(slot + " is created", connection),
                            "Wait, or end the transactions.");
                } else if ("lost".equals(row.getString("wal_status"))) {
                    findings.fail(
                            slot + " is lost, and with it the changes since its position",
                            Settings.Olap.reloadRemedy());
                } else if ("unreserved".equals(row.getString("wal_status"))) {
                    findings.warn(
                            slot + " is about to be lost: it holds back " + bytes(row)
                                    + " bytes of the log, more than allowed",
                            "Start the pipeline now, or raise max_slot_wal_keep_size.");
                } else {
                    findings.ok(slot + (row.getBoolean("active") ? " is in use" : " is not in use") + " and holds back "
                            + bytes(row) + " bytes of the log");
                }
                if (!row.getBoolean("active")) {
                    free("max_wal_senders", "SELECT count(*) FROM pg_stat_replication");
                }
                return true;
            }
        }
    }

    private static String bytes(ResultSet slot) throws SQLException {
        return String.format(Locale.ROOT, "%,d", slot.getLong("held"));
    }

    private void noSlot() throws SQLException {
        if (SLOT_NAME.matcher(to.slot()).matches()) {
            findings.ok("replication slot " + to.slot() + " does not exist yet: run creates it");
        } else {
            findings.misconfigured(
                    "'" + to.slot() + "' is no name for a replication slot",
                    "Set postgres.slot to at most 63 lower-case letters, digits and _.");
        }
        free("max_replication_slots", "SELECT count(*) FROM pg_replication_slots");
        free("max_wal_senders", "SELECT count(*) FROM pg_stat_replication");
    }

    private void free(String setting, String used) throws SQLException {
        int maximum = Integer.parseInt(text("SELECT current_setting('" + setting + "')"));
        int now = Integer.parseInt(text(used));
        String found = setting + " is " + maximum + ", and " + now + " are in use";
        if (now < maximum) {
            findings.ok(found);
        } else {
            findings.fail(found, "ALTER SYSTEM SET " + setting + " = " + (now + 4) + ";", "Then restart Postgres.");
        }
    }

    /** The settings that invalidate a slot without a reader. */
    void retention() throws SQLException {
        String maximum = text("SELECT current_setting('max_slot_wal_keep_size')");
        String remedy = "A lost slot means that everything is loaded once more. Watch it with olap-sync status.";
        if (maximum.equals("-1")) {
            findings.ok(
                    "max_slot_wal_keep_size is unlimited: no slot is lost, but the log fills the disk while nothing reads the slot");
        } else {
            findings.warn(
                    "max_slot_wal_keep_size is " + maximum + ": the slot is lost once it holds back more of the log",
                    "Make it larger than the log of the longest outage. " + remedy);
        }
        if (version() >= IDLE_SLOTS_SINCE
                && !is("SELECT setting = '0' FROM pg_settings WHERE name = 'idle_replication_slot_timeout'")) {
            findings.warn(
                    "idle_replication_slot_timeout is "
                            + text("SELECT current_setting('idle_replication_slot_timeout')")
                            + ": the slot is lost once the pipeline has been down for so long",
                    "Make it longer than the longest outage. " + remedy);
        }
    }

    void publication(Collection<TableName> tables) throws SQLException {
        Publication publication = new Publication(to.publication());
        String name = "publication " + to.publication();
        boolean exists = publication.exists(connection);
        if (exists) {
            gaps(tables);
            if (new PublicationGaps(to.publication()).namesPartitions(connection, tables)) {
                return;
            }
        }
        Optional<String> statement = publication.missing(connection, tables);
        if (statement.isEmpty()) {
            findings.ok(name + " holds the " + tables.size() + " tables of the models");
        } else if (mayChange(exists, tables)) {
            findings.ok(
                    exists
                            ? name + " lacks tables of the models: run adds them"
                            : name + " does not exist yet: run creates it");
        } else {
            findings.fail(
                    name + (exists ? " lacks tables of the models" : " does not exist") + ", and role " + to.user()
                            + " may not change that",
                    "The owner of the tables has to run: " + statement.get() + ";");
        }
        if (exists) {
            Set<TableName> others = new TreeSet<>(publication.tables(connection));
            others.removeAll(tables);
            if (!others.isEmpty()) {
                findings.warn(
                        name + " holds " + others.size() + (others.size() == 1 ? " table" : " tables")
                                + " that no model reads: " + shown(others) + ". Their changes end as dead letters",
                        "Add a model, or: " + alter() + " DROP TABLE "
                                + others.stream().map(TableName::quoted).collect(Collectors.joining(", ")) + ";");
            }
        }
    }

    private static String shown(Set<TableName> tables) {
        return tables.stream().limit(NAMES_SHOWN).map(TableName::toString).collect(Collectors.joining(", "))
                + (tables.size() > NAMES_SHOWN ? ", ..." : "");
    }

    /** Whether the publication leaves out changes of tables that it contains. */
    void gaps(Collection<TableName> tables) throws SQLException {
        new PublicationGaps(to.publication())
                .find(connection, tables)
                .forEach(gap -> findings.fail(gap.found(), gap.remedy()));
    }

    private String alter() {
        return "ALTER PUBLICATION " + Sql.identifier(to.publication());
    }

    /**
     * To add a table requires its owner; to create a publication, the right to create in the database; to alter it, its
     * owner.
     */
    private boolean mayChange(boolean exists, Collection<TableName> tables) throws SQLException {
        boolean may = exists
                ? is("SELECT pg_has_role(pubowner, 'USAGE') FROM pg_publication WHERE pubname = ?", to.publication())
                : is("SELECT has_database_privilege(current_database(), 'CREATE')");
        for (TableName table : tables) {
            may = may
                    && is(
                            "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = ?::regclass",
                            table.quoted());
        }
        return may;
    }

    private int version() throws SQLException {
        return Integer.parseInt(text("SELECT current_setting('server_version_num')"));
    }

    private boolean is(String sql, String... parameters) throws SQLException {
        return "t".equals(text(sql, parameters));
    }

    private String text(String sql, String... parameters) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                query.setString(i + 1, parameters[i]);
            }
            try (ResultSet row = query.executeQuery()) {
                row.next();
                return row.getString(1);
            }
        }
    }
}

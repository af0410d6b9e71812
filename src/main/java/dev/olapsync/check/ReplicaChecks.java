package dev.olapsync.check;

import dev.olapsync.config.Settings;
import dev.olapsync.postgres.PostgresDataSource;
import dev.olapsync.postgres.Replica;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;

/** Checks the replica for look-ups, if there is one. Without it the primary answers, so its problems are warnings. */
final class ReplicaChecks {

    private final Settings.Postgres to;
    private final Findings findings;

    ReplicaChecks(Settings.Postgres to, Findings findings) {
        this.to = to;
        this.findings = findings;
    }

    void all() throws SQLException {
        Optional<Settings.Postgres> address = to.replica();
        if (address.isEmpty()) {
            return;
        }
        try (PostgresDataSource primary = PostgresDataSource.of(to);
                Replica replica = new Replica(address.get(), to.lookUp().patience(), () -> primary)) {
            Optional<String> problem = replica.tried();
            if (problem.isPresent()) {
                findings.warn(problem.get());
            } else {
                findings.ok("replica " + address.get() + " answers look-ups");
                feedback(address.get());
            }
        }
    }

    private void feedback(Settings.Postgres replica) throws SQLException {
        try (Connection connection = PostgresDataSource.connect(replica);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SHOW hot_standby_feedback")) {
            row.next();
            if (!row.getString(1).equals("on")) {
                findings.warn(
                        "hot_standby_feedback is off on the replica: its replay may cancel look-ups, which the primary then"
                                + " answers",
                        "On the replica: ALTER SYSTEM SET hot_standby_feedback = on; SELECT pg_reload_conf();");
            }
        }
    }
}

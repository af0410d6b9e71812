package dev.olapsync.status;

import dev.olapsync.backfill.PublishedTables;
import dev.olapsync.model.Model;
import dev.olapsync.model.ModelException;
import dev.olapsync.model.SchemaChangedException;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.postgres.RunningTransactions;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/**
 * DOWN if the tables of a model differ from those for which it was compiled, see {@link dev.olapsync.model.ReadSchema},
 * or if the publication leaves out changes of them, or did so for a while. Look-ups refuse altered tables too, but a
 * table that was dropped and recreated, or removed from the publication, may never get a change.
 */
final class SourceHealth {

    private final OlapSync olapSync;

    SourceHealth(OlapSync olapSync) {
        this.olapSync = olapSync;
    }

    /** DOWN while a start waits for running transactions in Postgres. */
    Optional<String> awaited() throws SQLException {
        Optional<String> awaited = olapSync.awaitingTransactions();
        if (awaited.isEmpty()) {
            return awaited;
        }
        try (Connection postgres = olapSync.postgres().getConnection()) {
            return Optional.of("starting: " + RunningTransactions.awaited(awaited.get(), postgres));
        }
    }

    Optional<String> problem() throws SQLException, ModelException {
        try (Connection postgres = olapSync.postgres().getConnection()) {
            List<Model> altered = olapSync.models().altered(postgres);
            if (!altered.isEmpty()) {
                return Optional.of(
                        SchemaChangedException.of(altered.get(0), postgres).getMessage());
            }
            return new PublishedTables(olapSync).problem(postgres, olapSync.models());
        }
    }
}

package dev.olapsync.status;

import dev.olapsync.backfill.PublishedTables;
import dev.olapsync.model.Model;
import dev.olapsync.model.ModelException;
import dev.olapsync.model.SchemaChangedException;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.postgres.RunningTransactions;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

/**
 * When the tables of a model are not what they were when it was compiled, see {@link dev.olapsync.model.ReadSchema}, or when
 * the publication leaves out changes of them, or has done so for a while. Look-ups refuse changed tables too, but of a table
 * that was dropped and created again, or taken out of the publication, no change may ever come.
 */
final class SourceHealth {

    private final OlapSync olapSync;

    SourceHealth(OlapSync olapSync) {
        this.olapSync = olapSync;
    }

    /** While a start waits for the transactions that run in Postgres. */
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
            for (Model model : olapSync.models().all()) {
                if (!model.schema().isCurrent(postgres)) {
                    return Optional.of(
                            SchemaChangedException.of(model, postgres).getMessage());
                }
            }
            return new PublishedTables(olapSync).problem(postgres, olapSync.models());
        }
    }
}

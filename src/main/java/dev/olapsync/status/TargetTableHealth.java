package dev.olapsync.status;

import dev.olapsync.model.ModelException;
import dev.olapsync.model.Models;
import dev.olapsync.pipeline.Loads;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.tables.ClickHouseTables;
import java.sql.SQLException;
import java.util.Optional;

/**
 * Whether a table in ClickHouse does not fit its model any more, or is gone: the rows that come next might be kept in another
 * way than the view expects, without an error.
 */
final class TargetTableHealth {

    private final OlapSync olapSync;

    TargetTableHealth(OlapSync olapSync) {
        this.olapSync = olapSync;
    }

    Optional<String> problem() throws SQLException, ModelException {
        Models models = olapSync.models();
        ClickHouseTables tables = new ClickHouseTables(olapSync.clickHouse());
        Optional<String> mismatch = tables.mismatches(models).stream().findFirst();
        Loads loads =
                new Loads(olapSync.clickHouse(), olapSync.settings().olap().epoch());
        return mismatch.isPresent() || !loads.exists() ? mismatch : tables.lost(loads.begun(models));
    }
}

package dev.olapsync.status;

import dev.olapsync.model.ModelException;
import dev.olapsync.model.Models;
import dev.olapsync.pipeline.Loads;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.tables.ClickHouseTables;
import java.sql.SQLException;
import java.util.Optional;

/**
 * DOWN if a table in ClickHouse no longer fits its model, or is gone: rows could be stored in another way than the view
 * expects, without an error.
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
        Loads loads = new Loads(olapSync.clickHouse(), olapSync.epoch());
        return mismatch.isPresent() ? mismatch : tables.lost(loads.begun(models));
    }
}

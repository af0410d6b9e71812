package dev.olapsync.operate;

import dev.olapsync.OlapSync;
import dev.olapsync.load.Loads;
import dev.olapsync.model.ModelException;
import dev.olapsync.model.Models;
import dev.olapsync.schema.ClickHouseTables;
import java.sql.SQLException;
import java.util.Optional;

/**
 * Whether a table in ClickHouse does not fit its model any more, or is gone: the rows that come next might be kept in another
 * way than the view expects, without an error.
 */
final class TargetHealth {

    private final OlapSync olapSync;

    TargetHealth(OlapSync olapSync) {
        this.olapSync = olapSync;
    }

    Optional<String> problem() throws SQLException, ModelException {
        Models models = olapSync.models();
        ClickHouseTables tables = new ClickHouseTables(olapSync.clickHouse());
        Optional<String> misfit = tables.misfits(models).stream().findFirst();
        Loads loads = new Loads(olapSync.clickHouse(), olapSync.settings().olap().epoch());
        return misfit.isPresent() || !loads.exists() ? misfit : tables.lost(loads.begun(models));
    }
}

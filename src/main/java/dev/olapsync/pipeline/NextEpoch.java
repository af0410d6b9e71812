package dev.olapsync.pipeline;

import dev.olapsync.model.ModelException;
import dev.olapsync.model.Models;
import dev.olapsync.postgres.ReplicationSlot;
import dev.olapsync.tables.Epochs;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * The begin of an epoch, in which everything is loaded once more. Processes that run follow it, others at their next start.
 *
 * @param number of the epoch
 * @param slotDropped whether Postgres had invalidated the slot, so that it was dropped
 */
public record NextEpoch(int number, boolean slotDropped) {

    /**
     * @param reason for an operator who looks into the table of epochs
     * @throws ModelException if the files of the models do not fit the database: then nothing has begun
     */
    public static NextEpoch begin(OlapSync olapSync, String reason) throws SQLException, ModelException {
        try (Connection postgres = olapSync.postgres().getConnection()) {
            // as they will be compiled in the new epoch
            Models models = Models.load(olapSync.settings().olap().models(), postgres);
            int number = 1 + Math.max(olapSync.epoch(), Loads.of(olapSync).latestEpoch(models));
            boolean dropped = new ReplicationSlot(olapSync.settings().postgres().slot()).dropIfLost(postgres);
            new Epochs(olapSync.clickHouse()).begin(number, reason);
            return new NextEpoch(number, dropped);
        }
    }
}

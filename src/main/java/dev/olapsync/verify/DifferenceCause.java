package dev.olapsync.verify;

import dev.olapsync.postgres.Position;

/** Why a row differs although all that was committed has gone through the pipeline, in words. */
public final class DifferenceCause {

    private DifferenceCause() {}

    /** @param reached where the log stands */
    public static String differs(StoredRow stored, Position reached) {
        if (stored.greatest().isEmpty()) {
            return "ClickHouse has nothing of the row, and nothing is on its way: the row was deleted there by hand, or it was"
                    + " not written; a dead letter would say why.";
        }
        StoredRow.Version greatest = stored.greatest().get();
        if (greatest.position().isEmpty() || greatest.number().compareTo(reached.version()) > 0) {
            return "Its version in ClickHouse is ahead of the log, so it was written by hand (or with a greater epoch), and"
                    + " nothing that comes from the log can win.";
        }
        if (stored.hidden()) {
            return "Its version is below the version cut-off of a TRUNCATE, a resync or an epoch, so it is hidden; it should"
                    + " have been"
                    + " read again after that. A dead letter would say why it was not.";
        }
        return "Nothing is on its way, and the version is not ahead of the log: the row was changed in ClickHouse by hand, or"
                + " a change was lost or could not be written; a dead letter would say why.";
    }
}

package dev.olapsync.model;

import java.util.List;

/**
 * How the keys are found that a change of a table touches.
 *
 * @param alias of the table, unique in the model
 * @param columns of the changed row that the path begins with
 * @param direct whether they are the key itself, column by column and in the same types
 * @param once whether a key is found once at most for each row of the path's end
 * @param required whether no row of the model is without a row of the table
 */
record Reach(
        String alias,
        Table table,
        List<Table.Column> columns,
        Paths.Path path,
        boolean direct,
        boolean once,
        boolean required) {

    /** Whether changes carry the old columns only because they carry the whole old row. */
    boolean onlyInWholeRows() {
        return table.wholeIdentity()
                && (table.identityKey() == null
                        || table.identityKey().deferrable()
                        || !table.identityKey().columns().containsAll(columns));
    }
}

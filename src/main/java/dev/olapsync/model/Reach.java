package dev.olapsync.model;

import java.util.List;

/**
 * How the keys are found that a change of a table touches.
 *
 * @param alias of the table, unique in the model
 * @param columns of the changed row at the start of the path
 * @param direct whether they are the key itself, column by column and with the same types
 * @param once whether a key is found at most once for each row at the end of the path
 * @param required whether no row of the model exists without a row of the table
 */
record Reach(
        String alias,
        Table table,
        List<Table.Column> columns,
        Paths.Path path,
        boolean direct,
        boolean once,
        boolean required) {

    /** Whether changes contain the old columns only because they contain the whole old row. */
    boolean onlyInWholeRows() {
        return table.wholeIdentity()
                && (table.identityKey() == null
                        || table.identityKey().deferrable()
                        || !table.identityKey().columns().containsAll(columns));
    }
}

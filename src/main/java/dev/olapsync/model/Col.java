package dev.olapsync.model;

/** A column of an item. @param number from 1 */
record Col(Item item, int number) {

    /** A column of a table. */
    Table.Column column() {
        return item.table().columnAt(number);
    }

    @Override
    public String toString() {
        return item.alias() + "." + (item.isTable() ? column().name() : "column " + number);
    }
}

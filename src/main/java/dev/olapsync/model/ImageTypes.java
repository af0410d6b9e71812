package dev.olapsync.model;

import java.util.Optional;

/** Of which types change events have the exact value, and in which form. */
final class ImageTypes {

    private ImageTypes() {
    }

    static Optional<KeyColumn.Format> format(Table.Column column) {
        return Optional.of(KeyTypes.format(column.type()));
    }
}

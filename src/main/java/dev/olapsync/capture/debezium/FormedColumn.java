package dev.olapsync.capture.debezium;

import io.debezium.connector.postgresql.PostgresStreamingChangeEventSource.PgConnectionSupplier;
import io.debezium.connector.postgresql.PostgresType;
import io.debezium.connector.postgresql.connection.ReplicationMessage.Column;
import io.debezium.connector.postgresql.connection.ReplicationMessage.ColumnTypeMetadata;
import java.util.function.UnaryOperator;

/**
 * A column of a type on which Debezium may fail. A value that Debezium cannot read becomes null, and texts are
 * converted to a form.
 */
record FormedColumn(Column column, UnaryOperator<String> form) implements Column {

    @Override
    public Object getValue(PgConnectionSupplier connection, boolean includeUnknownDatatypes) {
        try {
            Object value = column.getValue(connection, includeUnknownDatatypes);
            return value instanceof String text ? form.apply(text) : value;
        } catch (RuntimeException e) {
            return null;
        }
    }

    @Override
    public String getName() {
        return column.getName();
    }

    @Override
    public PostgresType getType() {
        return column.getType();
    }

    @Override
    public ColumnTypeMetadata getTypeMetadata() {
        return column.getTypeMetadata();
    }

    @Override
    public boolean isOptional() {
        return column.isOptional();
    }

    @Override
    public boolean isToastedColumn() {
        return column.isToastedColumn();
    }
}

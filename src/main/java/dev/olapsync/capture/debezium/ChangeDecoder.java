package dev.olapsync.capture.debezium;

import io.debezium.connector.postgresql.PostgresConnectorConfig;
import io.debezium.connector.postgresql.PostgresSchema;
import io.debezium.connector.postgresql.TypeRegistry;
import io.debezium.connector.postgresql.connection.MessageDecoderContext;
import io.debezium.connector.postgresql.connection.PostgresConnection;
import io.debezium.connector.postgresql.connection.ReplicationStream.ReplicationMessageProcessor;
import io.debezium.connector.postgresql.connection.pgoutput.PgOutputMessageDecoder;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Debezium's decoder, with tables as {@link Relation} reads them. Debezium would query the metadata of the driver,
 * which treats names as patterns, and would parse the defaults of the columns.
 */
public final class ChangeDecoder extends PgOutputMessageDecoder {

    private static final String PRIMARY_KEY = """
            SELECT a.attname
            FROM pg_catalog.pg_index i
            CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, position)
            JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
            WHERE i.indrelid = CAST(? AS bigint)::oid AND i.indisprimary AND k.position <= i.indnkeyatts
            ORDER BY k.position""";

    private final PostgresSchema schema;
    private final PostgresConnection metadata;
    private final NeededColumns needed;
    private final int largestValue;
    private final Map<Integer, Relation> relations = new HashMap<>();

    /** @param largestValue in bytes: longer ones of columns that are not needed are left out */
    public ChangeDecoder(
            PostgresConnectorConfig config,
            PostgresSchema schema,
            PostgresConnection metadata,
            NeededColumns needed,
            int largestValue) {
        super(new MessageDecoderContext(config, schema), metadata);
        this.schema = schema;
        this.metadata = metadata;
        this.needed = needed;
        this.largestValue = largestValue;
    }

    @Override
    public void processNotEmptyMessage(ByteBuffer message, ReplicationMessageProcessor processor, TypeRegistry types)
            throws SQLException, InterruptedException {
        int from = message.position();
        switch (message.get(from)) {
            case 'R' -> add(RelationMessage.read(message), types);
            case 'I', 'U', 'D' -> {
                int oid = message.getInt(from + 1);
                Relation relation = relations.get(oid);
                if (relation == null) {
                    throw new IllegalStateException("The log has a change of a table that it has not described, OID "
                            + Integer.toUnsignedString(oid));
                }
                super.processNotEmptyMessage(
                        relation.largeValues().leaveOut(message),
                        relation.hasForms()
                                ? change -> {
                                    relation.form(change.getOldTupleList());
                                    relation.form(change.getNewTupleList());
                                    processor.process(change);
                                }
                                : processor,
                        types);
            }
            default -> super.processNotEmptyMessage(message, processor, types);
        }
    }

    private void add(RelationMessage message, TypeRegistry types) throws SQLException {
        Relation relation = new Relation(
                message,
                types,
                primaryKey(message.relation()),
                needed.of(message.schema(), message.table()),
                largestValue);
        relations.put(message.relation(), relation);
        schema.applySchemaChangesForTable(message.relation(), relation.table());
    }

    private List<String> primaryKey(int relation) throws SQLException {
        List<String> names = new ArrayList<>();
        metadata.prepareQuery(
                PRIMARY_KEY, statement -> statement.setLong(1, Integer.toUnsignedLong(relation)), rows -> {
                    while (rows.next()) {
                        names.add(rows.getString(1));
                    }
                });
        return names;
    }
}

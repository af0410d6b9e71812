package io.debezium.connector.postgresql;

import dev.olapsync.capture.debezium.Alias;
import dev.olapsync.capture.debezium.StreamedSource;
import io.debezium.connector.SnapshotRecord;
import io.debezium.connector.postgresql.connection.Lsn;
import java.time.Instant;
import java.util.Objects;
import org.apache.kafka.connect.data.Struct;

/**
 * Makes the {@code source} of change events. The changes of a table in one transaction share all values but their position,
 * see {@link StreamedSource}: Debezium would put and check sixteen values for each change. The schema gets its own name in
 * place of its {@link Alias}. It is in this package because Debezium shows the values of a {@link SourceInfo} only to its
 * own classes; the connector creates it by the name of the class.
 */
public class StreamedSources extends PostgresSourceInfoStructMaker {

    /** What the previous change had. Written by the thread that decodes; another thread would only make it again. */
    private volatile Previous previous;

    private record Previous(
            Instant timestamp,
            String schema,
            String table,
            Long transaction,
            Long xmin,
            String origin,
            Lsn originLsn,
            StreamedSource.Shared values) {

        boolean sharesWith(SourceInfo change) {
            return timestamp.equals(change.timestamp())
                    && schema.equals(change.schemaName())
                    && table.equals(change.tableName())
                    && Objects.equals(transaction, change.txId())
                    && Objects.equals(xmin, change.xmin())
                    && Objects.equals(origin, change.originName())
                    && Objects.equals(originLsn, change.originLsn());
        }
    }

    @Override
    public Struct struct(SourceInfo change) {
        if (change.snapshot() != null && change.snapshot() != SnapshotRecord.FALSE || change.timestamp() == null) {
            return plain(change);
        }
        Previous same = previous;
        if (same == null || !same.sharesWith(change)) {
            same = new Previous(
                    change.timestamp(),
                    change.schemaName(),
                    change.tableName(),
                    change.txId(),
                    change.xmin(),
                    change.originName(),
                    change.originLsn(),
                    new StreamedSource.Shared(plain(change)));
            previous = same;
        }
        return new StreamedSource(
                same.values(),
                change.sequence(),
                change.lsn() == null ? null : change.lsn().asLong());
    }

    private Struct plain(SourceInfo change) {
        return super.struct(change).put(SourceInfo.SCHEMA_NAME_KEY, Alias.name(change.schemaName()));
    }
}

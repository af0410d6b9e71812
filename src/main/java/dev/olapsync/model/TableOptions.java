package dev.olapsync.model;

import dev.olapsync.clickhouse.RowMetadata;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The options of a table in ClickHouse that the file of its model declares. Immutable.
 *
 * @param orderBy the elements of the sorting key; empty for the columns of the key in their order
 * @param partitionBy the elements of the partition key; empty for no partitions
 * @param settings of the table, with their values
 * @param codecs by the names of the columns, for example {@code CODEC(ZSTD(3))}
 * @param engine also of the table of the history; empty for {@link TableEngine#DEFAULT}
 * @param ttl its elements; empty for none
 * @param metadata the columns of the table and of the view that show why a row was written
 * @param lines that declare all of this, by their numbers in the file
 */
public record TableOptions(
        List<String> orderBy,
        List<String> partitionBy,
        Map<String, String> settings,
        Map<String, String> codecs,
        Optional<TableEngine> engine,
        List<String> ttl,
        RowMetadata metadata,
        Map<Integer, String> lines) {

    public static final TableOptions NONE = new TableOptions(
            List.of(), List.of(), Map.of(), Map.of(), Optional.empty(), List.of(), RowMetadata.NONE, Map.of());
}

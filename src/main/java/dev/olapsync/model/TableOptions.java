package dev.olapsync.model;

import java.util.List;
import java.util.Map;

/**
 * The options of a table in ClickHouse that the file of its model declares. Immutable.
 *
 * @param orderBy the elements of the sorting key; empty for the columns of the key in their order
 * @param partitionBy the elements of the partition key; empty for no partitions
 * @param settings of the table, with their values
 * @param codecs by the names of the columns, for example {@code CODEC(ZSTD(3))}
 */
public record TableOptions(
        List<String> orderBy, List<String> partitionBy, Map<String, String> settings, Map<String, String> codecs) {

    public static final TableOptions NONE = new TableOptions(List.of(), List.of(), Map.of(), Map.of());
}

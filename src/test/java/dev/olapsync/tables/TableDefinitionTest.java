package dev.olapsync.tables;

import static org.assertj.core.api.Assertions.assertThat;

import dev.olapsync.clickhouse.RowMetadata;
import dev.olapsync.clickhouse.RowOrigin;
import dev.olapsync.model.Model;
import dev.olapsync.model.TableEngine;
import dev.olapsync.model.TableOptions;
import dev.olapsync.model.TestModels;
import dev.olapsync.tables.TableDefinition.Column;
import java.math.BigInteger;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tables whose engine and TTL the file of a model declares, against texts of {@code system.tables}. */
class TableDefinitionTest {

    private static final TableEngine ANY_PATH = new TableEngine("ReplicatedReplacingMergeTree", List.of());
    private static final TableEngine SHARED = new TableEngine("SharedReplacingMergeTree", List.of());
    private static final TableEngine PATH = new TableEngine(
            "ReplicatedReplacingMergeTree", List.of("'/tables/{shard}/{database}/{table}'", "'{replica}'"));
    private static final TableEngine UUID =
            new TableEngine("ReplicatedReplacingMergeTree", List.of("'/tables/{uuid}/{shard}'", "'{replica}'"));

    private static final Map<String, TableEngine> DECLARED =
            Map.of("any", ANY_PATH, "shared", SHARED, "path", PATH, "uuid", UUID);

    private static TableOptions options(TableEngine engine, String... ttl) {
        return new TableOptions(
                List.of(),
                List.of(),
                Map.of(),
                Map.of(),
                Optional.ofNullable(engine),
                List.of(ttl),
                RowMetadata.NONE,
                Map.of());
    }

    private static TargetTable rows(TableEngine engine, String... ttl) {
        return TargetTable.of(TestModels.withOptions("sales", options(engine, ttl)));
    }

    private static TableDefinition table(String engine) {
        Map<String, Column> columns = new LinkedHashMap<>();
        columns.put("_op", column("LowCardinality(String)"));
        columns.put("_commit_time", column("DateTime64(6, 'UTC')"));
        columns.put("_version", column("UInt128"));
        columns.put("_deleted", column("UInt8"));
        return new TableDefinition(engine, "", "", true, "CREATE TABLE shop.sales_rows () ENGINE = " + engine, columns);
    }

    /** @param elements as ClickHouse shows them */
    private static TableDefinition tableOf(String elements) {
        TableDefinition table = table("ReplacingMergeTree(_version, _deleted)");
        return new TableDefinition(
                table.engine(),
                "",
                "",
                true,
                "CREATE TABLE shop.sales_rows (" + elements + ") ENGINE = " + table.engine(),
                table.columns());
    }

    private static Column column(String type) {
        return new Column(type, "", false, false, "");
    }

    @Test
    void theEngineOfTheFileIsThatOfTheRowsAndOfTheHistory() {
        assertThat(rows(null).create(Set.of()).sql(""))
                .contains(") ENGINE = ReplacingMergeTree(_version, _deleted) ORDER BY");
        assertThat(rows(ANY_PATH).create(Set.of()).sql(""))
                .contains(") ENGINE = ReplicatedReplacingMergeTree(_version, _deleted) ORDER BY");
        assertThat(rows(SHARED).create(Set.of()).sql(""))
                .contains(") ENGINE = SharedReplacingMergeTree(_version, _deleted) ORDER BY");
        assertThat(rows(PATH).create(Set.of()).sql(""))
                .contains(") ENGINE = ReplicatedReplacingMergeTree('/tables/{shard}/{database}/{table}', '{replica}',"
                        + " _version, _deleted) ORDER BY");
        Model model = TestModels.withHistory("journal", options(PATH));
        assertThat(TargetTable.ofHistory(model).orElseThrow().create(Set.of()).sql(""))
                .contains(") ENGINE = ReplicatedReplacingMergeTree('/tables/{shard}/{database}/{table}', '{replica}')"
                        + " ORDER BY");
        assertThat(TargetTable.ofHistory(TestModels.withHistory("journal", options(SHARED)))
                        .orElseThrow()
                        .create(Set.of())
                        .sql(""))
                .contains(") ENGINE = SharedReplacingMergeTree ORDER BY");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            any    | ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', _version, _deleted)
            shared | SharedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', _version, _deleted)
            path   | ReplicatedReplacingMergeTree('/tables/{shard}/shop/sales_rows', '{replica}', _version, _deleted)
            path   | ReplicatedReplacingMergeTree('/tables/{shard}/{database}/{table}', '{replica}', _version, _deleted)
            uuid   | ReplicatedReplacingMergeTree('/tables/{uuid}/{shard}', '{replica}', _version, _deleted)
            """)
    void whatClickHouseShowsOfADeclaredEngine(String declared, String shown) {
        assertThat(table(shown + " ORDER BY id SETTINGS index_granularity = 8192")
                        .problems(rows(DECLARED.get(declared))))
                .isEmpty();
        assertThat(table(shown).problems(rows(null)))
                .as("a file without the line accepts it too")
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            any    | ReplacingMergeTree(_version, _deleted)
            any    | SharedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', _version, _deleted)
            shared | ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', _version, _deleted)
            path   | ReplicatedReplacingMergeTree('/tables/{shard}/shop/sales_rows_2', '{replica}', _version, _deleted)
            path   | ReplicatedReplacingMergeTree('/tables/{shard}/shop/sales_rows', 'one', _version, _deleted)
            path   | ReplicatedReplacingMergeTree('/other/{shard}/shop/sales_rows', '{replica}', _version, _deleted)
            path   | ReplacingMergeTree(_version, _deleted)
            """)
    void anotherEngineIsNamed(String declared, String shown) {
        TargetTable target = rows(DECLARED.get(declared));
        assertThat(table(shown + " ORDER BY id").problems(target))
                .containsExactly("its engine is " + shown + ", and the file declares " + target.engine());
    }

    @Test
    void anEngineThatKeepsOtherRowsIsRefusedAsBefore() {
        assertThat(table("ReplicatedReplacingMergeTree('/tables/{uuid}', '{replica}', _version) ORDER BY id")
                        .problems(rows(ANY_PATH)))
                .containsExactly("its engine is ReplicatedReplacingMergeTree('/tables/{uuid}', '{replica}', _version)"
                        + " instead of ReplicatedReplacingMergeTree(_version, _deleted), which keeps of each key the greatest"
                        + " version");
    }

    @Test
    void aTtlIsThatOfTheFile() {
        TargetTable target = rows(
                null,
                "toDate(`day`) + toIntervalMonth(3) TO VOLUME 'cold'",
                "toDate(`day`) + toIntervalYear(1) RECOMPRESS CODEC(ZSTD(9))");
        assertThat(target.create(Set.of()).sql(""))
                .endsWith(" TTL toDate(`day`) + toIntervalMonth(3) TO VOLUME 'cold',"
                        + " toDate(`day`) + toIntervalYear(1) RECOMPRESS CODEC(ZSTD(9))");
        String engine = "ReplacingMergeTree(_version, _deleted) ORDER BY id";
        String shown = " TTL toDate(day) + toIntervalMonth(3) TO VOLUME 'cold',"
                + " toDate(day) + toIntervalYear(1) RECOMPRESS CODEC(ZSTD(9))";
        assertThat(table(engine + shown + " SETTINGS storage_policy = 'tiered'").problems(target))
                .isEmpty();
        assertThat(table(engine + " SETTINGS storage_policy = 'tiered'").problems(target))
                .containsExactly(
                        "its TTL is missing, and the file declares toDate(`day`) + toIntervalMonth(3) TO VOLUME"
                                + " 'cold', toDate(`day`) + toIntervalYear(1) RECOMPRESS CODEC(ZSTD(9)): ALTER TABLE `sales_rows`"
                                + " MODIFY TTL toDate(`day`) + toIntervalMonth(3) TO VOLUME 'cold', toDate(`day`) + toIntervalYear(1)"
                                + " RECOMPRESS CODEC(ZSTD(9))");
        assertThat(table(engine + shown.replace("cold", "SETTINGS")).problems(target))
                .singleElement()
                .asString()
                .contains("its TTL is toDate(day) + toIntervalMonth(3) TO VOLUME 'SETTINGS', ", " MODIFY TTL ");
        assertThat(table(engine + shown).problems(rows(null)))
                .as("a file without the line accepts it too")
                .isEmpty();
    }

    @Test
    void theIndexOfAColumnNamedTtlIsNoTtl() {
        String column = "`TTL` Date32, INDEX _minmax_1 TTL TYPE minmax GRANULARITY 1";
        assertThat(tableOf(column).problems(rows(null))).isEmpty();
        assertThat(tableOf("`day` Date32 TTL day + toIntervalDay(1), " + column).problems(rows(null)))
                .singleElement()
                .asString()
                .contains("a column has a TTL");
    }

    @Test
    void metadataIsInTheTableAndInWhatIsCopied() {
        TargetTable target = TargetTable.of(TestModels.withOptions(
                "sales",
                new TableOptions(
                        List.of(),
                        List.of(),
                        Map.of(),
                        Map.of(),
                        Optional.empty(),
                        List.of(),
                        new RowMetadata(true, true, true),
                        Map.of())));
        assertThat(target.create(Set.of()).sql(""))
                .contains("(`_commit_time` DateTime64(6, 'UTC'), `_op` LowCardinality(String), `_version` UInt128,"
                        + " `_deleted` UInt8, INDEX _minmax_1 `_commit_time` TYPE minmax GRANULARITY 1)");
        RowOrigin read = RowOrigin.read(Instant.parse("2026-01-02T03:04:05.678901Z"));
        assertThat(target.insertOfCopy(BigInteger.TEN, read))
                .startsWith(
                        "`sales_rows` (`_commit_time`, `_op`, `_version`, `_deleted`) SELECT"
                                + " parseDateTime64BestEffort('2026-01-02T03:04:05.678901Z', 6, 'UTC'), 'read', toUInt128('10'),");
        assertThat(rows(null).insertOfCopy(BigInteger.TEN, read))
                .startsWith("`sales_rows` (`_version`, `_deleted`) SELECT toUInt128('10'),");
    }
}

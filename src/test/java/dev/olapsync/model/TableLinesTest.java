package dev.olapsync.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.olapsync.clickhouse.RowMetadata;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the file of a model can say about its table in ClickHouse, and what is refused because rows would be lost or stay. */
class TableLinesTest {

    private static final String SCHEMA = """
            CREATE TABLE sale (tenant int, day date, "Odd Name" uuid, note text, country varchar(20), code char(3), amount numeric(9,2),
              nullable int[], numbers int[] NOT NULL, times timestamptz[] NOT NULL, docs jsonb[] NOT NULL,
              PRIMARY KEY (tenant, day, "Odd Name"));
            """;

    private static Connection postgres;

    @TempDir
    private Path folder;

    @BeforeAll
    static void create() throws SQLException {
        postgres = TestDatabase.create("table_lines");
        TestDatabase.execute(postgres, SCHEMA);
    }

    @AfterAll
    static void close() throws SQLException {
        postgres.close();
    }

    @Test
    void whatKeepsTheSameRows() throws Exception {
        TestDatabase.write(folder, "m", """
                -- note: a comment like any other
                -- order by: toStartOfMonth(day), tenant, `Odd Name`, day
                -- Partition By: toYYYYMM(day), modulo(cityHash64(`Odd Name`), 4)
                -- settings: index_granularity = 1024, storage_policy = 'hot-cold'
                -- column note: CODEC(ZSTD(3))
                --column country:LowCardinality(String) CODEC(LZ4HC(9))
                -- column amount: CODEC(Delta(8), LZ4)
                SELECT * FROM sale""");
        Model model = Models.load(folder, postgres).all().get(0);
        assertThat(model.options().lines())
                .hasSize(6)
                .containsEntry(4, "-- settings: index_granularity = 1024, storage_policy = 'hot-cold'")
                .containsEntry(5, "-- column note: CODEC(ZSTD(3))");
        assertThat(model.options())
                .isEqualTo(new TableOptions(
                        List.of("toStartOfMonth(`day`)", "`tenant`", "`Odd Name`", "`day`"),
                        List.of("toYYYYMM(`day`)", "modulo(cityHash64(`Odd Name`), 4)"),
                        Map.of("index_granularity", "1024", "storage_policy", "'hot-cold'"),
                        Map.of(
                                "note",
                                "CODEC(ZSTD(3))",
                                "country",
                                "CODEC(LZ4HC(9))",
                                "amount",
                                "CODEC(Delta(8), LZ4)"),
                        Optional.empty(),
                        List.of(),
                        RowMetadata.NONE,
                        model.options().lines()));
        assertThat(model.columns())
                .filteredOn(column -> column.name().equals("country"))
                .extracting(OutputColumn::clickHouseType)
                .containsExactly("LowCardinality(Nullable(String))");
    }

    /** line | column of the error | the message. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            -- order by: country, tenant, day              | 14 | country is not part of the key (tenant, day, Odd Name), so it can change: a row would not take the place of its older versions
            -- order by: tenant, day                       | 14 | Odd Name is part of the key and missing here
            -- order by: tenant, toYYYYMM(day), `Odd Name` | 14 | day is part of the key and missing here
            -- order by:                                   | 13 | something is missing at the end
            -- order by: tenant, day `Odd Name`            | 26 | '`Odd Name`' is not understood here
            -- order by: nothing                           | 14 | the model has no column nothing
            -- order by: rand(), tenant                    | 14 | 'rand' is not understood here: write a list of columns of the key and of these functions of them: cityHash64
            -- partition by: toYYYYMM(now())               | 27 | 'now' is not understood here
            -- partition by: tenant % 4                    | 25 | '%' is not understood here
            -- partition by: toYYYYMM(tenant)              | 27 | tenant is Int32, which this function does not take
            -- partition by: intDiv(day, 4)                | 25 | day is Date32, which this function does not take
            -- partition by: intDiv(tenant, 0)             | 33 | '0' is not understood here
            -- partition by: intDiv(toMonday(day), 2)      | 25 | 'toMonday' is not understood here
            -- partition by: country                       | 18 | country is not part of the key (tenant, day, Odd Name), so it can change: its old version would stay in another partition
            -- ttl: day + INTERVAL 1 YEAR                  | 30 | Any other takes away rows without a change in Postgres, and deletion marks, so that what they hide comes back; filter old rows in a view
            -- ttl: day + INTERVAL 1 YEAR DELETE           | 31 | a TTL may only move or recompress: write TO VOLUME '...', TO DISK '...' or RECOMPRESS CODEC
            -- ttl: day TO DISK 'a' WHERE tenant = 1       | 25 | a TTL may only move or recompress
            -- ttl: day TO DISK 'a', day GROUP BY tenant   | 30 | a TTL may only move or recompress
            -- ttl: now() TO DISK 'a'                      |  9 | 'now' is not understood here: write a column, or one of these functions of it: assumeNotNull, coalesce
            -- ttl: nothing TO DISK 'a'                    |  9 | the model has no column nothing
            -- ttl: _commit_time TO DISK 'a'               |  9 | the model has no column _commit_time: the line -- metadata: commit_time gives it this one
            -- ttl: day + 1 TO DISK 'a'                    | 15 | '1' is not understood here: write INTERVAL and a number
            -- ttl: day + INTERVAL 1 AGE TO DISK 'a'       | 26 | 'AGE' is not understood here: write one of DAY, HOUR
            -- ttl: day TO TABLE 'a'                       | 16 | 'TABLE' is not understood here: write DISK or VOLUME
            -- ttl: day TO VOLUME cold                     | 23 | 'cold' is not understood here: write the name in quotes
            -- ttl: day RECOMPRESS CODEC(Delta(4), LZ4)    | 24 | write CODEC with NONE, LZ4, LZ4HC(n) or ZSTD(n)
            -- ttl:                                        |  8 | something is missing at the end: write a column
            -- engine: MergeTree                           | 12 | write ReplicatedReplacingMergeTree, or ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}'), or SharedReplacingMergeTree; _version and _deleted are added
            -- engine: ReplacingMergeTree                  | 12 | Without this line the engine is ReplacingMergeTree
            -- engine: ReplicatedReplacingMergeTree(id)    | 12 | 'ReplicatedReplacingMergeTree(id)' is not possible here
            -- engine: ReplicatedReplacingMergeTree('/{table}') | 12 | is not possible here
            -- engine: ReplicatedReplacingMergeTree('/t/{shard}', '{replica}') | 12 | the path '/t/{shard}' must contain {table} or {uuid}: each generation of the model has a table of its own
            -- engine: SharedReplacingMergeTree('/t/{table}', '{replica}')     | 12 | is not possible here
            -- engine: ReplicatedReplacingMergeTree(_version) | 12 | is not possible here
            -- metadata:                                   | 13 | write one or more of commit_time, op, position, separated by commas
            -- metadata: commit_time, version              | 14 | 'commit_time, version' is not possible here
            -- settings: ttl_only_drop_parts = 1           | 14 | 'ttl_only_drop_parts = 1' is not possible here
            -- settings: index_granularity = 1024, x = 'y  | 39 | 'x = 'y' is not possible here
            -- settings: index_granularity                 | 14 | write name = value
            -- column nothing: CODEC(ZSTD(3))              |  1 | the model has no column nothing
            -- column note: CODEC(AES_128_GCM_SIV)         | 17 | The codecs are NONE, LZ4, LZ4HC(n) and ZSTD(n)
            -- column note: Nullable(UInt8)                | 17 | Other types follow from the SELECT: write a cast there
            -- column note:                                | 16 | '' is not possible here
            -- column amount: LowCardinality(String)       | 19 | amount is numeric(9,2): only a text that is not part of the key can be LowCardinality(String)
            -- column code: LowCardinality(String)         | 17 | code is character(3): only a text
            -- column tenant: LowCardinality(String)       | 19 | tenant is integer and part of the key
            -- column note: Array(String)                  | 17 | note is text: only an array can be Array(String)
            -- column nullable: Array(Int32)               | 21 | nullable can be NULL, and an array in ClickHouse cannot: write coalesce(..., '{}')
            -- column numbers: Array(Int64)                | 20 | numbers is integer[]: write Array(Int32)
            -- column times: Array(DateTime64(6))          | 18 | write AT TIME ZONE 'UTC' behind the value of which the array is made
            -- column docs: Array(String)                  | 17 | write a cast to text[], and Array(String)
            """)
    void whatIsRefused(String line, int column, String message) {
        assertThat(errors(line + "\nSELECT * FROM sale")).singleElement().satisfies(error -> {
            assertThat(error.message()).contains(message);
            assertThat(error.line() + ":" + error.column()).isEqualTo("1:" + column);
        });
    }

    @Test
    void theEngineTheTtlAndWhyARowWasWritten() throws Exception {
        TestDatabase.write(folder, "m", """
                -- engine: ReplicatedReplacingMergeTree('/tables/{shard}/{table}', '{replica}', _version, _deleted)
                -- ttl: day + interval 3 month to volume 'cold', toDateTime(_commit_time) + INTERVAL 10 DAY RECOMPRESS CODEC(ZSTD(9)), coalesce(toMonday(`day`), toDate(0)) TO DISK 'a b'
                -- metadata: position,commit_time
                SELECT * FROM sale""");
        TableOptions options = Models.load(folder, postgres).all().get(0).options();
        assertThat(options.engine())
                .contains(new TableEngine(
                        "ReplicatedReplacingMergeTree", List.of("'/tables/{shard}/{table}'", "'{replica}'")));
        assertThat(options.ttl())
                .containsExactly(
                        "`day` + toIntervalMonth(3) TO VOLUME 'cold'",
                        "toDateTime(`_commit_time`) + toIntervalDay(10) RECOMPRESS CODEC(ZSTD(9))",
                        "coalesce(toMonday(`day`), toDate(0)) TO DISK 'a b'");
        assertThat(options.metadata()).isEqualTo(new RowMetadata(true, false, true));
        TestDatabase.write(folder, "m", """
                -- engine: SharedReplacingMergeTree
                SELECT day, count(*) AS n FROM sale GROUP BY 1""");
        assertThat(Models.load(folder, postgres).all().get(0).options().engine())
                .contains(new TableEngine("SharedReplacingMergeTree", List.of()));
        assertThat(errors("-- metadata: op, commit_time\nSELECT tenant, day, \"Odd Name\", note AS _op FROM sale"))
                .singleElement()
                .asString()
                .contains(":1:14: the SELECT has a column _op itself: rename it with AS, or leave out op");
    }

    @Test
    void whatHasNoTableOfItsOwnColumns() {
        assertThat(errors("-- order by: day\nSELECT day, count(*) AS n FROM sale GROUP BY 1"))
                .singleElement()
                .asString()
                .contains("only -- settings: and -- engine: are possible");
        assertThat(errors("-- metadata: op\nSELECT day, count(*) AS n FROM sale GROUP BY 1"))
                .singleElement()
                .asString()
                .contains("only -- settings: and -- engine: are possible");
        assertThat(errors("-- settings: index_granularity = 1\n-- settings: index_granularity = 2\nSELECT * FROM sale"))
                .singleElement()
                .asString()
                .contains(":2:1: a second line for the same");
        assertThat(errors("SELECT *\n-- settings: index_granularity = 1\nFROM sale"))
                .singleElement()
                .asString()
                .contains(":2:1: -- settings: stands behind the begin of the SELECT");
    }

    private List<ModelError> errors(String model) {
        TestDatabase.write(folder, "m", model);
        return catchThrowableOfType(ModelException.class, () -> Models.load(folder, postgres))
                .errors();
    }
}

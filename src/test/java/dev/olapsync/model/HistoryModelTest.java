package dev.olapsync.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.olapsync.postgres.Sql;
import java.math.BigInteger;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Models with {@code -- history: true}: which there can be, and that an image gives the row that a look-up would give. */
class HistoryModelTest {

    private static final String SCHEMA = """
            CREATE COLLATION backwards (provider = icu, locale = 'und-u-kf-upper');
            CREATE TYPE mood AS ENUM ('sad', 'so "so"');
            CREATE DOMAIN short AS varchar(5) CHECK (VALUE <> 'no');
            CREATE TABLE full_row (id int, "Key 2" text COLLATE backwards, price numeric(10,2), any_number numeric, f float4,
              d date, t timestamptz, j json, m mood, s short, c char(4), b bytea, r int4range, u uuid, "a?b" boolean,
              PRIMARY KEY (id, "Key 2"));
            ALTER TABLE full_row REPLICA IDENTITY FULL;
            CREATE TABLE parent (id int PRIMARY KEY, name text);
            CREATE TABLE key_only (id int PRIMARY KEY, name text);
            CREATE TABLE deferred (id int PRIMARY KEY DEFERRABLE);
            ALTER TABLE deferred REPLICA IDENTITY FULL;
            CREATE TABLE odd (id int PRIMARY KEY, tags text[], span interval, twice int GENERATED ALWAYS AS (id * 2) STORED,
              _op text);
            ALTER TABLE odd REPLICA IDENTITY FULL;
            CREATE TABLE parts (id int PRIMARY KEY) PARTITION BY RANGE (id);
            CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
            ALTER TABLE parts REPLICA IDENTITY FULL;
            """;

    private static Connection postgres;

    @TempDir
    private Path folder;

    @BeforeAll
    static void createTables() throws SQLException {
        postgres = TestDatabase.create("histories");
        TestDatabase.execute(postgres, SCHEMA);
    }

    @AfterAll
    static void close() throws SQLException {
        postgres.close();
    }

    private List<ModelError> errors() {
        return catchThrowableOfType(ModelException.class, () -> Models.load(folder, postgres))
                .errors();
    }

    private Model model(String sql) throws Exception {
        TestDatabase.write(folder, "m", sql);
        return Models.load(folder, postgres).all().get(0);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            -- history: yes\\nSELECT * FROM full_row        | 1 |  1 | 'yes' is no value of history: write -- history: true
            --history:\\nSELECT * FROM full_row            | 1 |  1 | '' is no value of history
            SELECT *\\n-- history: true\\nFROM full_row     | 2 |  1 | stands behind the begin of the SELECT
            -- History: true\\nSELECT id FROM key_only      | 2 | 16 | run ALTER TABLE "public"."key_only" REPLICA IDENTITY FULL
            -- history: true\\nSELECT id FROM deferred      | 2 | 16 | the primary key of public.deferred is deferrable
            -- history: true\\nSELECT id FROM parts         | 2 | 16 | REPLICA IDENTITY FULL, for each partition too
            -- history: true\\nSELECT o.id, p.name FROM odd o JOIN parent p ON p.id = o.id | 2 | 37 | a model with a history cannot join
            -- history: true\\nSELECT id FROM odd WHERE id > 1 | 2 | 20 | a model with a history cannot have WHERE
            -- history: true\\nSELECT id, tags FROM odd     | 2 | 12 | a history cannot have tags: it is of type text[]
            -- history: true\\nSELECT id, span::text AS s FROM odd | 2 | 12 | a history cannot have span: it is of type interval
            -- history: true\\nSELECT id, twice FROM odd    | 2 | 12 | twice: it is generated, so that its values are not in the log
            -- history: true\\nSELECT * FROM odd            | 2 |  8 | a history cannot have tags
            -- history: true\\nSELECT id, 1 AS _op FROM odd | 2 |  1 | the name _op is taken by a column of histories
            """)
    void whatAHistoryIsNot(String sql, int line, int column, String message) {
        TestDatabase.write(folder, "m", sql.replace("\\n", "\n"));
        assertThat(errors()).anySatisfy(error -> {
            assertThat(error.message()).contains(message);
            assertThat(List.of(error.line(), error.column())).containsExactly(line, column);
        });
    }

    @ParameterizedTest
    @CsvSource({"m_history", "m_history_rows", "m_scd2"})
    void namesThatAHistoryTakes(String name) {
        TestDatabase.write(folder, "m", "-- history: true\nSELECT * FROM full_row");
        TestDatabase.write(folder, name, "SELECT id FROM odd");
        assertThat(errors()).singleElement().satisfies(error -> {
            assertThat(error.file()).isEqualTo(folder.resolve(name + ".sql"));
            assertThat(error.message()).contains("the name " + name + " is taken by the history of m");
        });
    }

    @Test
    void otherCommentsAndOtherNamesAreNoMatter() throws Exception {
        TestDatabase.write(folder, "m_history", "SELECT id FROM odd");
        assertThat(model("-- history of rows: none\n/* -- history: true */ SELECT id FROM odd")
                        .history())
                .isEmpty();
        assertThat(Models.load(folder, postgres).targets()).containsExactly("m", "m_history");
    }

    @Test
    void onlyWhatTheModelUsesHasToBeInTheChange() throws Exception {
        History history = model("-- history: true\nSELECT id, length(_op) AS size FROM odd")
                .history()
                .orElseThrow();
        assertThat(history.name()).isEqualTo("m_history");
        assertThat(history.lookUp().key())
                .extracting(KeyColumn::name)
                .containsExactly("id", "_op", "_op", "_commit_time", "_version");
        ObjectNode row = LookUps.JSON.createObjectNode().put("id", 7).put("_op", "x");
        assertThat(history.version(row, "create", "2026-01-01T00:00:00Z", BigInteger.TEN))
                .containsExactly("7", "x", "create", "2026-01-01T00:00:00Z", "10");
        assertThat(catchThrowableOfType(
                        IllegalArgumentException.class,
                        () -> history.version(row.deepCopy().without("id"), "create", "", BigInteger.ONE)))
                .hasMessage("the change of public.odd does not carry id");
        assertThat(catchThrowableOfType(
                        IllegalArgumentException.class,
                        () -> history.version(
                                row.deepCopy().put("_op", KeyColumn.UNAVAILABLE), "create", "", BigInteger.ONE)))
                .hasMessageContaining("does not carry _op");
    }

    @Test
    void anImageGivesTheRowThatALookUpGives() throws Exception {
        TestDatabase.execute(postgres, """
                INSERT INTO full_row VALUES
                  (1, 'a', 1.50, 1e20, 1e-45, '2024-02-29', '2026-01-21 12:00:00.123456+02', '{"a" : 1,  "a": null}', 'so "so"', 'x',
                    'ab', '\\x00ff', '[1,3)', 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6', true),
                  (2, 'NULL', NULL, 'NaN', '-0', '0044-03-15 BC', '-infinity', 'null', NULL, '', '    ', '', 'empty', NULL, false),
                  (3, E'{"q\\'\\\\,}', 'NaN', '1.500', 'Infinity', 'infinity', NULL, '"t"', NULL, NULL, NULL, NULL, NULL, NULL, NULL)""");
        Model model = model("""
                -- history: true
                SELECT *, price * 2 AS twice, "Key 2" < 'A' AS lower, s || '!' AS loud, c || '|' AS padded, "a?b" AND id > 1 AS "a?",
                  j->>'a' AS a, extract(year FROM d) AS year
                FROM full_row""");
        LookUp versions = model.history().orElseThrow().lookUp();
        List<List<String>> images = new ArrayList<>();
        List<List<String>> keys = new ArrayList<>();
        for (String id : List.of("1", "2", "3")) {
            List<String> image = new ArrayList<>();
            for (KeyColumn column : versions.key().subList(0, versions.key().size() - 3)) {
                image.add(LookUps.strings(
                                postgres,
                                "SELECT " + Sql.identifier(column.name())
                                        + (column.name().equals("c")
                                                ? "::bpchar::text || repeat(' ', 4 - length(c))"
                                                : "::text")
                                        + " FROM full_row WHERE id = " + id)
                        .get(0));
            }
            keys.add(List.of(
                    id,
                    LookUps.strings(postgres, "SELECT \"Key 2\" FROM full_row WHERE id = " + id)
                            .get(0)));
            image.addAll(List.of("update", "2026-01-01T01:02:03.000004Z", "1234567890123456789012345678901234567"));
            images.add(image);
        }
        List<LookUps.Row> read = LookUps.run(postgres, model.lookUps().get(0), keys);
        List<LookUps.Row> made = LookUps.run(postgres, versions, images);
        for (int i = 0; i < 3; i++) {
            LookUps.Row expected = read.get(i);
            LookUps.Row actual = made.get(i);
            assertThat(actual.n()).isEqualTo(i + 1L);
            assertThat(List.of(
                            actual.key(),
                            actual.live(),
                            String.valueOf(actual.unheld()),
                            String.valueOf(actual.refused())))
                    .isEqualTo(List.of(
                            expected.key(),
                            true,
                            String.valueOf(expected.unheld()),
                            String.valueOf(expected.refused())));
            assertThat(actual.json())
                    .startsWith(expected.json().substring(0, expected.json().length() - 1))
                    .endsWith(",\"_op\":\"update\",\"_commit_time\":\"2026-01-01T01:02:03.000004\","
                            + "\"_version\":1234567890123456789012345678901234567}");
            JsonNode json = LookUps.json(actual.json());
            assertThat(json.size()).isEqualTo(LookUps.json(expected.json()).size() + 3);
        }
    }
}

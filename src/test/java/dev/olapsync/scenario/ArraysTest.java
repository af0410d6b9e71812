package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import dev.olapsync.load.CopiedRange;
import dev.olapsync.model.Model;
import dev.olapsync.model.Page;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.postgres.Position;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Arrays in ClickHouse: of models with several rows for a row of the grain, and columns that are declared as such. */
class ArraysTest {

    private static final String SCHEMA = """
            CREATE TYPE mood AS ENUM ('sad', 'so ''happy''');
            CREATE TABLE parent (id int PRIMARY KEY, tags text[] NOT NULL DEFAULT '{}', days date[]);
            CREATE TABLE child (id int PRIMARY KEY, parent_id int, i bigint, n numeric(38,20), f float8, r real, b boolean, t text, c char(4),
              d date, at timestamptz, plain timestamp, u uuid, m mood, j jsonb, a int[], p interval);
            ALTER TABLE child REPLICA IDENTITY FULL;
            INSERT INTO parent VALUES (1, '{a,NULL,"x, \\"y\\" '' \\\\ {z} é😀"}', '{2026-01-01,2299-12-31}'), (2, '{}', '{}'), (3, '{NULL}', NULL);
            INSERT INTO child VALUES (1, 1, 9223372036854775807, 123456789012345678.12345678901234567890, 0.1, 1e-45, true,
                E'tab\\t newline\\n back\\\\slash ''q'' "d" [1,2] \\u0001 é😀 \\\\N', 'ab', '2026-02-28', '2026-03-29 01:00:00.123456+00',
                '1900-01-01', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'so ''happy''', '{"x": [1, "y"]}', '{{1,2},{3,NULL}}', '1 day 2 hours');
            INSERT INTO child (id, parent_id) VALUES (2, 1), (3, 2), (4, 9);
            INSERT INTO child (id, parent_id, i, f, b, t) VALUES (5, 2, -1, 'NaN', false, ''), (6, 2, 0, '-Infinity', NULL, 'NULL')""";

    private static final String SEVERAL =
            "SELECT p.id AS parent, c.* FROM parent p LEFT JOIN child c ON c.parent_id = p.id";
    private static final String DECLARED = """
            -- column tags: Array(String) CODEC(ZSTD(3))
            -- column days: Array(Date32)
            -- column amounts: Array(Decimal(38, 20))
            -- column numbers: Array(Float64)
            -- column times: Array(DateTime64(6, 'UTC'))
            -- column moods: Array(LowCardinality(String))
            -- column pair: Array(Int32)
            SELECT p.id, p.tags, coalesce(p.days, '{}') AS days, ARRAY(SELECT c.n FROM child c WHERE c.parent_id = p.id ORDER BY c.id) AS amounts,
              coalesce((SELECT array_agg(c.f ORDER BY c.id) FROM child c WHERE c.parent_id = p.id), '{}') AS numbers,
              ARRAY(SELECT c.at AT TIME ZONE 'UTC' FROM child c WHERE c.parent_id = p.id ORDER BY c.id) AS times,
              ARRAY(SELECT c.m FROM child c WHERE c.parent_id = p.id ORDER BY c.id) AS moods, ARRAY[p.id, NULL] AS pair
            FROM parent p""";

    private static final String NESTED = """
            -- column "children.id": Array(Int32)
            -- column "children.text": Array(String)
            SELECT p.id, ARRAY(SELECT c.id FROM child c WHERE c.parent_id = p.id ORDER BY c.id) AS "children.id",
              ARRAY(SELECT c.t FROM child c WHERE c.parent_id = p.id ORDER BY c.id) AS "children.text"
            FROM parent p""";

    private static final Page.Range ALL = new Page.Range(List.of(), List.of());

    /** ClickHouse reads arrays whose names have the same first part as one nested structure. */
    @Test
    void namesWithADotMakeANestedStructure() throws Exception {
        try (Scenario scenario = Scenario.of("nested", SCHEMA)) {
            scenario.model("nested", NESTED).start().awaitLoaded();
            scenario.postgres(
                    "UPDATE child SET parent_id = 2, t = 'moved' WHERE id = 1", "INSERT INTO parent VALUES (9)");
            scenario.awaitInSync();
            assertThat(scenario.clickHouse(
                            "SELECT id, c.id, c.text FROM nested ARRAY JOIN children AS c ORDER BY id, c.id"))
                    .containsExactly("1,2,null", "2,1,moved", "2,3,null", "2,5,", "2,6,NULL", "9,4,null");
            assertThat(scenario.readDeadLetters()).isEmpty();
        }
    }

    @Test
    void areCopiedAndKeptInSync() throws Exception {
        try (Scenario scenario = Scenario.of("arrays", SCHEMA)) {
            scenario.model("several", SEVERAL)
                    .model("declared", DECLARED)
                    .start()
                    .awaitLoaded();
            OlapSync olapSync = OlapSync.of(scenario.camel().getCamelContext());
            for (String name : List.of("several", "declared")) {
                Model model = olapSync.models().find(name).orElseThrow();
                scenario.clickHouseExecute("TRUNCATE TABLE " + name + "_rows");
                assertThat(CopiedRange.copy(
                                olapSync.postgres(),
                                olapSync.clickHouse(),
                                model,
                                ALL,
                                Position.start(0).version()))
                        .as(name)
                        .contains(new CopiedRange(3, 3));
            }
            assertThat(scenario.differences()).isEmpty();
            assertThat(scenario.clickHouse(
                            "SELECT toTypeName(tags), toTypeName(amounts), toTypeName(moods) FROM declared LIMIT 1"))
                    .containsExactly(
                            "Array(Nullable(String)),Array(Nullable(Decimal(38, 20))),Array(LowCardinality(Nullable(String)))");
            assertThat(scenario.clickHouse(
                            "SELECT id, length(tags), days[1], toString(amounts[1]), toString(numbers) FROM declared"
                                    + " ORDER BY id"))
                    .containsExactly(
                            "1,3,2026-01-01,123456789012345678.1234567890123456789,[0.1,NULL]",
                            "2,0,null,null,[NULL,nan,-inf]",
                            "3,1,null,null,[]");
            scenario.postgres(
                    "UPDATE child SET parent_id = 3, t = t || t, n = -n WHERE id = 1",
                    "DELETE FROM child WHERE id = 3",
                    "UPDATE parent SET tags = tags || '{\"new, one\"}', days = NULL",
                    "DELETE FROM parent WHERE id = 2");
            scenario.awaitInSync();
            assertThat(scenario.readDeadLetters()).isEmpty();

            // ClickHouse has no type for it: the row keeps its last state
            scenario.postgres("UPDATE parent SET tags = '{{a,b},{c,d}}' WHERE id = 3");
            scenario.awaitQuiet();
            assertThat(scenario.clickHouse("SELECT length(tags) FROM declared WHERE id = 3"))
                    .containsExactly("2");
            assertThat(scenario.readDeadLetters()).hasSize(1);
            assertThat(scenario.command("dlq", "list")).contains("tags");
            scenario.postgres("UPDATE parent SET tags = '{a}' WHERE id = 3");
            scenario.awaitInSync();
        }
    }
}

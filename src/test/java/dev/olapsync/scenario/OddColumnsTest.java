package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.olapsync.model.KeyColumn;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

/** Columns that no model needs, with types, names, defaults and values on which Debezium failed: they stop no table. */
class OddColumnsTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String SCHEMA = """
            CREATE SCHEMA app;
            CREATE TYPE app.money AS (amount numeric, currency text);
            CREATE TYPE app.state AS ENUM ('new', 'done');
            CREATE TYPE state AS (a int, b int);
            CREATE TABLE odd (id int PRIMARY KEY, note text, "Note" text, "'q'" text, q text, price app.money, real_price money,
                state app.state, pair state, zone timetz, day time, long interval, large oid, numbers numeric[], grid int[],
                content bytea, born date DEFAULT 'infinity', made timestamptz(3) NOT NULL DEFAULT now());
            CREATE TABLE "'x'" ("'id'" int, "ID" text, id text, PRIMARY KEY ("'id'", "ID"));
            CREATE TABLE app.parent (id int PRIMARY KEY, "Id" int UNIQUE NOT NULL, name text, price app.money, blob text);
            ALTER TABLE app.parent REPLICA IDENTITY FULL;
            CREATE TABLE child (id int PRIMARY KEY, parent int, file bytea);
            CREATE INDEX ON child (parent)""";

    private static JsonNode row(Scenario odd, String note) throws Exception {
        List<ConsumerRecord<byte[], byte[]>> changes = odd.changes(".odd", '"' + note + '"');
        return JSON.readTree(changes.get(changes.size() - 1).value()).get("after");
    }

    @Test
    void oddColumns() throws Exception {
        try (Scenario odd = Scenario.of("odd", SCHEMA)
                .model("odd_fact", "SELECT id, note FROM odd")
                .model("quoted", "SELECT \"'id'\" AS a, \"ID\" AS b, id AS c FROM \"'x'\"")
                .model(
                        "child_fact",
                        "SELECT c.id, p.name FROM child c LEFT JOIN app.parent p ON p.\"Id\" = c.parent")) {
            odd.postgres(
                    "INSERT INTO odd (id, note) SELECT i, 'loaded' FROM generate_series(1, 20) i",
                    "INSERT INTO \"'x'\" VALUES (1, 'a', 'one'), (2, 'b', 'two')",
                    "INSERT INTO app.parent VALUES (1, 10, 'p')",
                    "INSERT INTO child VALUES (1, 10), (2, 20)");
            odd.start().awaitLoaded();
            odd.postgres(
                    "UPDATE odd SET note = 'composite', price = (20, 'USD'), real_price = '-1234.5', state = 'new', pair = (1, 2)"
                            + " WHERE id = 1",
                    "UPDATE odd SET note = 'times', zone = '12:00:00+00:19:32', day = '24:00:00', long = '2147483999 hours' WHERE id = 2",
                    "UPDATE odd SET note = 'names', \"Note\" = 'upper', \"'q'\" = 'quoted', q = 'plain' WHERE id = 3",
                    "UPDATE odd SET note = 'digits', large = 4000000000, numbers = '{1.50,NaN,NULL}', grid = '{{1,2},{3,4}}' WHERE id = 4",
                    "UPDATE odd SET note = 'ordinary', zone = '18:00:00+01', day = '18:00:00', long = '1 day', content = '\\x0aff',"
                            + " born = '2000-01-01', made = '2000-01-01 12:00:00.5+00' WHERE id = 5",
                    "UPDATE \"'x'\" SET id = 'changed' WHERE \"'id'\" = 1",
                    "DELETE FROM \"'x'\" WHERE \"'id'\" = 2",
                    "INSERT INTO \"'x'\" VALUES (3, 'c', 'three')",
                    "UPDATE \"'x'\" SET \"ID\" = 'C' WHERE \"'id'\" = 3",
                    "UPDATE app.parent SET name = 'renamed', price = (1, 'EUR'), blob = repeat('x', 1000000)");
            odd.awaitInSync();
            odd.postgres("UPDATE app.parent SET \"Id\" = 20");
            odd.awaitInSync();
            assertThat(odd.clickHouse("SELECT id, name FROM child_fact ORDER BY id"))
                    .containsExactly("1,null", "2,renamed");
            assertThat(odd.readDeadLetters()).isEmpty();
            publicEvents(odd);
        }
    }

    /** What others read. */
    private static void publicEvents(Scenario odd) throws Exception {
        JsonNode composite = row(odd, "composite");
        assertThat(composite.get("price").asText()).isEqualTo("(20,USD)");
        assertThat(composite.get("real_price").asText()).isEqualTo("-1234.50");
        assertThat(composite.get("state").asText()).isEqualTo("new");
        assertThat(composite.get("pair").asText()).isEqualTo("(1,2)");
        JsonNode times = row(odd, "times");
        assertThat(times.get("zone").asText()).isEqualTo("11:40:28Z");
        assertThat(times.get("day").asText()).isEqualTo(KeyColumn.UNAVAILABLE);
        assertThat(times.get("long").asText()).isEqualTo(KeyColumn.UNAVAILABLE);
        JsonNode names = row(odd, "names");
        assertThat(names.get("Note").asText()).isEqualTo("upper");
        assertThat(names.get("'q'").asText()).isEqualTo("quoted");
        assertThat(names.get("q").asText()).isEqualTo("plain");
        JsonNode numbers = row(odd, "digits");
        assertThat(numbers.get("large").asLong()).isEqualTo(4_000_000_000L);
        assertThat(numbers.get("numbers")).isEqualTo(JSON.readTree("[\"1.50\", \"NaN\", null]"));
        JsonNode ordinary = row(odd, "ordinary");
        assertThat(ordinary.get("zone").asText()).isEqualTo("17:00:00Z");
        assertThat(ordinary.get("day").asText()).isEqualTo("18:00:00Z");
        assertThat(ordinary.get("long").asText()).isEqualTo("P0Y0M1DT0H0M0S");
        assertThat(ordinary.get("content").asText()).isEqualTo("0aff");
        assertThat(ordinary.get("born").asText()).isEqualTo("2000-01-01Z");
        assertThat(ordinary.get("made").asText()).isEqualTo("2000-01-01T12:00:00.500Z");
    }

    @Test
    void valuesThatNobodyNeedsAreLeftOutWhenTheyAreLarge() throws Exception {
        try (Scenario files = Scenario.of(
                        "files",
                        "CREATE TABLE file (id int PRIMARY KEY, name text, content bytea, note text);"
                                + " CREATE TABLE page (id int PRIMARY KEY, content text, image text); ALTER TABLE page REPLICA IDENTITY FULL")
                .model("file", "SELECT id, name FROM file")
                .model("page", "-- history: true\nSELECT id, content FROM page")) {
            files.start().awaitLoaded();
            files.postgres(
                    "INSERT INTO file VALUES (1, 'large', decode(repeat('00ff', 500000), 'hex'), 'small')",
                    "INSERT INTO page VALUES (1, repeat('c', 1000000), repeat('i', 1000000)), (2, 'small', 'small')",
                    "UPDATE page SET image = repeat('j', 1000000) WHERE id = 2");
            files.awaitInSync();
            assertThat(files.clickHouse("SELECT id, _op, length(content) FROM page_history ORDER BY id, _version"))
                    .containsExactly("1,create,1000000", "2,create,5", "2,update,5");
            assertThat(files.readDeadLetters()).isEmpty();
            JsonNode file = JSON.readTree(
                            files.changes(".file", "\"large\"").get(0).value())
                    .get("after");
            assertThat(file.get("note").asText()).isEqualTo("small");
            assertThat(file.get("content").asText()).hasSizeLessThan(100);
            for (ConsumerRecord<byte[], byte[]> change : files.changes(".page", "")) {
                assertThat(new String(change.value(), StandardCharsets.UTF_8)).doesNotContain("iii", "jjj");
            }
        }
    }
}

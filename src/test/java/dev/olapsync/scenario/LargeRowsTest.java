package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Rows of many megabytes, more than a broker takes by default, and more than a topic of olap-sync takes. */
class LargeRowsTest {

    private static final String SCHEMA = """
            CREATE TABLE folder (id int PRIMARY KEY, name text);
            CREATE TABLE document (id int PRIMARY KEY, folder_id int, title text, content text, pages text[])""";
    private static final int LINE = 32;

    private static String content(int characters, int seed) {
        return "(SELECT string_agg(md5((i + " + seed + ")::text), '') FROM generate_series(1, " + characters / LINE
                + ") i)";
    }

    @Test
    void loadStreamAndUnchangedValues() throws Exception {
        try (Scenario documents = Scenario.of("large", SCHEMA)
                .model(
                        "document_fact",
                        "SELECT d.id, d.title, d.content, d.pages, f.name FROM document d LEFT JOIN folder f ON f.id = d.folder_id")) {
            documents.postgres(
                    "INSERT INTO folder VALUES (1, 'one')",
                    "INSERT INTO document VALUES (1, 1, 'loaded', " + content(3_000_000, 1) + ", '{}')");
            documents.start().awaitLoaded();
            documents.awaitInSync();

            documents.postgres(
                    "INSERT INTO document VALUES (2, 1, 'streamed', " + content(3_000_000, 2) + ", '{}')",
                    "ALTER TABLE document REPLICA IDENTITY FULL",
                    "UPDATE document SET title = 'both images', content = " + content(4_000_000, 3) + " WHERE id = 1");
            documents.postgres("ALTER TABLE document REPLICA IDENTITY DEFAULT");
            documents.awaitInSync();

            // the log does not carry what is stored apart and did not change
            documents.postgres("UPDATE document SET title = 'unchanged content'");
            documents.awaitInSync();
            documents.postgres("UPDATE folder SET name = 'renamed'");
            documents.awaitInSync();

            // larger than a record: the change tells its key only, and the row goes by the fan-out
            documents.postgres(
                    "INSERT INTO document VALUES (3, 1, 'very large', " + content(36_000_000, 4) + ", '{}')",
                    "INSERT INTO document VALUES (4, 1, 'beside it', 'small', ARRAY['a', 'b'])");
            documents.awaitInSync();
            documents.postgres("UPDATE folder SET name = 'renamed again'");
            documents.awaitInSync();
            assertThat(documents.clickHouse("SELECT id, title, length(content), name FROM document_fact ORDER BY id"))
                    .containsExactly(
                            "1,unchanged content,4000000,renamed again",
                            "2,unchanged content,3000000,renamed again",
                            "3,very large,36000000,renamed again",
                            "4,beside it,5,renamed again");
            assertThat(documents.readDeadLetters()).isEmpty();
        }
    }
}

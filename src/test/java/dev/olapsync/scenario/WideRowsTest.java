package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import org.junit.jupiter.api.Test;

/** Rows that do not fit into a batch, of which only a little may be in memory. */
class WideRowsTest {

    private static final int BATCH = 100_000;

    private static final String SCHEMA = """
            CREATE TABLE shelf (id int PRIMARY KEY, name text);
            CREATE TABLE book (shelf_id int, title text, pages int, body text, scan bytea, PRIMARY KEY (shelf_id, title));
            ALTER TABLE book ALTER body SET STORAGE EXTERNAL""";

    private static Scenario books(String title) throws Exception {
        return Scenario.of(title, SCHEMA)
                .set("olap.batch.bytes", BATCH)
                .model(
                        "book_fact",
                        "SELECT b.shelf_id, b.title, b.pages, b.body, b.scan, s.name, 100 / b.pages AS share FROM book b"
                                + " LEFT JOIN shelf s ON s.id = b.shelf_id");
    }

    /** Of 1 to 2^17 characters. */
    private static void fill(Scenario books) throws SQLException {
        books.postgres(
                "INSERT INTO shelf SELECT i, 'shelf ' || i FROM generate_series(1, 5) i",
                "INSERT INTO book SELECT 1 + i % 5, 'book, \"' || i, 1, repeat('ä' || i % 10, (2 ^ (i % 17))::int), decode(repeat('00ff', i % 100), 'hex')"
                        + " FROM generate_series(1, 300) i");
    }

    @Test
    void inTheStreamAndOfParents() throws Exception {
        try (Scenario books = books("widestream")) {
            books.start().awaitLoaded();
            fill(books);
            books.awaitInSync();
            books.postgres("UPDATE book SET pages = pages + 1");
            books.awaitInSync();
            books.postgres("UPDATE shelf SET name = 'new ' || id");
            books.awaitInSync();
            books.postgres(
                    "DELETE FROM book WHERE pages = 2 AND shelf_id = 3",
                    "UPDATE book SET shelf_id = 6 WHERE shelf_id = 2");
            books.awaitInSync();
            assertThat(books.readDeadLetters()).isEmpty();
            // what is wide has not gone through the topic of the rows
            assertThat(books.read(books.topicOf("book_fact"))).allMatch(row -> row.value().length < BATCH + 1_000);
            assertThat(books.command("verify")).contains("VERDICT: in sync");
            books.clickHouseExecute(
                    "INSERT INTO book_fact_rows SELECT * REPLACE (concat(body, 'x') AS body) FROM book_fact_rows FINAL"
                            + " WHERE length(body) > 50000");
            assertThat(books.execute("verify").printed())
                    .contains("md5 ", " characters")
                    .doesNotContain("VERDICT: in sync");
            books.command("resync", "book_fact");
            books.awaitInSync();
        }
    }

    /** With a row that cannot be computed, so that the rest is not copied in one go. */
    @Test
    void inAnInitialLoadThatReadsPages() throws Exception {
        try (Scenario books = books("wideload")) {
            fill(books);
            books.postgres(
                    "UPDATE book SET pages = 0 WHERE title = 'book, \"16'",
                    "UPDATE book SET pages = 0 WHERE title = 'book, \"18'");
            books.start().awaitLoaded();
            books.awaitQuiet();
            assertThat(books.clickHouse("SELECT count(), max(length(body)) FROM book_fact"))
                    .containsExactly("298,196608");
            assertThat(books.readDeadLetters()).hasSize(2);
            books.postgres("UPDATE book SET pages = 5 WHERE pages = 0");
            books.awaitInSync();
        }
    }

    @Test
    void ofAHistory() throws Exception {
        try (Scenario pages = Scenario.of(
                        "widehistory",
                        "CREATE TABLE page (id int PRIMARY KEY, n int, body text);"
                                + " ALTER TABLE page REPLICA IDENTITY FULL")
                .set("olap.batch.bytes", BATCH)
                .model("page_fact", "-- history: true\nSELECT id, n, body FROM page")) {
            pages.postgres("INSERT INTO page SELECT i, 0, repeat('x', 1000 * i) FROM generate_series(1, 60) i");
            pages.start().awaitLoaded();
            pages.postgres("UPDATE page SET n = 1");
            pages.awaitInSync();
            assertThat(pages.clickHouse(
                            "SELECT _op, count(), sum(length(body)) FROM page_fact_history GROUP BY _op ORDER BY _op"))
                    .containsExactly("read,60,1830000", "update,60,1830000");
            assertThat(pages.readDeadLetters()).isEmpty();
        }
    }
}

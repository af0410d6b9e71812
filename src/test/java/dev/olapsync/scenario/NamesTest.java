package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Names that have to be quoted, composite keys, partitions, two aliases of one table, three levels, a WHERE. */
class NamesTest {

    @Test
    void hostileNames() throws Exception {
        String table = "\"Order \"\"x\"\" Ж\"";
        String parent = "\"select; DROP TABLE 'a' -- b\"";
        try (Scenario names = Scenario.of(
                        "names",
                        "CREATE TABLE " + parent + " (\"Ключ \\ \"\"1\"\"\" text PRIMARY KEY, \"na'me\" text);"
                                + " CREATE TABLE " + table
                                + " (\"a b\" int, \"c`d\" text, \"ref?\" text, \"$x\" numeric(4,1),"
                                + " PRIMARY KEY (\"a b\", \"c`d\"));"
                                + " CREATE INDEX ON " + table + " (\"ref?\");")
                .model(
                        "hostile",
                        "SELECT t.\"a b\", t.\"c`d\", t.\"ref?\", p.\"na'me\" AS \"na'me \\ \"\"é\"\"\", t.\"$x\" AS \"$x\"\n"
                                + "FROM " + table + " t LEFT JOIN " + parent
                                + " p ON p.\"Ключ \\ \"\"1\"\"\" = t.\"ref?\"")) {
            names.postgres(
                    "INSERT INTO " + parent + " VALUES ('k,{}\"\\ NULL', 'one'), ('NULL', 'two'), ('', 'three')",
                    "INSERT INTO " + table
                            + " VALUES (1, 'x\"\\,{}', 'k,{}\"\\ NULL', 1.5), (2, '', '', 2), (3, 'NULL', 'NULL', 3)");
            names.start().awaitLoaded();
            names.awaitInSync();
            names.postgres("UPDATE " + parent + " SET \"na'me\" = upper(\"na'me\")");
            names.postgres("UPDATE " + table + " SET \"c`d\" = \"c`d\" || '.' WHERE \"a b\" = 1");
            names.postgres("DELETE FROM " + table + " WHERE \"a b\" = 2");
            names.awaitInSync();
            assertThat(names.clickHouse("SELECT `a b`, `na'me \\\\ \"é\"` FROM hostile ORDER BY `a b`"))
                    .containsExactly("1,ONE", "3,TWO");
        }
    }

    @Test
    void inAnotherEncoding() throws Exception {
        try (Scenario latin = Scenario.inEncoding(
                        "LATIN1", "latin", "CREATE TABLE \"städte\" (name text PRIMARY KEY, \"größe\" int)")
                .model("staedte", "SELECT name, \"größe\" AS groesse FROM \"städte\"")) {
            latin.postgres("INSERT INTO \"städte\" VALUES ('Köln', 1)");
            latin.start().awaitLoaded();
            latin.postgres("UPDATE \"städte\" SET \"größe\" = 2", "INSERT INTO \"städte\" VALUES ('Gößweinstein', 3)");
            latin.awaitInSync();
            latin.clickHouseExecute(
                    "ALTER TABLE staedte_rows UPDATE groesse = 9 WHERE name = 'Köln' SETTINGS mutations_sync = 1");
            assertThat(latin.command("repair-row", "staedte", "Köln")).isNotEmpty();
            latin.awaitInSync();
            assertThat(latin.readDeadLetters()).isEmpty();
        }
    }

    @Test
    void aDatabaseWhoseNameAnUrlCannotHold() throws Exception {
        try (Scenario named = Scenario.of("named", "CREATE TABLE t (id int PRIMARY KEY, name text)")
                .model("t", "SELECT * FROM t")
                .renameDatabase("100% A+B/C? ü #1&user=x")) {
            named.postgres("INSERT INTO t VALUES (1, 'loaded')");
            named.start().awaitLoaded();
            named.postgres("UPDATE t SET name = 'changed'", "INSERT INTO t VALUES (2, 'new')");
            named.awaitInSync();
            assertThat(named.execute("check").code()).isZero();

            named.set("olap.load.source", "snapshot");
            Scenario.Ended check = named.execute("check");
            assertThat(check.code()).isPositive();
            assertThat(check.printed()).contains("Set olap.load.source to copy");
        }
    }

    @Test
    void aDatabaseWhoseTextsHaveNoEncodingIsRefused() throws Exception {
        try (Scenario bytes =
                Scenario.inEncoding("SQL_ASCII", "bytes", "CREATE TABLE t (id int PRIMARY KEY, name text)")) {
            Scenario.Ended check = bytes.execute("check");
            assertThat(check.code()).isEqualTo(1);
            assertThat(check.printed()).contains("SQL_ASCII", "UTF8");
        }
    }

    @Test
    void partitionsAliasesLevelsAndWhere() throws Exception {
        try (Scenario shapes = Scenario.of(
                        "shapes",
                        "CREATE TABLE country (code char(2) PRIMARY KEY, name text NOT NULL);"
                                + " CREATE TABLE city (id int PRIMARY KEY, country char(2), name text NOT NULL);"
                                + " CREATE TABLE person (id int, day date, home int, work int, kind text,"
                                + " PRIMARY KEY (id, day)) PARTITION BY RANGE (day);"
                                + " CREATE TABLE person_2025 PARTITION OF person FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');"
                                + " CREATE TABLE person_2026 PARTITION OF person FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');"
                                + " CREATE INDEX ON person (home); CREATE INDEX ON person (work); CREATE INDEX ON city (country);")
                .model(
                        "person_places",
                        "SELECT p.id, p.day, h.name AS home, hc.name AS home_country,\n"
                                + "  w.name AS work, wc.name AS work_country, upper(p.kind) AS kind, 100 / p.id AS share\n"
                                + "FROM person p\n"
                                + "JOIN city h ON h.id = p.home\nJOIN country hc ON hc.code = h.country\n"
                                + "LEFT JOIN city w ON w.id = p.work\nLEFT JOIN country wc ON wc.code = w.country\n"
                                + "WHERE p.id <> 0 AND (w.name IS NULL OR w.name <> 'Nowhere')")) {
            shapes.postgres(
                    "INSERT INTO country VALUES ('NG', 'Nigeria'), ('ZA', 'South Africa')",
                    "INSERT INTO city VALUES (1, 'NG', 'Lagos'), (2, 'ZA', 'Cape Town'), (3, NULL, 'Nowhere')",
                    "INSERT INTO person VALUES (0, '2025-05-05', 1, 1, 'zero'), (1, '2025-06-06', 1, 2, 'a'),"
                            + " (2, '2026-01-01', 2, NULL, 'b'), (3, '2026-02-02', 2, 3, 'c')");
            shapes.start().awaitLoaded();
            assertThat(shapes.differences()).isEmpty();
            String rows = "SELECT id, home_country, work_country FROM person_places ORDER BY id";
            assertThat(shapes.clickHouse(rows)).containsExactly("1,Nigeria,South Africa", "2,South Africa,null");

            shapes.postgres("UPDATE country SET name = 'Naija' WHERE code = 'NG'");
            shapes.awaitInSync();
            assertThat(shapes.clickHouse(rows)).containsExactly("1,Naija,South Africa", "2,South Africa,null");
            // moves the row to another partition and so changes its key
            shapes.postgres("UPDATE person SET day = '2026-06-06' WHERE id = 1");
            shapes.postgres("UPDATE city SET name = 'Somewhere' WHERE id = 3");
            shapes.postgres("INSERT INTO person VALUES (5, '2025-12-31', 1, 1, 'd')");
            shapes.awaitInSync();
            assertThat(shapes.clickHouse(rows))
                    .containsExactly(
                            "1,Naija,South Africa", "2,South Africa,null", "3,South Africa,null", "5,Naija,Naija");
            shapes.postgres("UPDATE city SET name = 'Nowhere' WHERE id = 2");
            shapes.postgres("DELETE FROM city WHERE id = 1");
            shapes.awaitInSync();
            assertThat(shapes.clickHouse(rows)).containsExactly("2,South Africa,null", "3,South Africa,null");
            shapes.postgres("TRUNCATE city");
            shapes.awaitInSync();
            assertThat(shapes.clickHouse(rows)).isEmpty();
        }
    }

    @Test
    void truncateOfAnOptionalParentLeavesTheRows() throws Exception {
        try (Scenario optional = Scenario.of(
                        "optional",
                        "CREATE TABLE parent (id int PRIMARY KEY, name text); CREATE TABLE child (id int PRIMARY KEY, parent int);")
                .model("child_fact", "SELECT c.id, p.name FROM child c LEFT JOIN parent p ON p.id = c.parent")) {
            optional.postgres(
                    "INSERT INTO parent SELECT i, 'p' || i FROM generate_series(1, 10) i",
                    "INSERT INTO child SELECT i, 1 + i % 10 FROM generate_series(1, 25000) i");
            optional.start().awaitLoaded();
            optional.postgres("TRUNCATE parent", "INSERT INTO parent VALUES (3, 'new')");
            optional.awaitInSync();
            assertThat(optional.clickHouse("SELECT count(), countIf(name = 'new') FROM child_fact"))
                    .containsExactly("25000,2500");
        }
    }
}

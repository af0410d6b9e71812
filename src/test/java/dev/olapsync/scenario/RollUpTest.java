package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Groups of values, several SELECTs in one table, and several rows of one: what the views in ClickHouse make of the stored rows. */
class RollUpTest {

    private static final String SCHEMA = """
            CREATE TABLE shop (id int PRIMARY KEY, town text);
            CREATE TABLE sale (id int PRIMARY KEY, shop_id int, day date, amount numeric(9,2), pieces int, web boolean);
            ALTER TABLE sale REPLICA IDENTITY FULL;
            CREATE VIEW web_sale AS SELECT s.town, x.amount FROM sale x LEFT JOIN shop s ON s.id = x.shop_id WHERE x.web;
            INSERT INTO shop VALUES (1, 'Rome'), (2, NULL), (3, 'Bern');
            INSERT INTO sale VALUES (1, 1, '2026-01-01', 10.25, 2147483647, true), (2, 1, '2026-01-01', 0.10, 2147483647, false),
              (3, 2, '2026-01-02', 5.00, 1, true), (4, 2, '2026-01-02', NULL, NULL, NULL), (5, 9, NULL, -0.05, 3, false)""";

    /** The rows as texts, NULLs left out. */
    private static void compare(Scenario scenario, String columns, String model, String select) throws Exception {
        String values = columns.replaceAll(
                "(\\w+)",
                "CASE WHEN $1::text ~ '^-?[0-9]+[.][0-9]+\\$' THEN trim_scale($1::text::numeric)::text ELSE"
                        + " $1::text END");
        List<String> expected = new ArrayList<>();
        try (Connection postgres = scenario.postgres();
                Statement statement = postgres.createStatement();
                ResultSet row =
                        statement.executeQuery("SELECT concat_ws('|', " + values + ") FROM (" + select + ") q")) {
            while (row.next()) {
                expected.add(row.getString(1));
            }
        }
        String texts = columns.replaceAll("(\\w+)", "ifNull(toString($1), 'NULL')");
        assertThat(scenario.clickHouse(
                        "SELECT arrayStringConcat(arrayFilter(x -> x != 'NULL', [" + texts + "]), '|') FROM " + model))
                .as(model)
                .containsExactlyInAnyOrderElementsOf(expected);
    }

    @Test
    void viewsShowWhatTheSelectsGive() throws Exception {
        String groups = """
                SELECT s.town, extract(year FROM x.day)::int AS year, count(*) AS sales, count(x.amount) FILTER (WHERE x.web) AS web,
                       coalesce(sum(x.amount), 0) AS total, sum(x.pieces) AS pieces, max(x.day) AS last,
                       count(DISTINCT x.shop_id) AS shops
                FROM sale x LEFT JOIN shop s ON s.id = x.shop_id GROUP BY 1, extract(year FROM x.day)::int""";
        String averages =
                "SELECT shop_id, round(avg(amount), 1) AS amount, round(avg(pieces), 3) AS pieces FROM sale GROUP BY shop_id";
        String having = """
                SELECT shop_id, count(*) AS sales FROM sale GROUP BY shop_id
                HAVING count(*) > 1 AND coalesce(sum(amount), 0) >= 5.005 OR NOT (min(pieces) <> 3 OR shop_id IS NULL) ORDER BY sales""";
        String ofView = "SELECT town, count(*) AS sales FROM web_sale GROUP BY town HAVING count(*) >= 1";
        String distinct = "SELECT DISTINCT s.town, x.web FROM sale x JOIN shop s ON s.id = x.shop_id";
        String union =
                "SELECT 'shop' AS kind, id, town AS name, 1.5 AS amount FROM shop UNION ALL SELECT 'sale', id, day::text, amount FROM sale";
        String several = "SELECT s.town, x.id, x.amount FROM shop s LEFT JOIN sale x ON x.shop_id = s.id";
        try (Scenario scenario = Scenario.of("rollups", SCHEMA)) {
            scenario.model("groups", groups)
                    .model("averages", averages)
                    .model("having", having)
                    .model("of_view", ofView)
                    .model("distinct_towns", distinct)
                    .model("both", union)
                    .model("several", several)
                    .model("hidden", "SELECT s.town, x.amount FROM sale x JOIN shop s ON s.id = x.shop_id")
                    .model("hidden_in_view", "SELECT v.amount FROM web_sale v");
            scenario.start().awaitLoaded();
            assertThat(scenario.clickHouse("SELECT name FROM system.columns WHERE database = currentDatabase()"
                            + " AND table IN ('hidden', 'several') ORDER BY table, position"))
                    .containsExactly("town", "amount", "town", "id", "amount");
            assertThat(scenario.command("explain", "groups"))
                    .contains(
                            "groups_detail, of which the view groups is made",
                            "key         _key1, of public.sale",
                            "changes of  public.shop s: id, old and new, lead to the key",
                            "public.sale (shop_id): MISSING");
            assertThat(scenario.command("explain", "several", "--sql"))
                    .contains("several for a row of public.shop", "SELECT");
            for (String change : List.of(
                    "UPDATE shop SET town = 'Basel' WHERE id IN (1, 2)",
                    "UPDATE sale SET shop_id = 3, day = '2027-05-05' WHERE id = 1; UPDATE shop SET town = 'Rome' WHERE id = 1",
                    "DELETE FROM sale WHERE shop_id = 2; INSERT INTO sale VALUES (7, 1, '2026-03-03', 0.25, 2, true)")) {
                scenario.postgres(change);
                scenario.awaitInSync();
                compare(scenario, "town, year, sales, web, total, pieces, last, shops", "groups", groups);
                compare(scenario, "shop_id, amount, pieces", "averages", averages);
                compare(scenario, "shop_id, sales", "having", having);
                compare(scenario, "town, sales", "of_view", ofView);
                compare(scenario, "town", "distinct_towns", distinct);
                compare(scenario, "kind, id, name", "both", union);
                compare(scenario, "town, id, amount", "several", several);
            }
            scenario.postgres("TRUNCATE sale");
            scenario.awaitInSync();
            compare(scenario, "town, id, amount", "several", several);
            assertThat(scenario.clickHouse("SELECT * FROM groups")).isEmpty();
            assertThat(scenario.readDeadLetters()).isEmpty();
        }
    }
}

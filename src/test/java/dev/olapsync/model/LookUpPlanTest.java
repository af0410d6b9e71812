package dev.olapsync.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** On large tables each look-up goes from the keys to the rows through indexes, in however many steps. */
class LookUpPlanTest {

    private static Connection shop;
    private static Model model;

    @BeforeAll
    static void fillShop() throws Exception {
        shop = TestDatabase.create("plans");
        TestDatabase.execute(shop, Schemas.SHOP);
        TestDatabase.execute(shop, """
                INSERT INTO customers SELECT g, g || '@x', 'n' || g, 'UK', 'London' FROM generate_series(1, 20000) g;
                INSERT INTO products SELECT g, 'p' || g, 'c', 1 FROM generate_series(1, 20000) g;
                INSERT INTO orders SELECT g, 1 + g % 20000, now(), 'new', 1 FROM generate_series(1, 60000) g;
                INSERT INTO order_items SELECT g, 1 + g % 60000, 1 + g % 20000, 1, 1 FROM generate_series(1, 120000) g;
                ANALYZE""");
        model = Models.load(Path.of("models/shop"), shop)
                .find("order_item_fact")
                .orElseThrow();
    }

    @AfterAll
    static void close() throws SQLException {
        shop.close();
    }

    /** With custom plans and, after five runs, with the generic one. */
    @ParameterizedTest
    @ValueSource(strings = {"force_custom_plan", "force_generic_plan"})
    void noLookUpScansATable(String mode) throws SQLException {
        TestDatabase.execute(shop, "SET plan_cache_mode = " + mode);
        for (LookUp lookUp : model.lookUps()) {
            String keys = IntStream.rangeClosed(1, 100)
                    .mapToObj(i -> String.valueOf(i * 7))
                    .collect(Collectors.joining(",", "{", "}"));
            String plan = explain(lookUp.sql().replace(":?k1", "?").replace(":?k2", "1000"), keys);
            assertThat(plan).as(lookUp.toString()).doesNotContain("Seq Scan").contains("Index Scan");
            if (!lookUp.ofGrain()) {
                assertThat(explain(lookUp.listing(), keys))
                        .as("listing of " + lookUp)
                        .doesNotContain("Seq Scan")
                        .contains("Index");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"force_custom_plan", "force_generic_plan"})
    void aPageReadsItsPartOfTheGrainOnly(String mode) throws SQLException {
        TestDatabase.execute(shop, "SET plan_cache_mode = " + mode);
        assertThat(explain(model.page().rows(new PageQuery.Bounds(true, false)), 1000L, "70000", 100))
                .contains("Index Scan using order_items_pkey")
                .doesNotContain("Seq Scan on order_items");
        // the last page of a range is not full, and must not look for more rows behind its end
        assertThat(explain(model.page().rows(new PageQuery.Bounds(true, true)), 1000L, "70000", "70050", 100))
                .contains("Index Scan using order_items_pkey")
                .containsPattern("Index Cond: \\(\\(id > .* AND \\(id <= ");
    }

    private static String explain(String sql, Object... parameters) throws SQLException {
        try (PreparedStatement statement = shop.prepareStatement("EXPLAIN (ANALYZE) " + sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            try (ResultSet rows = statement.executeQuery()) {
                StringBuilder plan = new StringBuilder();
                while (rows.next()) {
                    plan.append(rows.getString(1)).append('\n');
                }
                return plan.toString();
            }
        }
    }
}

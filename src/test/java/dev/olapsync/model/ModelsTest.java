package dev.olapsync.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ModelsTest {

    private static Connection shop;

    @BeforeAll
    static void createShop() throws SQLException {
        shop = TestDatabase.create("models_shop");
        TestDatabase.execute(shop, Schemas.SHOP);
    }

    @AfterAll
    static void close() throws SQLException {
        shop.close();
    }

    @Test
    void theShop() throws Exception {
        Models models = Models.load(Path.of("models/shop"), shop);
        Model items = models.find("order_item_fact").orElseThrow();
        assertThat(models.all()).extracting(Model::name)
                .containsExactly("dim_customer", "dim_product", "order_fact", "order_item_fact");
    }
}

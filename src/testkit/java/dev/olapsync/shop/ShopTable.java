package dev.olapsync.shop;

import dev.olapsync.postgres.Sql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** A table that the REST API changes. The database converts the JSON of a request to the types of the columns. */
enum ShopTable {
    CUSTOMERS("email", "name", "country", "city"),
    PRODUCTS("name", "category", "price"),
    ORDERS("customer_id", "status");

    private static final String ITEMS = """
            INSERT INTO order_items (order_id, product_id, quantity, unit_price)
            SELECT ?, p.id, i.quantity, p.price
            FROM json_to_recordset(?::json -> 'items') AS i(product_id bigint, quantity int) JOIN products p ON p.id = i.product_id""";
    private static final String TOTAL = """
            UPDATE orders SET total = (SELECT coalesce(sum(quantity * unit_price), 0) FROM order_items WHERE order_id = orders.id)
            WHERE id = ?""";

    private final List<String> columns;

    ShopTable(String... columns) {
        this.columns = List.of(columns);
    }

    /** @throws IllegalArgumentException if there is no such table */
    static ShopTable of(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT));
    }

    String sqlName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The newest rows as one JSON array; an order with its items. */
    String newest(Connection shop, int rows) throws SQLException {
        String items = this == ORDERS
                ? ", (SELECT json_agg(json_build_object('product_id', i.product_id, 'quantity', i.quantity) ORDER BY i.id)"
                        + " FROM order_items i WHERE i.order_id = t.id) AS items"
                : "";
        try (PreparedStatement query = shop.prepareStatement("SELECT coalesce(json_agg(r), '[]') FROM (SELECT t.*"
                + items + " FROM " + sqlName() + " t ORDER BY t.id DESC LIMIT ?) r")) {
            query.setInt(1, rows);
            try (ResultSet row = query.executeQuery()) {
                row.next();
                return row.getString(1);
            }
        }
    }

    /** @return the id of the new row */
    long insert(Connection shop, String json) throws SQLException {
        String total = this == ORDERS ? ", total" : "";
        String zero = this == ORDERS ? ", 0" : "";
        try (PreparedStatement insert =
                shop.prepareStatement("INSERT INTO " + sqlName() + " (" + list() + total + ") SELECT " + list() + zero
                        + " FROM json_populate_record(NULL::" + sqlName() + ", ?::json) RETURNING id")) {
            insert.setString(1, json);
            try (ResultSet row = insert.executeQuery()) {
                row.next();
                long id = row.getLong(1);
                if (this == ORDERS) {
                    items(shop, id, json);
                }
                return id;
            }
        }
    }

    /** Columns that the JSON does not have keep their values. @return whether there is such a row */
    boolean update(Connection shop, long id, String json) throws SQLException {
        try (PreparedStatement update = shop.prepareStatement("UPDATE " + sqlName() + " t SET (" + list()
                + ") = (SELECT " + list() + " FROM json_populate_record(t, ?::json)) WHERE t.id = ?")) {
            update.setString(1, json);
            update.setLong(2, id);
            boolean found = update.executeUpdate() > 0;
            if (found && this == ORDERS && hasItems(shop, json)) {
                execute(shop, "DELETE FROM order_items WHERE order_id = ?", id);
                items(shop, id, json);
            }
            return found;
        }
    }

    /** Deletes the rows that refer to the row too. @return whether there was such a row */
    boolean delete(Connection shop, long id) throws SQLException {
        switch (this) {
            case CUSTOMERS -> {
                execute(
                        shop,
                        "DELETE FROM order_items WHERE order_id IN (SELECT id FROM orders WHERE customer_id = ?)",
                        id);
                execute(shop, "DELETE FROM orders WHERE customer_id = ?", id);
            }
            case PRODUCTS -> execute(shop, "DELETE FROM order_items WHERE product_id = ?", id);
            case ORDERS -> execute(shop, "DELETE FROM order_items WHERE order_id = ?", id);
        }
        return execute(shop, "DELETE FROM " + sqlName() + " WHERE id = ?", id) > 0;
    }

    private String list() {
        return columns.stream().map(Sql::identifier).collect(Collectors.joining(", "));
    }

    private static boolean hasItems(Connection shop, String json) throws SQLException {
        try (PreparedStatement query = shop.prepareStatement("SELECT ?::json -> 'items' IS NOT NULL")) {
            query.setString(1, json);
            try (ResultSet row = query.executeQuery()) {
                row.next();
                return row.getBoolean(1);
            }
        }
    }

    private static void items(Connection shop, long order, String json) throws SQLException {
        try (PreparedStatement insert = shop.prepareStatement(ITEMS)) {
            insert.setLong(1, order);
            insert.setString(2, json);
            insert.executeUpdate();
        }
        execute(shop, TOTAL, order);
    }

    private static int execute(Connection shop, String sql, long id) throws SQLException {
        try (PreparedStatement statement = shop.prepareStatement(sql)) {
            statement.setLong(1, id);
            return statement.executeUpdate();
        }
    }
}

package dev.olapsync.bench;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Very many changes at one moment: new items in many transactions, which have been written when the clock starts and are then
 * committed one right after the other. So writing them takes nothing from those who are to be measured.
 */
final class Burst implements AutoCloseable {

    /** What a process does in its first seconds is another question, and so are its compilers. */
    static final int WARM_UPS = 3;

    private static final int ROWS_OF_A_TRANSACTION = 5_000;

    private final List<Connection> transactions = new ArrayList<>();

    private Burst() {}

    /** Items of orders that exist, in no order. */
    static Burst prepare(BenchShop shop, int rows) throws SQLException {
        return prepare(shop, rows, "1 + i::bigint * 7919 % (SELECT max(id) FROM orders)");
    }

    /**
     * @param rows a multiple of 5,000
     * @param order SQL for the order of item number i, from 0
     */
    static Burst prepare(BenchShop shop, int rows, String order) throws SQLException {
        return prepare(
                shop,
                rows,
                ROWS_OF_A_TRANSACTION,
                "INSERT INTO order_items (order_id, product_id, quantity, unit_price)"
                        + " SELECT " + order + ", 1 + i % (SELECT max(id) FROM products), 1 + i % 5,"
                        + " (i % 10000) / 100.0 FROM generate_series(?, ?) i");
    }

    /**
     * @param rows a multiple of those of a transaction
     * @param insert with two parameters: the numbers of the first and of the last row of a transaction, from 0
     */
    static Burst prepare(BenchShop shop, int rows, int rowsOfATransaction, String insert) throws SQLException {
        Burst burst = new Burst();
        for (int from = 0; from < rows; from += rowsOfATransaction) {
            Connection connection = shop.postgres();
            burst.transactions.add(connection);
            connection.setAutoCommit(false);
            try (PreparedStatement statement = connection.prepareStatement(insert)) {
                statement.setInt(1, from);
                statement.setInt(2, from + rowsOfATransaction - 1);
                statement.execute();
            }
        }
        return burst;
    }

    void commit() throws SQLException {
        for (Connection connection : transactions) {
            connection.commit();
        }
    }

    @Override
    public void close() throws SQLException {
        for (Connection connection : transactions) {
            connection.close();
        }
    }
}

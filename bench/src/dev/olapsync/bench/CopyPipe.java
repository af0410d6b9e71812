package dev.olapsync.bench;

import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import org.postgresql.PGConnection;
import org.postgresql.copy.PGCopyInputStream;

/** The SELECT of the joined model as a COPY whose output is the body of one INSERT. */
final class CopyPipe {

    private CopyPipe() {}

    /**
     * Writes the rows of the first items into a table like {@link BenchShop#ROWS}, and drops it.
     *
     * @param items the greatest id of an item, of those that follow each other from 1
     * @throws IllegalStateException when other than so many rows were written
     */
    static Usage run(BenchShop shop, String table, int items) throws Exception {
        shop.clickHouse().execute("CREATE TABLE " + table + " AS " + BenchShop.ROWS);
        String select = Files.readString(Path.of("models", "shop", "order_item_fact.sql"));
        try (Connection postgres = shop.postgres();
                Statement session = postgres.createStatement()) {
            session.execute("SET TIME ZONE 'UTC'");
            Usage start = shop.usage();
            try (InputStream copied = new PGCopyInputStream(
                    postgres.unwrap(PGConnection.class),
                    "COPY (SELECT *, 0, 0 FROM (" + select + " WHERE i.id <= " + items + ") s) TO STDOUT")) {
                shop.clickHouse().insertTabs(table, copied);
            }
            Usage used = shop.usage().since(start);
            long written = shop.clickHouse("SELECT count() FROM " + table).get(0);
            if (written != items) {
                throw new IllegalStateException("the pipe wrote " + written + " rows");
            }
            return used;
        } finally {
            shop.clickHouse().execute("DROP TABLE " + table);
        }
    }
}

package dev.olapsync.enrich;

import dev.olapsync.model.Model;
import dev.olapsync.model.Page;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/** The keys of all rows of a model's grain. */
final class AllKeys {

    private static final int PAGE = 10_000;

    private final Model model;

    AllKeys(Model model) {
        this.model = model;
    }

    List<List<String>> read(DataSource postgres) throws SQLException {
        List<List<String>> keys = new ArrayList<>();
        try (Connection connection = postgres.getConnection()) {
            Page page;
            List<String> last = List.of();
            do {
                page = Page.read(connection, model, last, PAGE);
                page.rows().forEach(row -> keys.add(row.grainKey()));
                last = page.lastKey(last);
            } while (page.rows().size() == PAGE);
        }
        return keys;
    }
}

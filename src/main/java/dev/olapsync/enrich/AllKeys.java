package dev.olapsync.enrich;

import dev.olapsync.model.Model;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
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
        int width = model.lookUps().get(0).key().size();
        List<List<String>> keys = new ArrayList<>();
        try (Connection connection = postgres.getConnection()) {
            int found;
            do {
                List<String> last = keys.isEmpty() ? List.of() : keys.get(keys.size() - 1);
                String sql = keys.isEmpty() ? model.page().first() : model.page().next();
                found = 0;
                try (PreparedStatement statement = connection.prepareStatement(sql)) {
                    for (int i = 0; i < last.size(); i++) {
                        statement.setString(i + 1, last.get(i));
                    }
                    statement.setInt(last.size() + 1, PAGE);
                    try (ResultSet row = statement.executeQuery()) {
                        for (; row.next(); found++) {
                            List<String> key = new ArrayList<>(width);
                            for (int i = 1; i <= width; i++) {
                                key.add(row.getString("k" + i));
                            }
                            keys.add(key);
                        }
                    }
                }
            } while (found == PAGE);
        }
        return keys;
    }
}

package dev.olapsync.verify;

import dev.olapsync.model.Model;
import dev.olapsync.model.OutputColumn;
import dev.olapsync.model.Page;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.pipeline.Pace;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Compares a model in small pages, each with a short snapshot of its own, so that a slow pass does not hold up vacuum
 * in Postgres. It reads first the keys of Postgres, then those of ClickHouse, each in the order of its own index. A row
 * that moves between pages may be seen twice or not at all; the next pass sees it.
 */
public final class PagedPass implements Verification.Pass {

    private static final int PAGE = 1_000;

    private final OlapSync olapSync;
    private final Verifier verifier;
    private final Pace pace;

    /** @param rowsPerSecond above 0; time that was not used in a second is lost */
    PagedPass(OlapSync olapSync, Verifier verifier, int rowsPerSecond) {
        this.olapSync = olapSync;
        this.verifier = verifier;
        this.pace = new Pace(rowsPerSecond);
    }

    @Override
    public long find(Model model, Consumer<Difference> report) throws SQLException, IOException, InterruptedException {
        long rows = 0;
        List<String> last = List.of();
        List<List<String>> keys;
        do {
            keys = ofPostgres(model, last);
            rows += compare(model, keys, report);
            last = keys.isEmpty() ? last : keys.get(keys.size() - 1);
        } while (keys.size() == PAGE);
        last = List.of();
        do {
            keys = ofClickHouse(model, last);
            compare(model, keys, report);
            last = keys.isEmpty() ? last : keys.get(keys.size() - 1);
        } while (keys.size() == PAGE);
        return rows;
    }

    private long compare(Model model, List<List<String>> keys, Consumer<Difference> report)
            throws SQLException, IOException, InterruptedException {
        if (keys.isEmpty()) {
            return 0;
        }
        long rows = verifier.compare(model, keys, (inPostgres, inClickHouse, difference) -> {
            if (difference != null) {
                report.accept(difference);
            }
        });
        pace.await(keys.size());
        return rows;
    }

    private List<List<String>> ofPostgres(Model model, List<String> after) throws SQLException {
        try (Connection connection = olapSync.postgres().getConnection()) {
            return Page.keys(connection, model, after, PAGE).stream()
                    .map(key -> canonical(model, key))
                    .toList();
        }
    }

    private List<List<String>> ofClickHouse(Model model, List<String> after) throws IOException {
        List<List<String>> keys = new ArrayList<>();
        try (ClickHouseRows rows = ClickHouseRows.keys(olapSync.clickHouse(), model, after, PAGE)) {
            for (List<String> key = rows.next(); key != null; key = rows.next()) {
                keys.add(canonical(model, key));
            }
        }
        return keys;
    }

    public static List<String> canonical(Model model, List<String> key) {
        List<OutputColumn> columns = model.key();
        List<String> canonical = new ArrayList<>(key.size());
        for (int i = 0; i < key.size(); i++) {
            canonical.add(SameValue.canonical(columns.get(i), key.get(i)));
        }
        return canonical;
    }
}

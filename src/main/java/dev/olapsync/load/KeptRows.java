package dev.olapsync.load;

import static dev.olapsync.clickhouse.ClickHouse.identifier;
import static dev.olapsync.clickhouse.ClickHouse.number;

import com.clickhouse.client.api.query.GenericRecord;
import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.clickhouse.ClickHouse.ClickHouseException;
import dev.olapsync.clickhouse.RowJson;
import dev.olapsync.model.Model;
import dev.olapsync.model.SchemaChangedException;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.tables.ClickHouseTables;
import dev.olapsync.tables.InsertErrors;
import dev.olapsync.tables.StoredKey;
import dev.olapsync.tables.Tombstones;
import java.math.BigInteger;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Rows that have not been written again although Postgres still has them, because they could not be computed or
 * written. They became dead letters, and must keep their last state when a version cut-off hides older rows. So they
 * are copied, within ClickHouse, to the version of the cut-off, which is less than the version of any row that is
 * written again.
 */
public final class KeptRows {

    private static final int PAGE = 1_000;
    /** Maximum number of keys in a statement. */
    private static final int KEYS = 100;

    private final ClickHouse clickHouse;
    private final Model model;
    private final String rows;
    private final StoredKey key;

    public KeptRows(ClickHouse clickHouse, Model model) {
        this.clickHouse = clickHouse;
        this.model = model;
        this.rows = identifier(ClickHouseTables.storage(model.name()));
        this.key = new StoredKey(model);
    }

    /** @param cutoff the version cut-off: rows with a lower version are going to be hidden */
    public void copyTo(BigInteger cutoff, OlapSync olapSync) throws SQLException {
        String older = ClickHouseTables.live(model) + " AND " + RowJson.VERSION + " < " + number(cutoff);
        List<List<String>> page = page(older, List.of());
        while (!page.isEmpty()) {
            Set<List<String>> kept = new HashSet<>(page);
            try (Connection postgres = olapSync.postgres().getConnection()) {
                model.goneRows().of(postgres, page).forEach(kept::remove);
                if (!model.schema().isCurrent(postgres)) {
                    throw SchemaChangedException.of(model, postgres);
                }
            }
            copy(List.copyOf(kept), older, cutoff);
            page = page(older, page.get(page.size() - 1));
        }
    }

    private List<List<String>> page(String older, List<String> after) {
        List<List<String>> keys = new ArrayList<>();
        for (GenericRecord row : clickHouse.query(
                "SELECT " + key.texts() + " FROM " + older
                        + (after.isEmpty() ? "" : " AND " + key.greaterThan(after)) + " ORDER BY "
                        + key.columns() + " LIMIT " + PAGE,
                Map.of())) {
            keys.add(key.of(row));
        }
        return keys;
    }

    private void copy(List<List<String>> keys, String older, BigInteger version) {
        for (int from = 0; from < keys.size(); from += KEYS) {
            copyTogether(keys.subList(from, Math.min(keys.size(), from + KEYS)), older, version);
        }
    }

    /** A row that no longer fits into the table, because of a constraint or a type, cannot be kept. */
    private void copyTogether(List<List<String>> keys, String older, BigInteger version) {
        try {
            // the inner SELECT, because a condition beside REPLACE would mean the new version
            clickHouse.execute("INSERT INTO " + rows + " SELECT * REPLACE (" + number(version) + " AS "
                    + RowJson.VERSION + ") FROM (SELECT * FROM " + older + " AND ("
                    + key.columns() + ") IN ("
                    + keys.stream().map(key::tuple).collect(Collectors.joining(", ")) + "))");
        } catch (ClickHouseException e) {
            if (Tombstones.wereRemovedBefore(e)) {
                throw new IllegalStateException(
                        "While " + model.name()
                                + " was read again, tombstones of later changes were removed, so rows that"
                                + " cannot be computed would lose their last state. Nothing was hidden. Run it again.",
                        e);
            }
            if (InsertErrors.kind(e) != InsertErrors.Kind.ROW) {
                throw e;
            }
            if (keys.size() > 1) {
                copyTogether(keys.subList(0, keys.size() / 2), older, version);
                copyTogether(keys.subList(keys.size() / 2, keys.size()), older, version);
            }
        }
    }
}

package dev.olapsync.load;

import static org.assertj.core.api.Assertions.assertThat;

import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.clickhouse.RowJson;
import dev.olapsync.model.Model;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.scenario.Scenario;
import dev.olapsync.tables.ClickHouseTables;
import dev.olapsync.tables.TargetTable;
import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A tombstone without the names of its columns is the same as one with them, whatever types the columns have. */
class CompactTombstonesTest {

    private static final List<String> TYPES = List.of(
            "smallint",
            "int",
            "bigint",
            "numeric(10,2)",
            "numeric",
            "real",
            "float8",
            "boolean",
            "text",
            "char(3)",
            "date",
            "timestamp",
            "timestamptz",
            "uuid",
            "int[]",
            "text[]",
            "float8[]",
            "timestamp[]",
            "jsonb",
            "inet",
            "mood");

    @Test
    void tombstonesAreTheSame() throws Exception {
        StringBuilder columns = new StringBuilder("id bigint PRIMARY KEY");
        for (int i = 0; i < TYPES.size(); i++) {
            columns.append(", n" + i + " " + TYPES.get(i) + ", r" + i + " " + TYPES.get(i) + " NOT NULL");
        }
        try (Scenario shop = Scenario.of(
                "compact", "CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE TABLE item (" + columns + ")")) {
            // the row does not have the columns of the metadata either
            shop.model("item", "-- metadata: commit_time, op\nSELECT * FROM item");
            shop.removeModel("scenario_marker");
            OlapSync olapSync = new OlapSync(shop.settings());
            try {
                insertBoth(olapSync.clickHouse(), olapSync.models().all().get(0));
            } finally {
                olapSync.stop();
            }
            // the inserts are parts of their own
            assertThat(
                            shop.clickHouse(
                                    "SELECT count(), (SELECT count() FROM (SELECT DISTINCT * FROM item_rows)), max(id), max(_version), max(_deleted) FROM item_rows"))
                    .containsExactly("2,1,7,10,1");
        }
    }

    private static void insertBoth(ClickHouse clickHouse, Model model) {
        TargetTable target = TargetTable.of(model);
        new ClickHouseTables(clickHouse).ensure(model);
        byte[] row = RowJson.versioned("{\"id\":7}".getBytes(StandardCharsets.UTF_8), BigInteger.TEN, true);
        clickHouse.insertJson(target.insert(), new ByteArrayInputStream(row));
        clickHouse.insertCompactJson(
                target.insertOfColumns(),
                new CompactRows(target.absent()).of(List.of(row), row.length).orElseThrow());
    }
}

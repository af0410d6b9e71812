package dev.olapsync.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.olapsync.clickhouse.ClickHouse.ClickHouseException;
import dev.olapsync.config.Settings;
import dev.olapsync.devstack.ClickHouseServer;
import dev.olapsync.devstack.DevStack;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ClickHouseTest {

    private static ClickHouse clickHouse;

    @BeforeAll
    static void connect() {
        clickHouse = new ClickHouse(new Settings.ClickHouse(
                DevStack.shared().clickHouse().url(),
                "default",
                ClickHouseServer.USER,
                ClickHouseServer.PASSWORD,
                "",
                ""));
        clickHouse.execute(
                "CREATE OR REPLACE TABLE insert_errors (id Int32, s String, d Date32) ENGINE = MergeTree ORDER BY id");
    }

    @AfterAll
    static void close() {
        clickHouse.execute("DROP TABLE insert_errors");
        clickHouse.close();
    }

    @Test
    void errorsOfInsertsHoldNoValues() {
        for (String row : new String[] {
            "{\"id\":\"SECRET\",\"s\":\"SECRET\"}",
            "{\"id\":1,\"s\":\"a 'SECRET' b\",\"d\":\"SECRET\"}",
            "{\"id\":1,\"s\":SECRET}"
        }) {
            assertThatThrownBy(() -> clickHouse.insertJson("insert_errors", json(row)))
                    .as(row)
                    .isInstanceOf(ClickHouseException.class)
                    .hasMessageContaining("Code: ")
                    .hasNoCause()
                    .satisfies(error -> assertThat(error.getMessage()).doesNotContain("SECRET"));
        }
    }

    /** Which would need the right to ALTER, or an engine that can do it. */
    @Test
    void aTableThatHasAColumnIsNotAltered() {
        clickHouse.execute("CREATE OR REPLACE TABLE unalterable (a UInt8) ENGINE = Log");
        clickHouse.ddl().addColumns("unalterable", Map.of("a", "UInt8"));
        assertThatThrownBy(() -> clickHouse.ddl().addColumns("unalterable", Map.of("b", "UInt8")))
                .isInstanceOf(ClickHouseException.class);
        clickHouse.execute("DROP TABLE unalterable");
        clickHouse.ddl().addColumns("insert_errors", Map.of("added", "Array(UInt8)"));
        assertThat(clickHouse.query("SELECT added FROM insert_errors", Map.of()))
                .isEmpty();
    }

    @Test
    void aTableThatDoesNotExistHasNoRowsAndOtherErrorsAreThrown() {
        assertThat(clickHouse.queryIfThere("SELECT 1 FROM nowhere", Map.of())).isEmpty();
        assertThatThrownBy(() -> clickHouse.queryIfThere("SELECT nothing FROM insert_errors", Map.of()))
                .isInstanceOf(ClickHouseException.class);
    }

    @Test
    void identifiersAndLiteralsAreQuoted() {
        String hostile = "a`b\\'; DROP TABLE x -- ";
        clickHouse.execute("CREATE OR REPLACE TABLE " + ClickHouse.identifier("t " + hostile) + " ("
                + ClickHouse.identifier(hostile) + " String) ENGINE = MergeTree ORDER BY tuple()");
        clickHouse.execute("INSERT INTO " + ClickHouse.identifier("t " + hostile) + " VALUES ("
                + ClickHouse.literal(hostile) + ")");
        assertThat(clickHouse.query("SELECT * FROM " + ClickHouse.identifier("t " + hostile), Map.of()))
                .singleElement()
                .satisfies(row -> assertThat(row.getString(1)).isEqualTo(hostile));
        clickHouse.execute("DROP TABLE " + ClickHouse.identifier("t " + hostile));
    }

    private static InputStream json(String row) {
        return new ByteArrayInputStream(row.getBytes(StandardCharsets.UTF_8));
    }
}

package dev.olapsync.tables;

import com.clickhouse.client.api.query.GenericRecord;
import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.clickhouse.ClickHouse.ClickHouseException;
import java.math.BigInteger;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The barriers of an epoch that everything before them has passed, kept in ClickHouse with the time at which this was found out: all
 * changes with a lower version had been written then.
 */
public final class PassedBarriers {

    private static final String TABLE = "_barriers";
    private static final int UNKNOWN_TABLE = 60;

    private final ClickHouse clickHouse;
    private final int epoch;

    public PassedBarriers(ClickHouse clickHouse, int epoch) {
        this.clickHouse = clickHouse;
        this.epoch = epoch;
    }

    /** @param version of the barrier message */
    public void save(BigInteger version) {
        clickHouse.execute("CREATE TABLE IF NOT EXISTS " + TABLE
                + " (epoch UInt16, version UInt128, passed DateTime64(3, 'UTC') DEFAULT now64(3))"
                + " ENGINE = MergeTree ORDER BY (epoch, version)");
        clickHouse.execute(
                "INSERT INTO " + TABLE + " (epoch, version) SELECT " + epoch + ", " + ClickHouse.number(version));
    }

    /** The age of the latest; empty if there is none. */
    public Optional<Duration> age() {
        return latest(Duration.ZERO).map(row -> Duration.ofMillis(row.getLong("millis")));
    }

    /** The version of the latest that is at least as old; empty if there is none. */
    public Optional<BigInteger> version(Duration age) {
        return latest(age).map(row -> new BigInteger(row.getString("barrier")));
    }

    private Optional<GenericRecord> latest(Duration age) {
        try {
            List<GenericRecord> rows = clickHouse.query(
                    "SELECT toString(version) AS barrier, dateDiff('millisecond', passed, now64(3)) AS millis FROM "
                            + TABLE + " WHERE epoch = " + epoch + " AND millis >= " + age.toMillis()
                            + " ORDER BY version DESC LIMIT 1",
                    Map.of());
            return rows.stream().findFirst();
        } catch (ClickHouseException e) {
            if (e.code() == UNKNOWN_TABLE) {
                return Optional.empty();
            }
            throw e;
        }
    }
}

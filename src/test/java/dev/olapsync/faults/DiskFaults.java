package dev.olapsync.faults;

import dev.olapsync.clickhouse.ClickHouse;
import java.time.Duration;
import java.util.List;
import java.util.Random;

/**
 * ClickHouse's disk is full: each table wants more free space before an INSERT than any disk has, so the server refuses
 * all of them as it does when there is none left.
 */
final class DiskFaults {

    private static final Duration TIME = Duration.ofSeconds(5);
    private static final long MORE_THAN_ANY_DISK = 1L << 60;

    private DiskFaults() {}

    static List<Fault> all() {
        return List.of(Fault.slow("ClickHouse's disk full", DiskFaults::fill));
    }

    private static String fill(FaultyShop shop, Random random) {
        reserve(shop, MORE_THAN_ANY_DISK);
        shop.awaitDown("The disk of ClickHouse is full");
        FaultyShop.pass(TIME);
        reserve(shop, 0);
        return Fault.BY_ITSELF;
    }

    private static void reserve(FaultyShop shop, long bytes) {
        for (String table : shop.scenario()
                .clickHouse(
                        "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'")) {
            shop.scenario()
                    .clickHouseExecute("ALTER TABLE " + ClickHouse.identifier(table)
                            + " MODIFY SETTING min_free_disk_bytes_to_perform_insert = " + bytes);
        }
    }
}

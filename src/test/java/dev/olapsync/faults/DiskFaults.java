package dev.olapsync.faults;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Random;

/**
 * ClickHouse's disk is full: its process may make no file longer than nothing (RLIMIT_FSIZE, which needs no rights), so
 * all its writes fail. Merges are stopped meanwhile, as on a disk that is full: there they find no space to reserve.
 */
final class DiskFaults {

    private static final Duration TIME = Duration.ofSeconds(5);

    private DiskFaults() {
    }

    static List<Fault> all() {
        return List.of(Fault.slow("ClickHouse's disk full", DiskFaults::fill));
    }

    private static String fill(FaultyShop shop, Random random) throws Exception {
        shop.scenario().clickHouseExecute("SYSTEM STOP MERGES");
        limit(shop, "0:");
        shop.awaitDown("load tries again");
        FaultyShop.pass(TIME);
        limit(shop, "unlimited:");
        shop.scenario().clickHouseExecute("SYSTEM START MERGES");
        return Fault.BY_ITSELF;
    }

    private static void limit(FaultyShop shop, String bytes) throws IOException, InterruptedException {
        long process = shop.stack().clickHouse().pid();
        int code = new ProcessBuilder("prlimit", "--pid", String.valueOf(process), "--fsize=" + bytes).inheritIO().start().waitFor();
        if (code != 0) {
            throw new IllegalStateException("prlimit ended with " + code);
        }
    }
}

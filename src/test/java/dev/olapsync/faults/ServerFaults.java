package dev.olapsync.faults;

import dev.olapsync.devstack.Service;
import java.time.Duration;
import java.util.List;
import java.util.Random;

/** A server ends and comes back. */
final class ServerFaults {

    /** Case B19: longer than all attempts of a batch together. */
    private static final Duration LONG = Duration.ofSeconds(60);

    private ServerFaults() {}

    static List<Fault> all() {
        return List.of(
                Fault.quick(
                        "broker killed and started",
                        (shop, random) -> kill(shop.stack().kafka())),
                Fault.quick("Postgres shut down (immediate) and started", ServerFaults::shutDownPostgres),
                Fault.quick("Postgres replaced by a promoted standby", (shop, random) -> {
                    shop.stack().postgres().promote();
                    shop.awaitDown("promoted standby");
                    return shop.rebuildAll();
                }),
                Fault.quick(
                        "ClickHouse killed and started",
                        (shop, random) -> kill(shop.stack().clickHouse())),
                Fault.slow(
                        "ClickHouse down for 60 s",
                        (shop, random) -> down(shop, shop.stack().clickHouse(), LONG)));
    }

    private static String kill(Service server) {
        server.kill();
        server.start();
        return Fault.BY_ITSELF;
    }

    private static String shutDownPostgres(FaultyShop shop, Random random) throws Exception {
        Service postgres = shop.stack().postgres();
        FaultyShop.signal(postgres, "QUIT");
        FaultyShop.awaitEnd(postgres);
        postgres.start();
        return Fault.BY_ITSELF;
    }

    private static String down(FaultyShop shop, Service server, Duration time) {
        server.kill();
        FaultyShop.pass(time);
        server.start();
        return Fault.BY_ITSELF;
    }
}

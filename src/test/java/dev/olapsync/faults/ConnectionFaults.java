package dev.olapsync.faults;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.function.Function;

/** The network between the pipeline and a server. */
final class ConnectionFaults {

    private static final Duration CUT = Duration.ofSeconds(2);
    private static final Duration HELD = Duration.ofSeconds(20);
    private static final Duration SILENT = Duration.ofSeconds(40);
    private static final Duration DELAYED = Duration.ofSeconds(5);
    private static final Duration DELAY = Duration.ofMillis(200);

    private ConnectionFaults() {}

    static List<Fault> all() {
        return List.of(
                Fault.slow("connections to Postgres cut", cut(FaultyShop::toPostgres)),
                Fault.quick("connections to the broker cut", cut(FaultyShop::toBroker)),
                Fault.slow("connections to ClickHouse cut", cut(FaultyShop::toClickHouse)),
                Fault.slow("Postgres unreachable, without a word, for 20 s", hold(FaultyShop::toPostgres)),
                Fault.slow("broker unreachable, without a word, for 20 s", hold(FaultyShop::toBroker)),
                Fault.slow("ClickHouse unreachable, without a word, for 20 s", hold(FaultyShop::toClickHouse)),
                Fault.slow(
                        "Postgres silent for 40 s, which the health says",
                        silent(FaultyShop::toPostgres, "Postgres has not answered")),
                Fault.slow(
                        "ClickHouse silent for 40 s, which the health says",
                        silent(FaultyShop::toClickHouse, "ClickHouse has not answered")),
                Fault.slow("all connections delayed by 200 ms", ConnectionFaults::delay));
    }

    private static Fault.Action cut(Function<FaultyShop, TcpProxy> to) {
        return (shop, random) -> {
            TcpProxy proxy = to.apply(shop);
            proxy.refuse(random.nextBoolean());
            proxy.cut();
            FaultyShop.pass(CUT);
            proxy.refuse(false);
            return Fault.BY_ITSELF;
        };
    }

    private static Fault.Action hold(Function<FaultyShop, TcpProxy> to) {
        return (shop, random) -> {
            TcpProxy proxy = to.apply(shop);
            proxy.hold(true);
            FaultyShop.pass(HELD);
            if (random.nextBoolean()) {
                // the other side has given up: nothing of what was on its way arrives
                proxy.cut();
            }
            proxy.hold(false);
            return Fault.BY_ITSELF;
        };
    }

    /** As a server that is stopped: it accepts connections, and never answers. */
    private static Fault.Action silent(Function<FaultyShop, TcpProxy> to, String description) {
        return (shop, random) -> {
            TcpProxy proxy = to.apply(shop);
            proxy.hold(true);
            FaultyShop.pass(SILENT);
            shop.awaitDown(description);
            if (random.nextBoolean()) {
                proxy.cut();
            }
            proxy.hold(false);
            return Fault.BY_ITSELF;
        };
    }

    private static String delay(FaultyShop shop, Random random) {
        List<TcpProxy> all = List.of(shop.toPostgres(), shop.toBroker(), shop.toClickHouse());
        all.forEach(proxy -> proxy.delay(DELAY));
        FaultyShop.pass(DELAYED);
        all.forEach(proxy -> proxy.delay(Duration.ZERO));
        return Fault.BY_ITSELF;
    }
}

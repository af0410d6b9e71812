package dev.olapsync.faults;

import java.util.List;
import java.util.Random;

/** What people do to servers that run: a password changed, a table dropped, a column dropped. */
final class OperatorFaults {

    private static final List<String> MODELS = List.of("dim_customer", "dim_product", "order_fact", "order_item_fact");

    private OperatorFaults() {}

    static List<Fault> all() {
        return List.of(
                Fault.slow("password changed in Postgres", OperatorFaults::changePostgresPassword),
                Fault.slow("password changed in ClickHouse", OperatorFaults::changeClickHousePassword),
                Fault.slow("table dropped in ClickHouse", OperatorFaults::dropTable),
                Fault.slow("column of a model dropped in Postgres", OperatorFaults::dropColumn));
    }

    /** Sessions that exist live on, so they are ended. */
    private static String changePostgresPassword(FaultyShop shop, Random random) throws Exception {
        String changed = "changed " + random.nextInt(1000);
        shop.postgresPassword(changed);
        shop.scenario()
                .postgres("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '" + FaultyShop.USER
                        + "'");
        shop.awaitDown("password authentication failed");
        return shop.correctPasswords(changed, null);
    }

    private static String changeClickHousePassword(FaultyShop shop, Random random) throws Exception {
        String changed = "changed " + random.nextInt(1000);
        shop.stack().clickHouse().password(FaultyShop.USER, changed);
        shop.awaitDown("Authentication failed");
        return shop.correctPasswords(null, changed);
    }

    private static String dropTable(FaultyShop shop, Random random) throws Exception {
        String model = MODELS.get(random.nextInt(MODELS.size()));
        shop.scenario().clickHouseExecute("DROP TABLE " + model + "_rows");
        shop.awaitDown(model + "_rows");
        shop.scenario().command("resync", model);
        return "says so; olap-sync resync";
    }

    private static String dropColumn(FaultyShop shop, Random random) throws Exception {
        String dropped = shop.columnInUse();
        shop.scenario().postgres("ALTER TABLE wide DROP COLUMN " + dropped);
        shop.awaitDown("wide is frozen since");
        shop.useNextColumn();
        shop.awaitUp();
        return "says so; the file is edited";
    }
}

package dev.olapsync.faults;

import static org.awaitility.Awaitility.await;

import java.sql.SQLException;
import java.util.List;
import java.util.Random;
import org.postgresql.util.PSQLException;

/** The replication slot is lost. It must never pass unnoticed; what was lost is loaded again under a new epoch. */
final class SlotFaults {

    private static final String GONE = "does not exist";
    private static final String REFUSED = "is gone, and with it the changes";
    private static final String INVALID = "is lost, and with it the changes";
    private static final String ANOTHER = "recreated or moved by hand";

    private SlotFaults() {}

    static List<Fault> all() {
        return List.of(
                Fault.quick("slot dropped, the pipeline runs", SlotFaults::dropWhileRunning),
                Fault.slow("slot dropped, the pipeline is stopped", SlotFaults::dropWhileStopped),
                Fault.slow("slot dropped and recreated, the pipeline runs", SlotFaults::replaceWhileRunning),
                Fault.slow("slot dropped and recreated, the pipeline is stopped", SlotFaults::replaceWhileStopped),
                Fault.slow("slot advanced by hand, the pipeline is stopped", SlotFaults::advance),
                Fault.slow("slot invalidated by max_slot_wal_keep_size", SlotFaults::invalidate));
    }

    private static String dropWhileRunning(FaultyShop shop, Random random) throws Exception {
        drop(shop);
        shop.awaitDown(GONE);
        return shop.rebuildAll();
    }

    private static String dropWhileStopped(FaultyShop shop, Random random) throws Exception {
        shop.pipeline().stop();
        drop(shop);
        shop.awaitCommits(20);
        shop.refusesToStart(REFUSED);
        return shop.rebuildAll();
    }

    private static String replaceWhileRunning(FaultyShop shop, Random random) throws Exception {
        drop(shop);
        shop.awaitCommits(20);
        create(shop);
        shop.awaitDown(ANOTHER);
        return shop.rebuildAll();
    }

    private static String replaceWhileStopped(FaultyShop shop, Random random) throws Exception {
        shop.pipeline().stop();
        shop.awaitCommits(20);
        drop(shop);
        create(shop);
        shop.pipeline().start();
        shop.awaitDown(ANOTHER);
        return shop.rebuildAll();
    }

    private static String advance(FaultyShop shop, Random random) throws Exception {
        shop.pipeline().stop();
        shop.awaitCommits(20);
        shop.scenario().postgres("SELECT pg_replication_slot_advance(" + name(shop) + ", pg_current_wal_lsn())");
        shop.pipeline().start();
        shop.awaitDown(ANOTHER);
        return shop.rebuildAll();
    }

    private static String invalidate(FaultyShop shop, Random random) throws Exception {
        shop.pipeline().stop();
        shop.postgresSetting("max_slot_wal_keep_size", "1MB");
        await("the loss of the slot").until(() -> {
            shop.scenario().postgres("SELECT pg_switch_wal()");
            shop.scenario().postgres("CHECKPOINT");
            return "lost"
                    .equals(shop.ask("SELECT wal_status FROM pg_replication_slots WHERE slot_name = " + name(shop)));
        });
        shop.postgresSetting("max_slot_wal_keep_size", "-1");
        shop.refusesToStart(INVALID);
        return shop.rebuildAll();
    }

    /** Any process that uses it is shown the door first, and may come back before the slot is gone. */
    private static void drop(FaultyShop shop) {
        await("the end of the slot")
                .ignoreExceptionsInstanceOf(PSQLException.class)
                .until(() -> {
                    shop.scenario()
                            .postgres("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots"
                                    + " WHERE active AND slot_name = " + name(shop));
                    shop.scenario()
                            .postgres("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots"
                                    + " WHERE slot_name = " + name(shop));
                    return true;
                });
    }

    private static void create(FaultyShop shop) throws SQLException {
        shop.scenario().postgres("SELECT pg_create_logical_replication_slot(" + name(shop) + ", 'pgoutput')");
    }

    private static String name(FaultyShop shop) {
        return "'" + shop.scenario().settings().postgres().slot() + "'";
    }
}

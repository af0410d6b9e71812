package dev.olapsync.backfill;

import dev.olapsync.capture.CapturedPosition;
import dev.olapsync.capture.PostgresCdcConsumer;
import dev.olapsync.config.Settings;
import dev.olapsync.config.Settings.LoadSource;
import dev.olapsync.kafka.KnownTopics;
import dev.olapsync.model.Model;
import dev.olapsync.model.Models;
import dev.olapsync.pipeline.Generations;
import dev.olapsync.pipeline.Loads;
import dev.olapsync.pipeline.Loads.Load;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.pipeline.OtherPipelines;
import dev.olapsync.pipeline.UnfitGenerations;
import dev.olapsync.postgres.PostgresDataSource;
import dev.olapsync.postgres.ReplicationSlot;
import dev.olapsync.postgres.RunningTransactions;
import dev.olapsync.postgres.TableName;
import dev.olapsync.tables.ClickHouseTables;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads the existing rows into ClickHouse. First it makes sure that publication and slot exist; from then on every
 * change is in the log. Then it reads each model ({@link ModelLoad}), without a consistent snapshot, and writes the
 * rows directly to ClickHouse, with the lowest version of the epoch: a row that changes meanwhile comes through the log
 * with a greater version. An interrupted load continues where it stopped. With {@code olap.load.source=snapshot} the
 * rows go through the topics instead ({@link SnapshotLoad}), with the same version.
 */
public class InitialLoad implements Processor {

    private static final Logger LOG = LoggerFactory.getLogger(InitialLoad.class);
    private static final long PAUSE_MILLIS = 50;
    private static final long PAUSE_OF_CAPTURE_MILLIS = 500;
    /** Until another process has noticed the next epoch, and has ended its capture. */
    private static final Duration LONGEST_CAPTURE = Duration.ofSeconds(60);

    private final SnapshotLoad snapshots = new SnapshotLoad();

    @Override
    public void process(Exchange exchange) throws Exception {
        OlapSync olapSync = OlapSync.of(exchange.getContext());
        Settings settings = olapSync.settings();
        Loads loads = Loads.of(olapSync);
        new UnfitGenerations(olapSync).takeOut();
        Models models = olapSync.models();
        try {
            start(exchange.getContext(), olapSync, models, loads);
        } finally {
            olapSync.started();
        }
        if (settings.olap().loadSource() == LoadSource.SNAPSHOT) {
            snapshots.run(exchange.getContext(), olapSync, models, loads);
        }
        EarlierVersions earlier = EarlierVersions.ofOlderEpochs(olapSync.epoch());
        Set<String> done = loads.done();
        for (Model model : models.shown()) {
            if (!done.contains(model.name())) {
                new ModelLoad(exchange.getContext(), olapSync, model, loads, earlier, 0).run();
            }
        }
    }

    /**
     * Returns when all rows of a model are there, which other work on the database must not feel too much; does nothing when they
     * were already.
     *
     * @param earlier of its history, if it has one
     */
    public static void loadBeside(
            CamelContext context, OlapSync olapSync, Model model, Loads loads, EarlierVersions earlier)
            throws Exception {
        new ModelLoad(
                        context,
                        olapSync,
                        model,
                        loads,
                        earlier,
                        olapSync.settings().olap().rebuildRowsPerSecond())
                .run();
    }

    private void start(CamelContext context, OlapSync olapSync, Models models, Loads loads) throws Exception {
        loads.requireUnchanged(models);
        createTopics(olapSync, models);
        Generations generations = Generations.of(olapSync);
        createTables(new ClickHouseTables(olapSync.clickHouse()), models, loads, generations);
        loads.forgetOthers(models);
        generations.register(models);
        try (Connection postgres = olapSync.postgres().getConnection()) {
            startLog(context, postgres, olapSync, models, loads);
        }
    }

    public static void createTopics(OlapSync olapSync, Models models) throws Exception {
        KnownTopics known = olapSync.knownTopics();
        OtherPipelines.requireNone(olapSync);
        known.recall(olapSync.topics().lasting(models));
        known.lost(olapSync.topics().ids()).ifPresent(lost -> {
            throw new IllegalStateException(lost);
        });
        olapSync.topics().create(models);
        known.remember(olapSync.topics().known(olapSync.topics().lasting(models)));
    }

    private static void createTables(ClickHouseTables tables, Models models, Loads loads, Generations generations) {
        tables.lost(loads.begun(models)).ifPresent(lost -> {
            throw new IllegalStateException(lost);
        });
        tables.ensure(
                models,
                generations.shown().stream()
                        .flatMap(generation -> generation.names().stream())
                        .collect(Collectors.toSet()));
    }

    private void startLog(CamelContext context, Connection postgres, OlapSync olapSync, Models models, Loads loads)
            throws Exception {
        ReplicationSlot slot =
                new ReplicationSlot(olapSync.settings().postgres().slot());
        new PublishedTables(olapSync).ensure(postgres, models);
        Set<String> known = loads.all().stream().map(Load::model).collect(Collectors.toSet());
        if (!slot.exists(postgres)) {
            if (!known.isEmpty()) {
                throw new IllegalStateException(lostSlot(slot, loads));
            }
            create(slot, postgres, olapSync);
        } else if (models.all().stream().anyMatch(model -> !known.contains(model.name()))) {
            String what = "a new model is loaded";
            logRunning(what, postgres);
            awaiting(what, olapSync, () -> awaitEndOfRunningTransactions(postgres));
        }
        if (known.isEmpty()) {
            awaitOlderCapture(context, postgres, olapSync, slot);
        }
        CapturedPosition.noteStart(olapSync, slot, postgres);
    }

    /** What is lost with the slot, and what to do; empty if it is there, or is being created. */
    public static Optional<String> lostSlot(Connection postgres, OlapSync olapSync, Loads loads) throws SQLException {
        ReplicationSlot slot =
                new ReplicationSlot(olapSync.settings().postgres().slot());
        boolean there = slot.exists(postgres) && !slot.isLost(postgres);
        return there || slot.creator(postgres).isPresent() ? Optional.empty() : Optional.of(lostSlot(slot, loads));
    }

    private static String lostSlot(ReplicationSlot slot, Loads loads) {
        return "Replication slot " + slot.name() + " is gone, and with it the changes since it was lost. "
                + loads.reloadRemedy();
    }

    /** What another process captures in an older epoch from now on would be missing in this one, which is noticed later. */
    private static void awaitOlderCapture(
            CamelContext context, Connection postgres, OlapSync olapSync, ReplicationSlot slot) throws Exception {
        Instant deadline = Instant.now().plus(LONGEST_CAPTURE);
        while (olapSync.epoch() > 0
                && Instant.now().isBefore(deadline)
                && !PostgresCdcConsumer.isCapturing(context)
                && slot.user(postgres).isPresent()
                && CapturedPosition.greatest(olapSync).isEmpty()) {
            Thread.sleep(PAUSE_OF_CAPTURE_MILLIS);
        }
    }

    private static void create(ReplicationSlot slot, Connection postgres, OlapSync olapSync) throws Exception {
        String what = "replication slot " + slot.name() + " is created";
        OptionalInt other = slot.creator(postgres);
        if (other.isPresent()) {
            throw new IllegalStateException(
                    RunningTransactions.awaited(what + " by process " + other.getAsInt(), postgres));
        }
        logRunning(what, postgres);
        awaiting(what, olapSync, () -> {
            try (Connection patient = PostgresDataSource.patient(olapSync.postgres())) {
                slot.create(patient);
            }
        });
    }

    private interface Wait {
        void await() throws Exception;
    }

    /** Health reports for what it waits. */
    private static void awaiting(String what, OlapSync olapSync, Wait wait) throws Exception {
        olapSync.awaitTransactions(what);
        try {
            wait.await();
        } finally {
            olapSync.awaitTransactions(null);
        }
    }

    /**
     * The tables of a new model may just have been published: transactions that were running then may have changed them
     * without a record in the log.
     */
    public static void awaitEndOfRunningTransactions(Connection postgres) throws SQLException, InterruptedException {
        long next = snapshotBound(postgres, "xmax");
        while (snapshotBound(postgres, "xmin") < next) {
            Thread.sleep(PAUSE_MILLIS);
        }
    }

    private static void logRunning(String what, Connection postgres) throws SQLException {
        if (!RunningTransactions.oldest(postgres).isEmpty()) {
            LOG.info(RunningTransactions.awaited(what, postgres));
        }
    }

    private static long snapshotBound(Connection postgres, String bound) throws SQLException {
        try (PreparedStatement statement = postgres.prepareStatement(
                        "SELECT pg_snapshot_" + bound + "(pg_current_snapshot())::text::bigint");
                ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getLong(1);
        }
    }

    /** Number of rows of the grain. */
    public static long count(Connection postgres, Model model) throws SQLException {
        return count(postgres, model.grain());
    }

    static long count(Connection postgres, TableName table) throws SQLException {
        try (PreparedStatement statement = postgres.prepareStatement("SELECT count(*) FROM " + table.quoted());
                ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getLong(1);
        }
    }

    /** Bytes of the grain, in the compressed form of Postgres. */
    static long bytes(Connection postgres, Model model) throws SQLException {
        try (PreparedStatement statement = postgres.prepareStatement("SELECT greatest(pg_table_size(t),"
                + " (SELECT sum(pg_table_size(relid)) FROM pg_partition_tree(t)))::bigint FROM to_regclass(?) AS t")) {
            statement.setString(1, model.grain().quoted());
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }
}

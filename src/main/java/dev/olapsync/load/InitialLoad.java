package dev.olapsync.load;

import dev.olapsync.DeadLetters;
import dev.olapsync.OlapSync;
import dev.olapsync.Settings;
import dev.olapsync.capture.Position;
import dev.olapsync.capture.Publication;
import dev.olapsync.capture.ReplicationSlot;
import dev.olapsync.enrich.Lane;
import dev.olapsync.load.Loads.Load;
import dev.olapsync.model.Model;
import dev.olapsync.model.Models;
import dev.olapsync.model.Page;
import dev.olapsync.model.SchemaChangedException;
import dev.olapsync.model.TableName;
import dev.olapsync.model.ValueErrors;
import dev.olapsync.schema.ClickHouseTables;
import dev.olapsync.schema.KnownTopics;
import dev.olapsync.schema.RowJson;
import dev.olapsync.schema.Target;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the rows that exist already into ClickHouse. First it makes sure that publication and slot exist; from then on
 * every change is in the log. Then it reads each model page by page, in no consistent snapshot, straight into ClickHouse,
 * with the lowest version of the epoch: a row that changes meanwhile comes through the log with a greater one. An
 * interrupted load goes on where it stopped.
 */
public class InitialLoad implements Processor {

    private static final Logger LOG = LoggerFactory.getLogger(InitialLoad.class);
    private static final int BATCHES_OF_A_PAGE = 4;
    private static final long PAUSE_MILLIS = 50;

    @Override
    public void process(Exchange exchange) throws Exception {
        OlapSync olapSync = OlapSync.of(exchange.getContext());
        Settings settings = olapSync.settings();
        Models models = olapSync.models();
        createTopics(olapSync, models);
        Loads loads = Loads.of(olapSync);
        createTables(new ClickHouseTables(olapSync.clickHouse()), models, loads);
        loads.requireUnchanged(models);
        loads.forgetOthers(models);
        try (Connection postgres = olapSync.postgres().getConnection()) {
            startLog(postgres, settings, models, loads);
            for (Model model : models.all()) {
                load(exchange.getContext(), olapSync, postgres, model, loads);
            }
        }
    }

    private static void createTopics(OlapSync olapSync, Models models) throws Exception {
        KnownTopics known = olapSync.knownTopics();
        known.recall(olapSync.topics().lasting(models));
        known.lost(olapSync.topics().ids()).ifPresent(lost -> {
            throw new IllegalStateException(lost);
        });
        olapSync.topics().create(models);
        Map<String, String> ids = olapSync.topics().ids();
        ids.keySet().retainAll(olapSync.topics().lasting(models));
        known.remember(ids);
    }

    private static void createTables(ClickHouseTables tables, Models models, Loads loads) {
        tables.lost(loads.begun(models)).ifPresent(lost -> {
            throw new IllegalStateException(lost);
        });
        tables.ensure(models);
    }

    private void startLog(Connection postgres, Settings settings, Models models, Loads loads) throws Exception {
        Publication publication = new Publication(settings.postgres().publication());
        ReplicationSlot slot = new ReplicationSlot(settings.postgres().slot());
        SortedSet<TableName> unpublished = publication.missingTables(postgres, models.tables());
        for (Model model : models.all()) {
            if (loads.find(model.name()).isPresent() && model.tables().stream().anyMatch(unpublished::contains)) {
                throw new IllegalStateException(publication.lost(unpublished) + loads.anew());
            }
        }
        publication.ensure(postgres, models.tables());
        if (!slot.exists(postgres)) {
            if (!loads.all().isEmpty()) {
                throw new IllegalStateException("Replication slot " + slot.name() + " is gone, and with it the changes"
                        + " since it was lost. " + loads.anew());
            }
            slot.create(postgres);
        } else if (models.all().stream().anyMatch(model -> loads.find(model.name()).isEmpty())) {
            awaitEndOfRunningTransactions(postgres);
        }
    }

    /** The tables of a new model may have been published a moment ago: what ran then may have changed them unseen. */
    private static void awaitEndOfRunningTransactions(Connection postgres) throws SQLException, InterruptedException {
        long next = snapshotBound(postgres, "xmax");
        LOG.info("A new model is loaded when all transactions that run now have ended");
        while (snapshotBound(postgres, "xmin") < next) {
            Thread.sleep(PAUSE_MILLIS);
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

    private static void load(CamelContext context, OlapSync olapSync, Connection postgres, Model model, Loads loads)
            throws SQLException, IOException {
        Load load = loads.find(model.name()).orElse(null);
        if (load == null) {
            load = new Load(model.name(), 0, count(postgres, model), List.of(), false, model.select(),
                    model.schema().facts());
            loads.save(load);
        }
        Position start = Position.start(olapSync.settings().olap().epoch());
        int most = BATCHES_OF_A_PAGE * olapSync.settings().olap().batchRows();
        int limit = most;
        while (!load.done()) {
            List<List<String>> keys;
            long written = 0;
            try {
                Page page = Page.read(postgres, model, load.lastKey(), limit);
                keys = page.rows().stream().map(Page.Row::grainKey).toList();
                written = write(context, olapSync, model, page, start);
                if (model.history().isPresent()) {
                    writeHistory(context, olapSync, model, page, start, now(postgres));
                }
            } catch (SQLException e) {
                SchemaChangedException.throwIfCauseOf(e, model, olapSync.postgres());
                if (!ValueErrors.isOne(e)) {
                    throw e;
                }
                if (model.history().isPresent() && limit > 1) {
                    // the lane would write the rows, but not their versions
                    limit /= 2;
                    continue;
                }
                LOG.warn("Initial load of {}: Postgres cannot compute a row of the next page, {}; the lane of hot parents finds"
                        + " out which", model.name(), ValueErrors.condition(e));
                keys = handOver(context, postgres, model, load.lastKey(), limit, start);
            }
            load = new Load(model.name(), load.rows() + keys.size(), load.total(),
                    keys.isEmpty() ? load.lastKey() : keys.get(keys.size() - 1), keys.size() < limit, load.select(),
                    load.schema());
            limit = most;
            if (load.done()) {
                // what still has an older epoch is gone in Postgres
                PageRows.hideOlder(olapSync.clickHouse(), model, start);
                endOlderVersions(olapSync, model, start, postgres);
            }
            loads.save(load);
            olapSync.metrics().initiallyLoaded(model.name(), written);
            LOG.info("Initial load of {}: {} of about {} rows{}", model.name(), load.rows(),
                    Math.max(load.total(), load.rows()), load.done() ? ", done" : "");
        }
    }

    /** Postgres cannot compute a row of the page. The lane finds out which, and writes the others with the same version. */
    private static List<List<String>> handOver(CamelContext context, Connection postgres, Model model, List<String> after,
            int most, Position start) throws SQLException, IOException {
        List<List<String>> keys = Page.keys(postgres, model, after, most);
        try (Lane lane = new Lane(context, model, start)) {
            keys.forEach(lane::add);
            lane.publish();
        }
        return keys;
    }

    /** In a history the rows that are gone ended at some time, of which only this is known. */
    private static void endOlderVersions(OlapSync olapSync, Model model, Position start, Connection postgres) throws SQLException {
        Optional<Target> history = Target.ofHistory(model);
        if (start.epoch() > 0 && history.isPresent()) {
            // just before the rows of this epoch, whose version it must not have: of equal versions only one is kept
            String end = RowJson.ofHistory("{}", RowJson.TRUNCATE, now(postgres), start.version().subtract(BigInteger.ONE));
            olapSync.clickHouse().insertJson(history.get().insert(),
                    new ByteArrayInputStream(end.getBytes(StandardCharsets.UTF_8)));
        }
    }

    /**
     * The rows of the page, as versions that are older than every change.
     *
     * @param read when the page had been read: what has changed them before that comes with an earlier commit time
     */
    private static void writeHistory(CamelContext context, OlapSync olapSync, Model model, Page page, Position start,
            Instant read) throws IOException {
        Target history = Target.ofHistory(model).orElseThrow();
        RowBatch versions = RowBatch.ofInitialLoad(history.name());
        page.rows().stream().filter(row -> row.refused() == null).forEach(row -> versions.add(row.key(),
                RowJson.ofHistory(row.json(), RowJson.READ, read, start.version()).getBytes(StandardCharsets.UTF_8)));
        new DividedInsert(context, olapSync.clickHouse(), history).write(versions);
    }

    /** By the clock of Postgres, as the commit times of changes are. */
    private static Instant now(Connection postgres) throws SQLException {
        try (PreparedStatement statement = postgres.prepareStatement("SELECT clock_timestamp()");
                ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getObject(1, OffsetDateTime.class).toInstant();
        }
    }

    /** @return how many rows of the page are rows of the model */
    private static long write(CamelContext context, OlapSync olapSync, Model model, Page page, Position start)
            throws IOException {
        BigInteger version = start.version();
        RowBatch rows = RowBatch.ofInitialLoad(model.name());
        List<Exchange> letters = new ArrayList<>();
        for (Page.Row row : page.rows()) {
            if (!row.live()) {
                continue;
            }
            if (row.unheld() != null || row.refused() != null) {
                letters.add(DeadLetters.ofRow(context, model.name(), row.key(), row.json(), start, row.unheld(),
                        row.refused()));
            }
            if (row.refused() == null) {
                rows.add(row.key(), RowJson.versioned(row.json(), version, false));
            }
        }
        DeadLetters.send(context, letters);
        return new DividedInsert(context, olapSync.clickHouse(), Target.of(model)).write(rows);
    }

    /** How many rows the grain has. */
    public static long count(Connection postgres, Model model) throws SQLException {
        try (PreparedStatement statement = postgres.prepareStatement(
                "SELECT count(*) FROM " + model.grain().quoted());
                ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getLong(1);
        }
    }
}

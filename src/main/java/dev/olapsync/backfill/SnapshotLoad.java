package dev.olapsync.backfill;

import dev.olapsync.backfill.LoadRanges.Range;
import dev.olapsync.capture.TableSnapshot;
import dev.olapsync.kafka.TopicOffsets;
import dev.olapsync.model.Model;
import dev.olapsync.model.Models;
import dev.olapsync.pipeline.Loads;
import dev.olapsync.pipeline.Loads.Load;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.pipeline.PipelineStage;
import dev.olapsync.pipeline.ProgressBar;
import dev.olapsync.postgres.Position;
import dev.olapsync.postgres.PostgresDataSource;
import dev.olapsync.postgres.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads the rows of models into ClickHouse through the topics: a {@link TableSnapshot} publishes all rows of their
 * tables, and the models are loaded when all published rows have gone through the other routes. An interrupted snapshot
 * is repeated from its beginning, by this process or another.
 */
final class SnapshotLoad {

    private static final Logger LOG = LoggerFactory.getLogger(SnapshotLoad.class);
    private static final long QUIET_NANOS = Duration.ofSeconds(5).toNanos();
    private static final long PAUSE_MILLIS = 100;

    /** Models whose rows are in the topics: a later failure does not need another snapshot. */
    private final Set<Model> published = new HashSet<>();

    private long lastReport;

    /**
     * Returns when all models are loaded, except for models whose first table has a history that is loaded already, or beside: rows
     * that are read again would replace the rows that were read first.
     */
    void run(CamelContext context, OlapSync olapSync, Models models, Loads loads) throws Exception {
        Set<String> done = loads.done();
        Set<TableName> kept = models.all().stream()
                .filter(model -> model.history().isPresent()
                        && (done.contains(model.name()) || !models.shown().contains(model)))
                .map(Model::grain)
                .collect(Collectors.toSet());
        Map<Model, Load> left = new LinkedHashMap<>();
        for (Model model : models.shown()) {
            if (!done.contains(model.name()) && !kept.contains(model.grain())) {
                left.put(model, begun(olapSync, model, loads));
            }
        }
        if (!published.containsAll(left.keySet())) {
            SortedSet<TableName> tables = new TreeSet<>();
            left.keySet().forEach(model -> tables.addAll(model.tables()));
            tables.removeAll(kept);
            publish(context, olapSync, tables, left, loads);
            published.addAll(left.keySet());
        }
        if (!left.isEmpty()) {
            awaitBarrier(context, olapSync);
        }
        for (Map.Entry<Model, Load> load : left.entrySet()) {
            LoadedModel.note(olapSync, load.getKey(), loads, load.getValue());
            LOG.info("Initial load of {}: done, through the topics", load.getKey());
        }
    }

    /** One range, so that a load with the other source at the next start reads all rows. */
    private static Load begun(OlapSync olapSync, Model model, Loads loads) throws SQLException {
        Optional<Load> before = loads.find(model.name());
        if (before.isPresent()) {
            return before.get();
        }
        try (Connection postgres = PostgresDataSource.patient(olapSync.postgres())) {
            Load load = Load.begun(
                    model,
                    InitialLoad.count(postgres, model),
                    Position.start(olapSync.epoch()).version());
            new LoadRanges(olapSync.clickHouse(), olapSync.epoch(), model.name())
                    .save(List.of(new Range(0, List.of(), List.of(), 0, false)));
            loads.save(load);
            return load;
        }
    }

    private void publish(
            CamelContext context, OlapSync olapSync, SortedSet<TableName> tables, Map<Model, Load> left, Loads loads)
            throws Exception {
        long total = 0;
        try (Connection postgres = PostgresDataSource.patient(olapSync.postgres())) {
            for (TableName table : tables) {
                total += InitialLoad.count(postgres, table);
            }
        }
        ProgressBar progress = new ProgressBar(total, 0);
        long begin = System.nanoTime();
        lastReport = begin;
        LOG.info("Initial load: a snapshot of {}", tables);
        Map<TableName, Long> rows = new TableSnapshot(context, tables).run(soFar -> {
            if (isTimeToReport()) {
                LOG.info("Initial load, snapshot: {}", line(progress, soFar, begin));
                note(soFar, left, loads);
            }
        });
        LOG.info("Initial load, snapshot: all published, {}", line(progress, rows, begin));
        note(rows, left, loads);
    }

    private static String line(ProgressBar progress, Map<TableName, Long> rows, long begin) {
        return progress.line(
                rows.values().stream().mapToLong(Long::longValue).sum(), Duration.ofNanos(System.nanoTime() - begin));
    }

    private static void note(Map<TableName, Long> rows, Map<Model, Load> left, Loads loads) {
        left.replaceAll((model, load) -> load.at(rows.getOrDefault(model.grain(), 0L)));
        left.values().forEach(loads::save);
    }

    /** All records that are in the topics now: more than the snapshot, but not less. */
    private void awaitBarrier(CamelContext context, OlapSync olapSync) throws InterruptedException {
        try (TopicOffsets offsets = new TopicOffsets(olapSync.settings())) {
            for (PipelineStage stage : PipelineStage.of(olapSync)) {
                Map<TopicPartition, Long> ends = offsets.ends(stage.topics());
                for (long behind = offsets.behind(stage.group(), ends);
                        behind > 0;
                        behind = offsets.behind(stage.group(), ends)) {
                    olapSync.ownEpoch().requireCurrent();
                    if (context.isStopping()) {
                        throw new InterruptedException("stopped while the rows of a snapshot were on their way");
                    }
                    if (isTimeToReport()) {
                        LOG.info(
                                "Initial load: {} records of the snapshot, or beside it, wait for the route {}",
                                behind,
                                stage.route());
                    }
                    Thread.sleep(PAUSE_MILLIS);
                }
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException(
                    "The broker does not report what waits in the topics: "
                            + e.getCause().getMessage(),
                    e);
        }
    }

    private boolean isTimeToReport() {
        boolean now = System.nanoTime() - lastReport >= QUIET_NANOS;
        lastReport = now ? System.nanoTime() : lastReport;
        return now;
    }
}

package dev.olapsync.generations;

import dev.olapsync.backfill.EarlierVersions;
import dev.olapsync.backfill.InitialLoad;
import dev.olapsync.clickhouse.RowJson;
import dev.olapsync.model.GenerationName;
import dev.olapsync.model.History;
import dev.olapsync.model.Model;
import dev.olapsync.model.Models;
import dev.olapsync.pipeline.Generations.Generation;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.postgres.Position;
import dev.olapsync.tables.HistoryCopy;
import dev.olapsync.tables.TargetTable;
import dev.olapsync.verify.Barrier.StandstillException;
import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The history of a next generation: it takes over the versions of the generation before, up to a barrier message, and the rows are
 * read behind them. Changes are processed for both generations already.
 */
final class HistoryBackfill implements EarlierVersions {

    private static final Logger LOG = LoggerFactory.getLogger(HistoryBackfill.class);

    private final OlapSync olapSync;
    private final Generation before;
    private final Model next;

    HistoryBackfill(OlapSync olapSync, Generation before, Model next) {
        this.olapSync = olapSync;
        this.before = before;
        this.next = next;
    }

    /** Empty if the generation before has no history. */
    Optional<HistoryCopy> copy() {
        return Models.hasHistory(before.content())
                ? Optional.of(HistoryCopy.of(olapSync.clickHouse(), History.name(before.name()), next))
                : Optional.empty();
    }

    @Override
    public BigInteger below() throws SQLException, InterruptedException, StandstillException {
        return new Position(
                        olapSync.epoch(),
                        0,
                        GenerationBuilder.awaitLoaded(olapSync).lsn())
                .version();
    }

    @Override
    public void complete(BigInteger below) throws SQLException, InterruptedException, StandstillException {
        try (Connection postgres = olapSync.postgres().getConnection()) {
            InitialLoad.awaitEndOfRunningTransactions(postgres);
        }
        // then all changes below are in both histories: a version that is copied replaces none
        GenerationBuilder.awaitLoaded(olapSync);
        Optional<HistoryCopy> copy = copy();
        if (copy.isPresent() && copy.get().obstacle().isEmpty()) {
            copy.get().run(below, olapSync.ownEpoch()::requireCurrent);
            LOG.info(
                    "{}: the history of generation {} has the versions of generation {}{}",
                    before.model(),
                    GenerationName.number(next.name()),
                    before.number(),
                    copy.get().missing().isEmpty()
                            ? ""
                            : ", with NULL in " + String.join(", ", copy.get().missing()));
        } else {
            copy.flatMap(HistoryCopy::obstacle).ifPresent(this::warn);
            hide(below);
        }
    }

    private void warn(String obstacle) {
        LOG.warn(
                "{}: the history of generation {} begins with the rows as they are now, because {}. The versions of generation {} are dropped"
                        + " with it; copy its table if you need them.",
                before.model(),
                GenerationName.number(next.name()),
                obstacle,
                before.number());
    }

    /** Earlier changes may have been processed in part. A TRUNCATE before all of them leaves no length to their periods. */
    private void hide(BigInteger below) {
        // no record has this version, because records begin at multiples of eight; the end of the load uses the one
        // behind it
        byte[] end = RowJson.endOfVersions(Instant.EPOCH, below.subtract(BigInteger.TWO));
        olapSync.clickHouse()
                .insertJson(TargetTable.ofHistory(next).orElseThrow().insert(), new ByteArrayInputStream(end));
    }
}

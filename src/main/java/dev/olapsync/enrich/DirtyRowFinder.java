package dev.olapsync.enrich;

import dev.olapsync.clickhouse.RowJson;
import dev.olapsync.config.Settings;
import dev.olapsync.deadletter.DeadLetters;
import dev.olapsync.enrich.DirtyKeys.Cause;
import dev.olapsync.kafka.PolledRecord;
import dev.olapsync.kafka.Records;
import dev.olapsync.kafka.Topics;
import dev.olapsync.model.History;
import dev.olapsync.model.LookUp;
import dev.olapsync.model.Model;
import dev.olapsync.model.Models;
import dev.olapsync.model.VersionCutoffs;
import dev.olapsync.pipeline.BarrierMessage;
import dev.olapsync.pipeline.ChangeEvent;
import dev.olapsync.pipeline.Generations;
import dev.olapsync.pipeline.Loads;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.pipeline.PreparedStep;
import dev.olapsync.pipeline.RecordHeaders;
import dev.olapsync.postgres.RefreshRequest;
import dev.olapsync.postgres.TableName;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.apache.camel.Exchange;
import org.apache.camel.Message;

/**
 * Finds the rows that a batch of changes made dirty. The body becomes a list of {@link DirtyKeys}, one for each
 * look-up, or several for very many keys. Records that need no look-up here (version cut-offs of truncated tables, work
 * for the fan-out of parents with very many children, dead letters) wait in the variable {@link #READY}.
 */
public class DirtyRowFinder extends PreparedStep {

    /** Variable: {@link Records} that are ready to be published. */
    public static final String READY = "ready";

    private OlapSync olapSync;
    private UnreadTables unreadTables;
    private volatile Current current;

    /**
     * What counts for a batch from its begin to its end, also if others count meanwhile.
     *
     * @param needed the columns of changes that are needed
     * @param frozen whether there are models that are not among these and need the changes of other tables
     */
    private record Current(Models models, Predicate<String> needed, boolean frozen) {}

    @Override
    protected void prepare() throws Exception {
        olapSync = OlapSync.of(getCamelContext());
        Models models = olapSync.models();
        new Loads(olapSync.clickHouse(), olapSync.epoch()).requireUnchanged(models);
        olapSync.topics().create(models);
        use(olapSync, models, !Generations.of(olapSync).frozen().isEmpty());
    }

    void use(OlapSync shared, Models models, boolean frozen) {
        olapSync = shared;
        unreadTables = unreadTables == null ? new UnreadTables(olapSync.metrics()) : unreadTables;
        current = new Current(models, models.columnsOfChanges(), frozen);
    }

    /** Those whose models other steps have now. */
    private synchronized Current current() throws Exception {
        if (olapSync.isOutdated(current.models())) {
            prepare();
        }
        return current;
    }

    @Override
    protected void step(Exchange exchange) throws Exception {
        Current now = current();
        if (olapSync.replica().isPresent()) {
            olapSync.replica().get().requirePublished();
        }
        Records ready = new Records();
        Map<LookUp, DirtyKeys> dirty = new LinkedHashMap<>();
        for (PolledRecord change : PolledRecord.of(exchange)) {
            try {
                int epoch = epoch(change);
                olapSync.ownEpoch().requireNotBefore(epoch);
                ChangeEvent event = ChangeEvent.parse(epoch, change.value(), now.needed());
                if (event.op() != 'm' && now.models().lookUpsOf(event.table()).isEmpty()) {
                    unread(now, event.table(), change, ready);
                    continue;
                }
                switch (event.op()) {
                    case 'm' -> refreshRequest(now.models(), event, ready, dirty);
                    case 't' -> truncate(now.models(), event, change, ready);
                    default -> row(now.models(), event, change, ready, dirty);
                }
            } catch (IllegalArgumentException e) {
                ready.add(DeadLetters.ofRecord(getCamelContext(), change.message(), e.getMessage()));
            }
        }
        exchange.setVariable(READY, ready);
        exchange.getMessage().setBody(lookUps(dirty.values()));
    }

    /** Versions of a history are as wide as their changes, which are already in memory. */
    private List<DirtyKeys> lookUps(Collection<DirtyKeys> dirty) {
        Settings.Olap settings = olapSync.settings().olap();
        List<DirtyKeys> lookUps = dirty.stream()
                .flatMap(keys -> keys.parts(settings.batchRows()).stream())
                .toList();
        ByteBudget budget = new ByteBudget(settings.batchBytes(), Topics.LARGEST_ROW, lookUps.size());
        for (int i = 0; i < lookUps.size(); i++) {
            DirtyKeys keys = lookUps.get(i);
            if (keys.lookUp().target().equals(keys.lookUp().model().name())) {
                keys.share(budget, i, keys.lookUp().ofGrain() ? keys.size() : settings.batchRows());
            }
        }
        return lookUps;
    }

    private static int epoch(PolledRecord change) {
        byte[] epoch = change.header(RecordHeaders.EPOCH);
        if (epoch != null && epoch.length != Integer.BYTES) {
            throw new IllegalArgumentException("not a change: the header " + RecordHeaders.EPOCH + " is no epoch");
        }
        return epoch == null ? 0 : ByteBuffer.wrap(epoch).getInt();
    }

    private void row(
            Models models, ChangeEvent event, PolledRecord change, Records ready, Map<LookUp, DirtyKeys> dirty) {
        if (event.images().isEmpty()) {
            throw new IllegalArgumentException("the change of " + event.table() + " carries no row");
        }
        for (LookUp lookUp : models.lookUpsOf(event.table())) {
            // the children of a parent that a snapshot reads have snapshot events of their own
            if (event.op() == 'r' && !lookUp.ofGrain()) {
                continue;
            }
            DirtyKeys keys = dirty.computeIfAbsent(lookUp.asked(), DirtyKeys::new);
            Cause cause = Cause.of(event, lookUp.ofGrain() ? event.operation().orElse(RowJson.READ) : RowJson.JOINED);
            ChangedKeys.of(lookUp, event).forEach(key -> keys.add(key, cause));
            if (lookUp.ofGrain()) {
                lookUp.model().history().ifPresent(history -> version(history, event, change.message(), ready, dirty));
            }
        }
    }

    /** An error that keeps a change out of a history does not affect the row of the model. */
    private void version(
            History history, ChangeEvent event, Message message, Records ready, Map<LookUp, DirtyKeys> dirty) {
        try {
            HistoryVersions.add(history, event, message, dirty.computeIfAbsent(history.lookUp(), DirtyKeys::new));
        } catch (IllegalArgumentException e) {
            ready.add(DeadLetters.ofRecord(
                    getCamelContext(), message, history.name() + ": not written, " + e.getMessage()));
        }
    }

    /** A request for very many rows is work for the fan-out, like a whole table. */
    private void refreshRequest(Models models, ChangeEvent event, Records ready, Map<LookUp, DirtyKeys> dirty) {
        if (!event.transactional()) {
            // its position is before that of uncommitted changes of its own session, over which it would win
            throw new IllegalArgumentException(
                    "the message is not transactional; write it again, with true as the first argument of"
                            + " pg_logical_emit_message");
        }
        if (BarrierMessage.is(event.message())) {
            return;
        }
        RefreshRequest refreshRequest = RefreshRequest.parse(event.message());
        List<Model> generations = models.generations(refreshRequest.model());
        if (generations.isEmpty()) {
            throw new IllegalArgumentException(
                    "the refresh request names the model " + refreshRequest.model() + ", which is not configured");
        }
        for (Model model : generations) {
            refresh(model, refreshRequest, event, ready, dirty);
        }
    }

    private void refresh(
            Model model,
            RefreshRequest refreshRequest,
            ChangeEvent event,
            Records ready,
            Map<LookUp, DirtyKeys> dirty) {
        LookUp grain = model.lookUps().get(0);
        if (refreshRequest.keys().stream()
                .anyMatch(key -> key.size() != grain.key().size())) {
            throw new IllegalArgumentException(
                    "the refresh request has a key that is not one of " + refreshRequest.model() + ", whose keys have "
                            + grain.key().size() + " columns");
        }
        boolean many = refreshRequest.keys().size() > FanOutRequest.KEYS;
        DirtyKeys keys = many ? new DirtyKeys(grain) : dirty.computeIfAbsent(grain, DirtyKeys::new);
        refreshRequest.keys().forEach(key -> keys.add(key, Cause.of(event, RowJson.READ)));
        if (many) {
            FanOutRequest.of(keys).forEach(fanOut -> ready.add(fanOut.message(getCamelContext())));
        }
    }

    /**
     * Rows of a truncated grain are gone at once, and so are rows that require a parent in a truncated table. The
     * fan-out reads rows again whose parent in the truncated table is optional.
     */
    private void truncate(Models models, ChangeEvent event, PolledRecord change, Records ready) {
        for (LookUp lookUp : models.lookUpsOf(event.table())) {
            Model model = lookUp.model();
            if (lookUp.ofGrain() || lookUp.required()) {
                OutputRow cutoff = new OutputRow(
                        VersionCutoffs.MODEL,
                        model.name(),
                        VersionCutoffs.row(model.name()),
                        true,
                        null,
                        null,
                        null,
                        Cause.of(event, RowJson.TRUNCATE));
                RowRecords.add(ready, olapSync.topics(), cutoff);
                model.history()
                        .ifPresent(history -> RowRecords.add(
                                ready, olapSync.topics(), HistoryVersions.end(history, event, change.message())));
            } else {
                ready.add(FanOutRequest.ofAll(model, Cause.of(event, RowJson.JOINED))
                        .message(getCamelContext()));
            }
        }
    }

    private void unread(Current now, TableName table, PolledRecord change, Records ready) {
        if (unreadTables.isDeadLetterDue(table) && !now.frozen()) {
            ready.add(
                    DeadLetters.ofRecord(
                            getCamelContext(),
                            change.message(),
                            "no model reads the table " + table + "; add one that does, or take"
                                    + " the table out of the publication. All its changes are counted, and one in an hour becomes a dead letter"));
        }
    }
}

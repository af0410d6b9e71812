package dev.olapsync.pipeline;

import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.config.Settings;
import dev.olapsync.kafka.KnownTopics;
import dev.olapsync.kafka.TopicOffsets;
import dev.olapsync.kafka.Topics;
import dev.olapsync.model.Model;
import dev.olapsync.model.ModelException;
import dev.olapsync.model.Models;
import dev.olapsync.pipeline.Generations.Generation;
import dev.olapsync.postgres.PostgresDataSource;
import dev.olapsync.postgres.PostgresSession;
import dev.olapsync.postgres.Replica;
import dev.olapsync.tables.Epochs;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.function.BiFunction;
import javax.sql.DataSource;
import org.apache.camel.CamelContext;
import org.apache.camel.support.service.ServiceSupport;

/**
 * The objects that the steps of the routes share: settings, compiled models, connections. There is one for each Camel
 * context. Thread safe.
 */
public final class OlapSync extends ServiceSupport {

    private final Settings settings;
    private final Topics topics;
    private final OwnEpoch epoch;
    private final Metrics metrics = new Metrics();
    private PostgresDataSource postgres;
    private final Optional<Replica> replica;
    private ClickHouse clickHouse;
    private KnownTopics knownTopics;
    private LostRecords lostRecords;
    private volatile String awaitingTransactions;
    private volatile boolean starting = true;
    private TopicOffsets topicOffsets;
    /** A lock of its own: reading the models may take long, and must not block a stop. */
    private final Object modelsLock = new Object();

    private volatile Models models;
    /** Compiled before, so that what has not changed of them is not compiled again; null if there are none. */
    private Models before;
    /** The registry of generations, read together with the models. */
    private volatile List<Generation> generations = List.of();
    /** When that read began. */
    private long readNanos;
    /** Whether all followers use the present models. */
    private boolean followed = true;

    private final Set<Runnable> followers = new CopyOnWriteArraySet<>();
    private Processes processes;
    private final Map<String, String> generationProblems = new ConcurrentHashMap<>();
    private final String instance = UUID.randomUUID().toString();

    public OlapSync(Settings settings) {
        this(settings, null);
    }

    /** @param before models that the checks of a start have compiled; null if there are none */
    public OlapSync(Settings settings, Models before) {
        this.settings = settings;
        this.before = before;
        this.topics = new Topics(settings);
        this.replica = settings.postgres()
                .replica()
                .map(address -> new Replica(address, address.lookUp().patience(), this::postgres));
        this.epoch = new OwnEpoch(
                settings.olap().leastEpoch(),
                () -> new Epochs(clickHouse()).latest(),
                () -> new Epochs(clickHouse()).registered(),
                (reason, begun) -> new Epochs(clickHouse()).begin(begun, reason));
    }

    /** The instance of the context, created at the first call and closed with the context. */
    public static synchronized OlapSync of(CamelContext context) {
        OlapSync existing = context.hasService(OlapSync.class);
        if (existing != null) {
            return existing;
        }
        OlapSync olapSync =
                new OlapSync(Settings.of(context), context.getRegistry().findSingleByType(Models.class));
        try {
            context.addService(olapSync);
            showMetrics(context, olapSync.metrics.registry());
            // not the class loader of the thread, which under the Camel CLI does not have our classes
            for (OlapSyncListener listener :
                    ServiceLoader.load(OlapSyncListener.class, OlapSync.class.getClassLoader())) {
                listener.created(context, olapSync);
            }
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        return olapSync;
    }

    /**
     * The name under which Camel's own tools look it up, such as {@code camel get metric}; they may have registered an
     * empty one before.
     */
    private static void showMetrics(CamelContext context, MeterRegistry registry) {
        Set<MeterRegistry> others = context.getRegistry().findByType(MeterRegistry.class);
        if (others.stream().allMatch(other -> other.getMeters().isEmpty())) {
            context.getRegistry().bind("metricsRegistry", registry);
        }
    }

    public Settings settings() {
        return settings;
    }

    /** Connections to the primary, with the session settings that the look-ups rely on. */
    public synchronized DataSource postgres() {
        if (postgres == null) {
            postgres = PostgresDataSource.of(settings.postgres());
            postgres.setPoolName("olap-sync");
            postgres.setMetricRegistry(metrics.registry());
        }
        return postgres;
    }

    /** The replica that answers look-ups; empty if the primary answers all. */
    public Optional<Replica> replica() {
        return replica;
    }

    public Topics topics() {
        return topics;
    }

    public Metrics metrics() {
        return metrics;
    }

    public synchronized ClickHouse clickHouse() {
        if (clickHouse == null) {
            clickHouse = new ClickHouse(settings.clickHouse());
        }
        return clickHouse;
    }

    public synchronized KnownTopics knownTopics() {
        if (knownTopics == null) {
            knownTopics = new KnownTopics(clickHouse(), this::epoch);
        }
        return knownTopics;
    }

    public synchronized LostRecords lostRecords() {
        if (lostRecords == null) {
            lostRecords = new LostRecords(clickHouse(), settings.olap().group(), this::epoch, knownTopics());
        }
        return lostRecords;
    }

    /** The number before the position of each change that this process captures, and of the rows that it loads. */
    public int epoch() {
        return epoch.number();
    }

    public OwnEpoch ownEpoch() {
        return epoch;
    }

    /** Takes the latest epoch, and forgets all that belonged to the one before. Only while no route runs. */
    public void beginLatestEpoch() {
        synchronized (modelsLock) {
            synchronized (this) {
                epoch.takeLatest();
                knownTopics = null;
                lostRecords = null;
            }
            models = null;
            before = null;
            generations = List.of();
            followed = true;
        }
        generationProblems.clear();
        awaitingTransactions = null;
        starting = true;
    }

    /** The operation that waits until the running transactions in Postgres have ended; empty if none waits. */
    public Optional<String> awaitingTransactions() {
        return Optional.ofNullable(awaitingTransactions);
    }

    /** @param what null when it has ended */
    public void awaitTransactions(String what) {
        awaitingTransactions = what;
    }

    /** True until the initial load has created publication and slot, or has failed. */
    public boolean isStarting() {
        return starting;
    }

    public void started() {
        starting = false;
    }

    public synchronized TopicOffsets topicOffsets() {
        if (topicOffsets == null) {
            topicOffsets = new TopicOffsets(settings);
        }
        return topicOffsets;
    }

    /** By which the members of consumer groups that this process has are recognised. */
    public String instance() {
        return instance;
    }

    /** Why a model has no newer generation, by its name. */
    public Map<String, String> generationProblems() {
        return generationProblems;
    }

    /** @param follower called after the models have changed; it returns when it uses the new models. Registered once */
    public void onOtherModels(Runnable follower) {
        followers.add(follower);
    }

    /**
     * The models as the registry of generations has them, compiled at the first call, and again when {@link #follow} finds
     * others.
     *
     * @throws ModelException names file, line and reason of all errors in them
     */
    public Models models() throws SQLException, ModelException {
        Models known = models;
        if (known != null) {
            // the steps of the routes must not wait until others are compiled and capture has begun again
            return known;
        }
        synchronized (modelsLock) {
            if (models == null) {
                long now = System.nanoTime();
                List<Generation> all = Generations.of(this).all();
                generations = all;
                models = compiled(all, Map.of());
                readNanos = now;
                before = null;
            }
            return models;
        }
    }

    /**
     * Reads the registry of generations and compiles what has changed. Later calls of {@link #models} return the result.
     *
     * @return false if {@link #models} was not called yet
     */
    public boolean follow() throws SQLException, ModelException {
        return follow(Duration.ZERO);
    }

    /** The same, but does not read again what has been read within this time. */
    public boolean follow(Duration recent) throws SQLException, ModelException {
        synchronized (modelsLock) {
            if (models == null) {
                return false;
            }
            long now = System.nanoTime();
            if (followed && processes != null && now - readNanos < recent.toNanos()) {
                return true;
            }
            List<Generation> all = Generations.of(this).all();
            if (!names(all).equals(names(generations))) {
                models = compiled(all, Map.of());
                followed = false;
            }
            generations = all;
            readNanos = now;
            if (!followed) {
                followers.forEach(Runnable::run);
                followed = true;
            }
            if (processes == null) {
                processes = new Processes(clickHouse());
            }
            processes.announce(instance, models);
            return true;
        }
    }

    /** The registry of generations of all epochs, as {@link #follow} has read it last. */
    public List<Generation> generations() {
        return generations;
    }

    /** The same for a consumer, which polls again after a failure. */
    void followAssigned() {
        try {
            follow();
        } catch (SQLException | ModelException e) {
            throw new IllegalStateException("The models cannot be read again: " + e.getMessage(), e);
        }
    }

    /** Whether the models have changed since then. */
    public boolean isOutdated(Models before) {
        Models now = models;
        return now != null && now != before;
    }

    /** Whether changes are processed for a model that was among the {@link #models} before. */
    public boolean isInStream(Model model) throws SQLException, ModelException {
        return models().find(model.name()).isPresent();
    }

    /** The models as they would be with this generation too. */
    public Models with(Generation added) throws SQLException, ModelException {
        List<Generation> all = new ArrayList<>(Generations.of(this).all());
        all.removeIf(known -> known.epoch() == added.epoch() && known.name().equals(added.name()));
        all.add(added);
        return compiled(all, Map.of());
    }

    /** The models as they would be with this file too. */
    public Models with(Path file, String content) throws SQLException, ModelException {
        return compiled(Generations.of(this).all(), Map.of(file, content));
    }

    /** Adds the model of this file, as if the file had existed at the start. */
    public void add(Path file, String content) throws SQLException, ModelException {
        synchronized (modelsLock) {
            models = with(file, content);
            followed = false;
        }
        follow();
    }

    private Models compiled(List<Generation> all, Map<Path, String> further) throws SQLException, ModelException {
        Generations registry = Generations.of(this);
        BiFunction<String, String, List<Models.Text>> texts = (model, content) -> registry.texts(all, model, content);
        try (Connection connection = postgres().getConnection()) {
            PostgresSession.requireSupported(connection);
            Models known = models == null ? compiledBefore(connection) : models;
            Models own = known == null ? Models.load(settings.olap().models(), texts, connection) : known;
            Map<Path, String> others =
                    new HashMap<>(registry.filesElsewhere(all, settings.olap().models(), own));
            others.putAll(further);
            Models compiled = known == null && others.isEmpty() ? own : own.with(texts, others, connection);
            if (replica.isPresent()) {
                // a replica that still has other tables would look as if they had been altered
                replica.get().requireVisible();
            }
            return compiled;
        }
    }

    /** Null if there are none, or if a table has been altered since: the start may have waited for a server. */
    private Models compiledBefore(Connection postgres) throws SQLException {
        return before == null || before.altered(postgres).isEmpty() ? before : null;
    }

    private static List<String> names(List<Generation> all) {
        return all.stream()
                .map(generation -> generation.epoch() + " " + generation.name() + " " + generation.state())
                .toList();
    }

    @Override
    protected synchronized void doStop() {
        topics.close();
        if (topicOffsets != null) {
            topicOffsets.close();
        }
        replica.ifPresent(Replica::close);
        if (postgres != null) {
            postgres.close();
        }
        if (clickHouse != null) {
            clickHouse.close();
        }
    }
}

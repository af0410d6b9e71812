package dev.olapsync.pipeline;

import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.config.Settings;
import dev.olapsync.kafka.KnownTopics;
import dev.olapsync.kafka.TopicOffsets;
import dev.olapsync.kafka.Topics;
import dev.olapsync.model.ModelException;
import dev.olapsync.model.Models;
import dev.olapsync.postgres.PostgresDataSource;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import javax.sql.DataSource;
import org.apache.camel.CamelContext;
import org.apache.camel.support.service.ServiceSupport;

/** What the steps of the routes share: settings, the compiled models, connections. One for each Camel context. */
public final class OlapSync extends ServiceSupport {

    private final Settings settings;
    private final Topics topics;
    private final Metrics metrics = new Metrics();
    private PostgresDataSource postgres;
    private ClickHouse clickHouse;
    private KnownTopics knownTopics;
    private LostRecords lostRecords;
    private volatile String awaitingTransactions;
    private TopicOffsets topicOffsets;
    /** Not that of the others: reading the models may take long, and must not keep anybody from stopping. */
    private final Object modelsLock = new Object();

    private Models models;

    public OlapSync(Settings settings) {
        this.settings = settings;
        this.topics = new Topics(settings);
    }

    /** The context's own; made at the first call and closed with the context. */
    public static synchronized OlapSync of(CamelContext context) {
        OlapSync existing = context.hasService(OlapSync.class);
        if (existing != null) {
            return existing;
        }
        OlapSync olapSync = new OlapSync(Settings.of(context));
        try {
            context.addService(olapSync);
            showMetrics(context, olapSync.metrics.registry());
            // not the thread's class loader: under the Camel CLI that one does not know our classes
            ServiceLoader.load(OlapSyncListener.class, OlapSync.class.getClassLoader())
                    .forEach(listener -> listener.created(context, olapSync));
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        return olapSync;
    }

    /** Where Camel's own tools look, such as {@code camel get metric}; they may have put an empty one there before. */
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
            knownTopics = new KnownTopics(clickHouse(), settings.olap());
        }
        return knownTopics;
    }

    public synchronized LostRecords lostRecords() {
        if (lostRecords == null) {
            lostRecords = new LostRecords(clickHouse(), settings.olap(), knownTopics());
        }
        return lostRecords;
    }

    /** What waits until the transactions that run in Postgres have ended; empty when nothing does. */
    public Optional<String> awaitingTransactions() {
        return Optional.ofNullable(awaitingTransactions);
    }

    /** @param what null when it has ended */
    public void awaitTransactions(String what) {
        awaitingTransactions = what;
    }

    public synchronized TopicOffsets topicOffsets() {
        if (topicOffsets == null) {
            topicOffsets = new TopicOffsets(settings);
        }
        return topicOffsets;
    }

    /**
     * The models, compiled at the first call.
     *
     * @throws ModelException names file, line and reason of everything that is wrong with them
     */
    public Models models() throws SQLException, ModelException {
        synchronized (modelsLock) {
            if (models == null) {
                try (Connection connection = postgres().getConnection()) {
                    models = Models.load(settings.olap().models(), connection);
                }
            }
            return models;
        }
    }

    @Override
    protected synchronized void doStop() {
        topics.close();
        if (topicOffsets != null) {
            topicOffsets.close();
        }
        if (postgres != null) {
            postgres.close();
        }
        if (clickHouse != null) {
            clickHouse.close();
        }
    }
}

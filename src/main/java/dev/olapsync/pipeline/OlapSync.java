package dev.olapsync.pipeline;

import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.config.Settings;
import dev.olapsync.kafka.KnownTopics;
import dev.olapsync.kafka.TopicOffsets;
import dev.olapsync.kafka.Topics;
import dev.olapsync.model.ModelException;
import dev.olapsync.model.Models;
import dev.olapsync.postgres.PostgresDataSource;
import dev.olapsync.postgres.PostgresSession;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
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
    private final Metrics metrics = new Metrics();
    private PostgresDataSource postgres;
    private ClickHouse clickHouse;
    private KnownTopics knownTopics;
    private LostRecords lostRecords;
    private volatile String awaitingTransactions;
    private TopicOffsets topicOffsets;
    /** A lock of its own: reading the models may take long, and must not block a stop. */
    private final Object modelsLock = new Object();

    private Models models;

    public OlapSync(Settings settings) {
        this.settings = settings;
        this.topics = new Topics(settings);
    }

    /** The instance of the context, created at the first call and closed with the context. */
    public static synchronized OlapSync of(CamelContext context) {
        OlapSync existing = context.hasService(OlapSync.class);
        if (existing != null) {
            return existing;
        }
        OlapSync olapSync = new OlapSync(Settings.of(context));
        try {
            context.addService(olapSync);
            showMetrics(context, olapSync.metrics.registry());
            // not the class loader of the thread, which under the Camel CLI does not have our classes
            ServiceLoader.load(OlapSyncListener.class, OlapSync.class.getClassLoader())
                    .forEach(listener -> listener.created(context, olapSync));
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

    /** The operation that waits until the running transactions in Postgres have ended; empty if none waits. */
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
     * @throws ModelException names file, line and reason of all errors in them
     */
    public Models models() throws SQLException, ModelException {
        synchronized (modelsLock) {
            if (models == null) {
                try (Connection connection = postgres().getConnection()) {
                    PostgresSession.requireSupported(connection);
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

package dev.olapsync.capture;

import dev.olapsync.capture.debezium.Alias;
import dev.olapsync.capture.debezium.DebeziumServices;
import dev.olapsync.capture.debezium.LargeValues;
import dev.olapsync.capture.debezium.NeededColumns;
import dev.olapsync.capture.debezium.PostgresCdcConnector;
import dev.olapsync.clickhouse.ClickHouse.ClickHouseException;
import dev.olapsync.model.ModelException;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.postgres.PostgresDataSource;
import dev.olapsync.postgres.ReplicationSlot;
import dev.olapsync.postgres.RunningTransactions;
import dev.olapsync.postgres.ServerLog;
import io.debezium.connector.postgresql.PostgresConnectorConfig;
import io.debezium.connector.postgresql.StreamedSources;
import io.debezium.embedded.Connect;
import io.debezium.embedded.async.AsyncEngineConfig;
import io.debezium.engine.DebeziumEngine;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.camel.CamelContext;
import org.apache.camel.Processor;
import org.apache.camel.Route;
import org.apache.camel.component.debezium.postgres.configuration.PostgresConnectorEmbeddedDebeziumConfiguration;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.health.HealthCheckAware;
import org.apache.camel.support.DefaultConsumer;
import org.postgresql.PGProperty;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs Debezium's engine and passes its batches to the route, see {@link BatchPublisher}. If a batch fails, the engine
 * ends, and after a pause a new engine starts at the position of the slot.
 */
public class PostgresCdcConsumer extends DefaultConsumer implements HealthCheckAware {

    private static final Logger LOG = LoggerFactory.getLogger(PostgresCdcConsumer.class);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);
    private static final Duration LONGEST_END = Duration.ofSeconds(60);

    private final PostgresCdcEndpoint endpoint;
    private final ReplicationSlot slot;
    private HealthCheck health = new CaptureHealthCheck(this);
    private ExecutorService executor;
    /** One object, so that it is registered once, however often the route starts. */
    private final Runnable follower = this::readColumnsAgain;

    private volatile CountDownLatch stopped = new CountDownLatch(0);
    private volatile DebeziumEngine<?> engine;
    private volatile BatchPublisher deliveries;
    private volatile Optional<NeededColumns> needed = Optional.empty();
    private volatile Throwable failure = new IllegalStateException("capture has not begun yet");

    PostgresCdcConsumer(PostgresCdcEndpoint endpoint, Processor processor) {
        super(endpoint, processor);
        this.endpoint = endpoint;
        this.slot = new ReplicationSlot(configuration().getSlotName());
    }

    /** Whether changes are captured by a route of this context. */
    public static boolean isCapturing(CamelContext context) {
        return context.getRoutes().stream()
                .map(Route::getConsumer)
                .anyMatch(consumer -> consumer instanceof PostgresCdcConsumer capture
                        && capture.failure().isEmpty());
    }

    /** The reason why capture is interrupted; empty if it runs. */
    public Optional<Throwable> failure() {
        BatchPublisher now = deliveries;
        return now != null && now.areSteady() ? Optional.empty() : Optional.ofNullable(failure);
    }

    @Override
    public HealthCheck getHealthCheck() {
        return health;
    }

    @Override
    public void setHealthCheck(HealthCheck health) {
        this.health = health;
    }

    @Override
    protected void doStart() throws Exception {
        super.doStart();
        stopped = new CountDownLatch(1);
        OlapSync.of(endpoint.getCamelContext()).onOtherModels(follower);
        executor = endpoint.createExecutor(this);
        executor.submit(this::capture);
    }

    @Override
    protected void doStop() throws Exception {
        stopped.countDown();
        DebeziumEngine<?> running = engine;
        if (running != null) {
            try {
                running.close();
            } catch (IllegalStateException e) {
                LOG.debug("The engine has ended already: {}", e.getMessage());
            }
        }
        if (executor != null) {
            endpoint.getCamelContext().getExecutorServiceManager().shutdownGraceful(executor);
        }
        super.doStop();
    }

    private void capture() {
        DebeziumServices.use();
        Duration pause = FIRST_PAUSE;
        while (stopped.getCount() > 0) {
            deliveries = null;
            try {
                runEngine();
            } catch (Throwable e) {
                // an Error too: capture must not end silently
                failure = CaptureFailure.of(e);
                pause = deliveries != null && deliveries.haveBegun() ? FIRST_PAUSE : pause;
                if (stopped.getCount() > 0) {
                    OlapSync.of(endpoint.getCamelContext()).metrics().captureInterrupted();
                    LOG.error("Capture is interrupted, next try in {} ms: {}", pause.toMillis(), failure.getMessage());
                }
            }
            try {
                if (stopped.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
                    return;
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
        }
    }

    private void runEngine() throws Exception {
        completePassword();
        OlapSync.of(endpoint.getCamelContext()).ownEpoch().requireCurrent();
        awaitSlot();
        if (stopped.getCount() == 0) {
            return;
        }
        AtomicReference<Throwable> end = new AtomicReference<>();
        Properties properties = configuration().createDebeziumConfiguration().asProperties();
        properties.computeIfPresent("database.dbname", (key, name) -> PostgresDataSource.inUrl((String) name));
        properties.setProperty(AsyncEngineConfig.CONNECTOR_CLASS.name(), PostgresCdcConnector.class.getName());
        properties.setProperty("schema.include.list", Alias.SCHEMAS);
        properties.setProperty(
                LargeValues.OPTION,
                String.valueOf(OlapSync.of(endpoint.getCamelContext())
                        .settings()
                        .olap()
                        .largestUnneededValue()));
        properties.setProperty(
                PostgresConnectorConfig.SOURCE_INFO_STRUCT_MAKER.name(), StreamedSources.class.getName());
        needed = neededColumns();
        needed.ifPresent(columns -> properties.setProperty(NeededColumns.OPTION, columns.option()));
        engine = DebeziumEngine.create(Connect.class)
                .using(properties)
                .using((success, message, error) -> {
                    if (!success) {
                        end.set(error != null ? error : new IllegalStateException(message));
                    }
                })
                .notifying(deliveries)
                .build();
        if (stopped.getCount() == 0 || !isCaptured(neededColumns())) {
            return;
        }
        engine.run();
        if (end.get() != null) {
            throw CaptureFailure.of(end.get());
        }
    }

    private void completePassword() {
        if (configuration().getDatabasePassword() == null) {
            configuration()
                    .setDatabasePassword(OlapSync.of(endpoint.getCamelContext())
                            .settings()
                            .postgres()
                            .password());
        }
    }

    /** Empty while the models cannot be read; the routes that need them report why. */
    private Optional<NeededColumns> neededColumns() {
        try {
            return Optional.of(
                    NeededColumns.of(OlapSync.of(endpoint.getCamelContext()).models()));
        } catch (SQLException | ModelException | ClickHouseException e) {
            LOG.debug("Changes are captured with all their columns: {}", e.getMessage());
            return Optional.empty();
        }
    }

    /** @param other empty for all */
    private boolean isCaptured(Optional<NeededColumns> other) {
        return needed.isEmpty() || other.filter(needed.get()::covers).isPresent();
    }

    /**
     * Returns when all that is published from now on has the columns that other models need.
     *
     * @throws IllegalStateException when capture does not end in {@link #LONGEST_END}; to be tried again
     */
    private void readColumnsAgain() {
        DebeziumEngine<?> running = engine;
        BatchPublisher before = deliveries;
        if (stopped.getCount() == 0 || running == null || before == null || isCaptured(neededColumns())) {
            return;
        }
        LOG.info("Capture begins again with the columns of other models");
        try {
            running.close();
            long deadline = System.nanoTime() + LONGEST_END.toNanos();
            while (deliveries == before && !stopped.await(FIRST_PAUSE.toMillis(), TimeUnit.MILLISECONDS)) {
                if (System.nanoTime() > deadline) {
                    throw new IllegalStateException("Capture has not ended after " + LONGEST_END.toSeconds() + " s");
                }
            }
        } catch (IOException | IllegalStateException e) {
            throw new IllegalStateException("Capture does not end: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while capture was to begin again", e);
        }
    }

    /** The initial load creates the slot. If it does not, health reports the missing slot. */
    private void awaitSlot() throws SQLException, InterruptedException {
        PostgresConnectorEmbeddedDebeziumConfiguration to = configuration();
        String url = PostgresDataSource.url(to.getDatabaseHostname(), to.getDatabasePort(), to.getDatabaseDbname());
        try (Connection connection = PostgresDataSource.open(url, login(to))) {
            OptionalLong confirmed = slot.confirmedLsn(connection);
            if (confirmed.isEmpty()) {
                LOG.info("Capture waits for the replication slot {}", slot.name());
            }
            while (confirmed.isEmpty() && stopped.getCount() > 0) {
                failure = new IllegalStateException(missing(connection));
                stopped.await(FIRST_PAUSE.toMillis(), TimeUnit.MILLISECONDS);
                confirmed = slot.confirmedLsn(connection);
            }
            Optional<String> user = slot.user(connection);
            if (user.isPresent()) {
                throw new IllegalStateException("replication slot " + slot.name() + " is in use by " + user.get()
                        + "; capture begins when that has ended. If it is of no use: SELECT pg_terminate_backend(pid);"
                        + " if it is another pipeline, give each a postgres.slot of its own");
            }
            if (stopped.getCount() > 0) {
                deliveries = deliveriesFrom(connection, confirmed.getAsLong());
            }
        }
    }

    private String missing(Connection connection) throws SQLException {
        String name = "replication slot " + slot.name();
        if (slot.creator(connection).isPresent()) {
            return RunningTransactions.awaited(name + " is created", connection);
        }
        return OlapSync.of(endpoint.getCamelContext()).isStarting()
                ? "starting: publication and slot are being made"
                : name + " does not exist";
    }

    /** @throws IllegalStateException if changes are lost */
    private BatchPublisher deliveriesFrom(Connection connection, long confirmed)
            throws SQLException, InterruptedException {
        OlapSync olapSync = OlapSync.of(endpoint.getCamelContext());
        Optional<CapturedPosition> captured = CapturedPosition.greatest(olapSync);
        ServerLog log = ServerLog.of(connection);
        if (captured.isPresent()) {
            captured.get()
                    .lost(olapSync.settings(), confirmed, log, slot.endOfLog(connection))
                    .ifPresent(lost -> {
                        throw new IllegalStateException(lost);
                    });
        }
        return new BatchPublisher(
                this,
                new CapturedPosition(log, captured.map(CapturedPosition::lsn).orElse(confirmed)));
    }

    private static Properties login(PostgresConnectorEmbeddedDebeziumConfiguration to) {
        Properties login = new Properties();
        PGProperty.USER.set(login, to.getDatabaseUser());
        PGProperty.PASSWORD.set(login, to.getDatabasePassword());
        PGProperty.SSL_MODE.set(login, to.getDatabaseSslmode());
        PGProperty.SSL_ROOT_CERT.set(login, to.getDatabaseSslrootcert());
        PGProperty.SSL_CERT.set(login, to.getDatabaseSslcert());
        PGProperty.SSL_KEY.set(login, to.getDatabaseSslkey());
        return login;
    }

    private PostgresConnectorEmbeddedDebeziumConfiguration configuration() {
        return endpoint.getConfiguration();
    }
}

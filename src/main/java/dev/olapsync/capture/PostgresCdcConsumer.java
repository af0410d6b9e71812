package dev.olapsync.capture;

import dev.olapsync.OlapSync;
import dev.olapsync.PostgresDataSource;
import io.debezium.embedded.Connect;
import io.debezium.embedded.async.AsyncEngineConfig;
import io.debezium.engine.ChangeEvent;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.DebeziumEngine.RecordCommitter;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.component.debezium.postgres.configuration.PostgresConnectorEmbeddedDebeziumConfiguration;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.health.HealthCheckAware;
import org.apache.camel.support.DefaultConsumer;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.postgresql.PGProperty;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs Debezium's engine and hands each of its batches to the route as one exchange, whose body is a
 * {@code List<Exchange>} of {@link SourceRecord}s. A batch is confirmed only when the route has completed it; if it fails,
 * the engine ends and a new one, after a pause, starts where the slot stands.
 */
public class PostgresCdcConsumer extends DefaultConsumer implements HealthCheckAware {

    private static final Logger LOG = LoggerFactory.getLogger(PostgresCdcConsumer.class);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

    private final PostgresCdcEndpoint endpoint;
    private final ReplicationSlot slot;
    private final NameRepair names = new NameRepair();
    private HealthCheck health = new CaptureHealthCheck(this);
    private ExecutorService executor;
    private volatile CountDownLatch stopped = new CountDownLatch(0);
    private volatile DebeziumEngine<?> engine;
    private volatile boolean delivered;
    private volatile Throwable failure;
    private long confirmedLsn;
    /** The slot was never told more than this. */
    private long capturedLsn;

    PostgresCdcConsumer(PostgresCdcEndpoint endpoint, Processor processor) {
        super(endpoint, processor);
        this.endpoint = endpoint;
        this.slot = new ReplicationSlot(configuration().getSlotName());
    }

    /** Why nothing is being captured at the moment; empty when all is well. */
    public Optional<Throwable> failure() {
        return Optional.ofNullable(failure);
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
        // Debezium looks for its parts with the thread's class loader, and under the Camel CLI that one does not know them
        Thread.currentThread().setContextClassLoader(getClass().getClassLoader());
        Duration pause = FIRST_PAUSE;
        while (stopped.getCount() > 0) {
            delivered = false;
            try {
                runEngine();
            } catch (Throwable e) {
                // an Error too: a capture that had ended in silence would be worse
                failure = CaptureFailure.of(e);
                pause = delivered ? FIRST_PAUSE : pause;
                if (stopped.getCount() > 0) {
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
        confirmedLsn = awaitSlot();
        if (stopped.getCount() == 0) {
            return;
        }
        AtomicReference<Throwable> end = new AtomicReference<>();
        Properties properties = configuration().createDebeziumConfiguration().asProperties();
        properties.setProperty(AsyncEngineConfig.CONNECTOR_CLASS.name(), PostgresCdcConnector.class.getName());
        engine = DebeziumEngine.create(Connect.class)
                .using(properties)
                .using((success, message, error) -> {
                    if (!success) {
                        end.set(error != null ? error : new IllegalStateException(message));
                    }
                })
                .notifying(this::deliver)
                .build();
        if (stopped.getCount() == 0) {
            return;
        }
        failure = null;
        engine.run();
        if (end.get() != null) {
            throw CaptureFailure.of(end.get());
        }
    }

    /** The initial load creates the slot; a slot that never comes shows in the health. */
    private long awaitSlot() throws SQLException, InterruptedException {
        PostgresConnectorEmbeddedDebeziumConfiguration to = configuration();
        String url = "jdbc:postgresql://" + to.getDatabaseHostname() + ":" + to.getDatabasePort() + "/"
                + to.getDatabaseDbname();
        try (Connection connection = PostgresDataSource.open(url, login(to))) {
            OptionalLong confirmed = slot.confirmedLsn(connection);
            if (confirmed.isEmpty()) {
                failure = new IllegalStateException("replication slot " + slot.name() + " does not exist");
                LOG.info("Capture waits for the replication slot {}", slot.name());
            }
            while (confirmed.isEmpty() && !stopped.await(FIRST_PAUSE.toMillis(), TimeUnit.MILLISECONDS)) {
                confirmed = slot.confirmedLsn(connection);
            }
            if (stopped.getCount() > 0) {
                requireNothingLost(connection, confirmed.getAsLong());
            }
            return confirmed.orElse(0);
        }
    }

    private void requireNothingLost(Connection connection, long confirmed) throws SQLException, InterruptedException {
        OlapSync olapSync = OlapSync.of(endpoint.getCamelContext());
        OptionalLong captured = new CapturedPosition(olapSync).read();
        capturedLsn = captured.orElse(confirmed);
        if (captured.isPresent()) {
            CapturedPosition.requireNothingLost(olapSync.settings(), capturedLsn, confirmed, slot.endOfLog(connection));
        } else {
            // from the beginning, so that there is something to compare the slot with
            publish(List.of());
        }
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

    private void deliver(List<ChangeEvent<SourceRecord, SourceRecord>> events,
            RecordCommitter<ChangeEvent<SourceRecord, SourceRecord>> committer) throws InterruptedException {
        List<Exchange> changes = new ArrayList<>();
        for (ChangeEvent<SourceRecord, SourceRecord> event : events) {
            for (SourceRecord polled : ((ChangeBatch) event.value()).changes()) {
                if (polled.value() instanceof Struct value && value.schema().field("source") != null) {
                    completePosition(value.getStruct("source"));
                    Exchange change = endpoint.createExchange();
                    change.getMessage().setBody(names.repair(polled));
                    changes.add(change);
                }
            }
        }
        capturedLsn = Math.max(capturedLsn, confirmedBy(events.get(events.size() - 1).value()));
        publish(changes);
        for (ChangeEvent<SourceRecord, SourceRecord> event : events) {
            committer.markProcessed(event);
        }
        committer.markBatchFinished();
        delivered = true;
    }

    private void publish(List<Exchange> changes) {
        Exchange batch = createExchange(false);
        try {
            batch.getMessage().setBody(changes);
            batch.setProperty(ChangeEvents.CAPTURED, capturedLsn);
            getProcessor().process(batch);
        } catch (Exception e) {
            batch.setException(e);
        } finally {
            releaseExchange(batch, false);
        }
        if (batch.getException() != null) {
            throw new IllegalStateException("a batch of " + changes.size() + " changes failed", batch.getException());
        }
    }

    /** What Debezium tells the slot when this event is the last of a batch; 0 when it tells nothing. */
    private static long confirmedBy(SourceRecord last) {
        Object commit = last.sourceOffset().get("lsn_commit");
        Object told = commit != null ? commit : last.sourceOffset().get("lsn_proc");
        return told == null ? 0 : (Long) told;
    }

    /** Before the stream has seen a commit, what the slot has confirmed stands for the last one. */
    private void completePosition(Struct source) {
        String sequence = source.getString("sequence");
        if (sequence.startsWith("[null")) {
            source.put("sequence", Position.parse(0, sequence, confirmedLsn).sequence());
        }
    }

    private PostgresConnectorEmbeddedDebeziumConfiguration configuration() {
        return endpoint.getConfiguration();
    }
}

package dev.olapsync.postgres;

import dev.olapsync.config.Settings;
import java.io.Closeable;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.postgresql.PGProperty;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A standby of the primary, for look-ups. It answers only if it has replayed the log as far as it is required, if it follows the log of
 * this very primary before and after each statement, and if it computes the same values. Otherwise the primary has to answer,
 * without another attempt for some seconds. Thread safe.
 *
 * @see <a href="https://www.postgresql.org/docs/current/hot-standby.html">PostgreSQL: hot standby</a>
 */
public final class Replica implements Closeable {

    private static final Logger LOG = LoggerFactory.getLogger(Replica.class);

    /** After a failure it is not tried for this many times the patience, so that waiting takes no more than a tenth of the time. */
    private static final int PAUSE = 10;

    /** Maximum time of a statement without an answer; the primary answers after that. */
    private static final int LIMIT_SECONDS = 30;

    /** {@code serialization_failure}: a look-up locks nothing, so its only cause is the replay. */
    private static final String CONFLICT = "40001";

    private static final int LONGEST_PAUSE_MILLIS = 10;
    /** The least that the pool accepts. */
    private static final int LEAST_PATIENCE_MILLIS = 250;

    private final Settings.Postgres to;
    private final Duration patience;
    private final Supplier<DataSource> primary;
    private final PostgresDataSource standby;
    private final AtomicReference<LogEnd> required = new AtomicReference<>();
    /** The starts of both servers whose builds were compared. */
    private volatile String compared;

    private volatile Failure failure;

    /** @param since when the replica was tried last, by {@link System#nanoTime()} */
    private record Failure(String problem, long since) {}

    /** @param to the address of the replica */
    public Replica(Settings.Postgres to, Duration patience, Supplier<DataSource> primary) {
        this.to = to;
        this.patience = patience;
        this.primary = primary;
        standby = PostgresDataSource.of(to);
        standby.setPoolName("replica");
        standby.addDataSourceProperty(PGProperty.SOCKET_TIMEOUT.getName(), LIMIT_SECONDS);
        // a replica that is away must not hold up more than one look-up, and that one not long
        standby.setInitializationFailTimeout(-1);
        standby.setConnectionTimeout(Math.max(LEAST_PATIENCE_MILLIS, patience.toMillis()));
        standby.setValidationTimeout(Math.max(LEAST_PATIENCE_MILLIS, patience.toMillis()));
    }

    /**
     * Requires that later connections see all transactions whose changes were published before this call. It must be called after the
     * changes were polled, and before their rows are looked up.
     */
    public void requirePublished() throws SQLException {
        try (Connection connection = primary.get().getConnection()) {
            require(LogEnd.onDisk(connection));
        }
    }

    /** The same for all transactions that the primary shows. A model that was compiled there fits the tables here then. */
    public void requireVisible() throws SQLException {
        try (Connection connection = primary.get().getConnection()) {
            require(LogEnd.inserted(connection));
        }
    }

    private void require(LogEnd end) {
        required.accumulateAndGet(end, LogEnd::later);
    }

    /**
     * A connection whose statements see all that is required now. It waits for the replay, at most for the patience.
     *
     * @return empty if the primary has to answer; {@link #problem} says why
     */
    public Optional<Connection> connection() throws SQLException {
        LogEnd end = required.get();
        Failure last = failure;
        if (end == null || last != null && System.nanoTime() - last.since() < PAUSE * patience.toNanos()) {
            return Optional.empty();
        }
        Connection connection = null;
        try {
            connection = connected();
            await(connection, end);
            if (failure != null && failure == last) {
                LOG.info("The replica {} answers look-ups again", to);
                failure = null;
            }
            return Optional.of(ReplicaConnection.of(this, end.log(), connection));
        } catch (SQLException e) {
            close(connection);
            if (Thread.currentThread().isInterrupted()) {
                throw e;
            }
            if (!(e instanceof ReplicaException)) {
                failed(e);
            }
            return Optional.empty();
        }
    }

    private Connection connected() throws SQLException {
        try {
            return standby.getConnection();
        } catch (SQLException e) {
            // the pool reports that it has waited, and the reason as the cause
            Throwable reason = e.getCause() == null ? e : e.getCause();
            throw failed(
                    "no connection: " + reason.getMessage() + ". See postgres.lookup.host and postgres.lookup.port", e);
        }
    }

    private void await(Connection connection, LogEnd end) throws SQLException {
        long begin = System.nanoTime();
        for (long pause = 1; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS)) {
            ReplicaState state = ReplicaState.of(connection);
            Optional<String> problem = state.problem(end.log());
            if (problem.isPresent()) {
                throw failed(problem.get(), null);
            }
            requireSameBuild(connection, state.server() + " " + end.server());
            if (state.replayed() >= end.lsn()) {
                return;
            }
            if (System.nanoTime() - begin > patience.toNanos()) {
                throw failed(
                        "it has replayed the log up to " + Position.hex(state.replayed()) + ", and not up to "
                                + Position.hex(end.lsn()) + " within " + patience.toMillis()
                                + " ms (postgres.lookup.wait.millis). See pg_stat_replication on the primary",
                        null);
            }
            pause(pause);
        }
    }

    private void requireSameBuild(Connection connection, String starts) throws SQLException {
        if (starts.equals(compared)) {
            return;
        }
        try (Connection ofPrimary = primary.get().getConnection()) {
            Optional<String> difference = ServerBuild.of(ofPrimary).difference(ServerBuild.of(connection));
            if (difference.isPresent()) {
                throw failed(
                        "it may compute other values than the primary. " + difference.get()
                                + ". Give both servers the same version and the same system libraries",
                        null);
            }
        }
        compared = starts;
    }

    private static void pause(long millis) throws SQLException {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SQLException("interrupted while the replica replays the log", e);
        }
    }

    private static void close(Connection connection) {
        if (connection != null) {
            try {
                connection.close();
            } catch (SQLException e) {
                // the pool has given it up
                LOG.debug("A connection to the replica could not be closed", e);
            }
        }
    }

    /** The message of an error can quote values. */
    ReplicaException failed(SQLException error) {
        return failed(
                "a statement failed, "
                        + (CONFLICT.equals(error.getSQLState())
                                ? "because of a conflict with the replay. Set hot_standby_feedback = on on the replica"
                                : ValueErrors.condition(error) + ". See the log of the replica"),
                error);
    }

    ReplicaException failed(String problem, SQLException cause) {
        String message =
                "Look-ups go to the primary, not to the replica at " + to.host() + ":" + to.port() + ": " + problem;
        Failure last = failure;
        failure = new Failure(message, System.nanoTime());
        if (last == null || !last.problem().equals(message)) {
            LOG.warn(message);
        }
        return new ReplicaException(message, cause);
    }

    /** Why look-ups go to the primary, and the remedy; empty if the replica answers them. */
    public Optional<String> problem() {
        return Optional.ofNullable(failure).map(Failure::problem);
    }

    /** The same, after an attempt, so that a replica that comes back is noticed while no changes arrive. */
    public Optional<String> tried() throws SQLException {
        requirePublished();
        Optional<Connection> connection = connection();
        if (connection.isPresent()) {
            connection.get().close();
        }
        return problem();
    }

    @Override
    public void close() {
        standby.close();
    }
}

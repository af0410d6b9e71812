package dev.olapsync.capture.debezium;

import io.debezium.connector.postgresql.connection.Lsn;
import io.debezium.connector.postgresql.connection.ReplicationStream;
import java.sql.SQLException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * A stream that is polled less often after an idle time: Debezium 3.6 polls five times in each of its pauses. A
 * sleeping thread is notified of each message. As thread safe as the wrapped stream.
 */
public final class QuietStream implements ReplicationStream {

    private static final long QUIET_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    /** Maximum delay of the first message after an idle time; it is also at most a fifth of that time. */
    private static final long LONGEST_SLEEP_MILLIS = 80;

    private static final int PARTS = 5;

    private final ReplicationStream stream;
    private final Runnable comes;
    private long latest = System.nanoTime();

    /** @param comes run after each message */
    public QuietStream(ReplicationStream stream, Runnable comes) {
        this.stream = stream;
        this.comes = comes;
    }

    @Override
    public boolean readPending(ReplicationMessageProcessor processor) throws SQLException, InterruptedException {
        boolean came = stream.readPending(processor);
        if (came) {
            latest = System.nanoTime();
            comes.run();
        } else {
            sleep(System.nanoTime() - latest);
        }
        return came;
    }

    private static void sleep(long quietNanos) throws InterruptedException {
        if (quietNanos > QUIET_NANOS) {
            Thread.sleep(Math.min(LONGEST_SLEEP_MILLIS, TimeUnit.NANOSECONDS.toMillis(quietNanos / PARTS)));
        }
    }

    @Override
    public void read(ReplicationMessageProcessor processor) throws SQLException, InterruptedException {
        stream.read(processor);
    }

    @Override
    public void flushLsn(Lsn lsn) throws SQLException {
        stream.flushLsn(lsn);
    }

    @Override
    public Lsn lastReceivedLsn() {
        return stream.lastReceivedLsn();
    }

    @Override
    public Lsn startLsn() {
        return stream.startLsn();
    }

    @Override
    public void startKeepAlive(ExecutorService service) {
        stream.startKeepAlive(service);
    }

    @Override
    public void stopKeepAlive() {
        stream.stopKeepAlive();
    }

    @Override
    public void close() throws Exception {
        stream.close();
    }
}

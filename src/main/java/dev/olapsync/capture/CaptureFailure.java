package dev.olapsync.capture;

import dev.olapsync.postgres.ValueErrors;
import io.debezium.DebeziumException;
import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import java.util.StringJoiner;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.SerializationException;

/**
 * The reason why capture is interrupted, without the contents of rows: the message of a failed conversion usually
 * quotes the value. So only causes from code that deals with servers, connections and settings are quoted; of all other
 * causes, only the class and the place are reported.
 */
final class CaptureFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** {@code internal_error}; see <a href="https://www.postgresql.org/docs/current/errcodes-appendix.html">the error codes</a>. */
    private static final String INTERNAL_ERROR = "XX000";

    private static final String CANNOT_DECODE =
            " (an internal error of Postgres; if it comes each time, Postgres cannot decode its"
                    + " log from where the slot stands: stop the pipeline, drop the slot, run 'olap-sync rebuild --all' and start again:"
                    + " everything is loaded once more)";

    private static final List<String> OURS = List.of("dev.olapsync.");
    private static final List<String> CONNECTIONS =
            List.of("java.net.", "java.nio.", "sun.", "jdk.net.", "org.postgresql.core.");
    /** Debezium's classes that deal with the engine, the slot and the publication. */
    private static final List<String> ENGINE = List.of(
            "org.apache.kafka.clients.",
            "org.apache.kafka.common.network.",
            "io.debezium.embedded.",
            "io.debezium.pipeline.ErrorHandler",
            "io.debezium.service.",
            "io.debezium.snapshot.",
            "io.debezium.pipeline.EventDispatcher",
            "io.debezium.connector.postgresql.PostgresConnectorTask",
            "io.debezium.connector.postgresql.connection.PostgresReplicationConnection");

    private CaptureFailure(String message) {
        super(message, null, false, false);
    }

    static CaptureFailure of(Throwable error) {
        if (error instanceof CaptureFailure failure) {
            return failure;
        }
        StringJoiner summary = new StringJoiner(": ");
        String last = "";
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            String description = description(cause);
            if (description != null && !last.contains(description)) {
                summary.add(description);
                last = description;
            }
        }
        return new CaptureFailure(summary.toString());
    }

    /** Null if the message only repeats that of its own cause. */
    private static String description(Throwable cause) {
        if (quotesNoValues(cause)) {
            String message = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
            return cause instanceof SQLException refused && INTERNAL_ERROR.equals(refused.getSQLState())
                    ? message + CANNOT_DECODE
                    : message;
        }
        if (cause.getCause() != null
                && (cause.getMessage() == null
                        || cause.getMessage().equals(cause.getCause().toString()))) {
            return null;
        }
        StackTraceElement[] trace = cause.getStackTrace();
        return cause.getClass().getName() + (trace.length == 0 ? "" : " at " + trace[0]);
    }

    private static boolean quotesNoValues(Throwable cause) {
        if (cause instanceof SQLException refused) {
            return refused.getSQLState() != null
                    && (INTERNAL_ERROR.equals(refused.getSQLState()) || !ValueErrors.isOne(refused));
        }
        // an exception for an answer of the broker has no stack trace
        return cause instanceof CaptureFailure
                || cause instanceof InterruptedException
                || cause instanceof ApiException
                || cause instanceof IllegalStateException && comesFrom(cause, OURS)
                || cause instanceof IOException && comesFrom(cause, CONNECTIONS)
                || (cause instanceof KafkaException || cause instanceof DebeziumException)
                        && !(cause instanceof SerializationException)
                        && comesFrom(cause, ENGINE);
    }

    private static boolean comesFrom(Throwable cause, List<String> places) {
        StackTraceElement[] trace = cause.getStackTrace();
        return trace.length > 0 && places.stream().anyMatch(trace[0].getClassName()::startsWith);
    }
}

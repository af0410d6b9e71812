package dev.olapsync.capture;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.olapsync.model.ValueErrors;
import java.io.IOException;
import java.sql.SQLException;
import java.util.StringJoiner;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.connect.errors.DataException;

/**
 * Why nothing is being captured, without the contents of rows: who cannot read a value likes to quote it. So of the causes
 * only those are quoted that speak of servers, connections and settings; of the others it is said what they are, and
 * where they come from.
 */
final class CaptureFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** {@code internal_error}; see <a href="https://www.postgresql.org/docs/current/errcodes-appendix.html">the error codes</a>. */
    private static final String INTERNAL_ERROR = "XX000";
    private static final String CANNOT_DECODE = " (an internal error of Postgres; if it comes each time, Postgres cannot decode its"
            + " log from where the slot stands: stop the pipeline, drop the slot, raise olap.epoch by one and start again:"
            + " everything is loaded once more)";

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
            String said = said(cause);
            if (said != null && !last.contains(said)) {
                summary.add(said);
                last = said;
            }
        }
        return new CaptureFailure(summary.toString());
    }

    /** Null when it only repeats what its own cause says. */
    private static String said(Throwable cause) {
        if (quotesNoValues(cause)) {
            String message = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
            return cause instanceof SQLException refused && INTERNAL_ERROR.equals(refused.getSQLState())
                    ? message + CANNOT_DECODE : message;
        }
        if (cause.getCause() != null && (cause.getMessage() == null || cause.getMessage().equals(cause.getCause().toString()))) {
            return null;
        }
        StackTraceElement[] trace = cause.getStackTrace();
        return cause.getClass().getName() + (trace.length == 0 ? "" : " at " + trace[0]);
    }

    private static boolean quotesNoValues(Throwable cause) {
        if (cause instanceof SQLException refused) {
            return refused.getSQLState() != null && !ValueErrors.isOne(refused);
        }
        return cause instanceof CaptureFailure || cause instanceof IllegalStateException || cause instanceof InterruptedException
                || cause instanceof IOException && !(cause instanceof JsonProcessingException)
                || cause instanceof KafkaException && !(cause instanceof DataException) && !(cause instanceof SerializationException);
    }
}

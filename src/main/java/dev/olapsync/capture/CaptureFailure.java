package dev.olapsync.capture;

import java.io.IOException;
import java.sql.SQLException;
import java.util.Set;
import java.util.StringJoiner;
import org.apache.camel.RuntimeCamelException;
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
    /** SQLSTATE of class 22: a value is not as it should be. */
    private static final String DATA_EXCEPTION = "22";
    private static final Set<Class<?>> WRAPPERS = Set.of(RuntimeCamelException.class, RuntimeException.class);

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

    private static String said(Throwable cause) {
        if (quotesNoValues(cause)) {
            return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        }
        // it repeats what its cause says
        if (cause.getCause() != null && WRAPPERS.contains(cause.getClass())) {
            return null;
        }
        StackTraceElement[] trace = cause.getStackTrace();
        return cause.getClass().getName() + (trace.length == 0 ? "" : " at " + trace[0]);
    }

    private static boolean quotesNoValues(Throwable cause) {
        if (cause instanceof SQLException refused) {
            return refused.getSQLState() != null && !refused.getSQLState().startsWith(DATA_EXCEPTION);
        }
        return cause instanceof CaptureFailure || cause instanceof IOException || cause instanceof IllegalStateException
                || cause instanceof InterruptedException
                || cause instanceof KafkaException && !(cause instanceof DataException) && !(cause instanceof SerializationException);
    }
}

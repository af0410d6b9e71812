package dev.olapsync.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.debezium.DebeziumException;
import java.io.IOException;
import java.net.ConnectException;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.connect.errors.DataException;
import org.junit.jupiter.api.Test;

/** What is said of a failure: the reason, and no value. */
class CaptureFailureTest {

    private static final String VALUE = "secret";

    private static <T extends Throwable> T from(String place, T error) {
        error.setStackTrace(new StackTraceElement[] {new StackTraceElement(place, "method", null, 1)});
        return error;
    }

    private static String description(Throwable error) {
        return CaptureFailure.of(error).getMessage();
    }

    @Test
    void whoCannotReadAValueIsNotQuoted() {
        Throwable unreadable = new NumberFormatException("For input string: " + VALUE);
        Throwable stopped = from(
                "io.debezium.pipeline.ErrorHandler",
                new org.apache.kafka.connect.errors.ConnectException(
                        "the producer stopped", new DebeziumException(unreadable)));
        assertThat(description(stopped))
                .doesNotContain(VALUE)
                .startsWith("the producer stopped:" + " java.lang.NumberFormatException at ")
                .contains("CaptureFailureTest.whoCannotReadAValueIsNotQuoted");
        assertThat(description(new DataException(VALUE))).doesNotContain(VALUE).contains("DataException");
        assertThat(description(new SQLException("Bad value: " + VALUE, "22007")))
                .doesNotContain(VALUE)
                .contains("SQLException");
        assertThat(description(new SQLException("Bad value: " + VALUE))).doesNotContain(VALUE);
    }

    @Test
    void onlyPlacesThatReadNoValuesAreQuoted() {
        for (String place : List.of(
                "io.debezium.connector.postgresql.connection.DateTimeFormat$ISODateTimeFormat",
                "io.debezium.relational.TableSchemaBuilder",
                "io.debezium.anything.New",
                "java.lang.Long")) {
            assertThat(description(from(place, new org.apache.kafka.connect.errors.ConnectException(VALUE))))
                    .as(place)
                    .doesNotContain(VALUE)
                    .contains(place);
            assertThat(description(from(place, new IllegalStateException(VALUE))))
                    .as(place)
                    .doesNotContain(VALUE);
            assertThat(description(from(place, new IOException(VALUE))))
                    .as(place)
                    .doesNotContain(VALUE);
        }
        assertThat(description(from(
                        "io.debezium.connector.postgresql.connection.PostgresReplicationConnection",
                        new DebeziumException("no publication"))))
                .isEqualTo("no publication");
    }

    @Test
    void serversConnectionsAndSettingsAre() {
        assertThat(description(new SQLException("password authentication failed", "28P01")))
                .isEqualTo("password authentication failed");
        assertThat(description(new SQLException(
                        "Connection refused. Check the port.",
                        "08001",
                        from("sun.nio.ch.Net", new ConnectException("Connection refused")))))
                .isEqualTo("Connection refused. Check the port.");
        assertThat(description(new IllegalStateException(
                        "a batch failed", new ExecutionException(new RecordTooLargeException("too large")))))
                .isEqualTo("a batch failed: too large");
        assertThat(description(CaptureFailure.of(new IllegalStateException("moved by hand"))))
                .isEqualTo("moved by hand");
    }

    @Test
    void aLogThatPostgresCannotDecodeHasARemedy() {
        SQLException internal =
                new SQLException("ERROR: could not map filenumber \"base/1/2\" to relation OID", "XX000");
        assertThat(description(new DebeziumException(internal)))
                .contains("could not map filenumber", "drop the slot, run 'olap-sync rebuild --all'");
    }
}

package dev.olapsync.deadletter;

import dev.olapsync.kafka.Records;
import dev.olapsync.kafka.Topics;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.pipeline.RecordHeaders;
import dev.olapsync.postgres.Position;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.component.kafka.KafkaConstants;
import org.apache.camel.support.DefaultExchange;

/**
 * Sends records and rows that cannot be processed to {@code olap.dlq}, so that they do not hold up the others: the
 * original record, with headers that say where it came from and what is wrong with it.
 */
public final class DeadLetters {

    public static final String ERROR = "olap.error";
    public static final String TOPIC = "olap.topic";
    public static final String PARTITION = "olap.partition";
    public static final String OFFSET = "olap.offset";
    public static final String MODEL = "olap.model";
    public static final String POSITION = "olap.position";

    private DeadLetters() {}

    /** The kinds that are counted separately. */
    private enum Cause {
        /** A record that no row can be derived from. */
        RECORD,
        /** A value that ClickHouse cannot hold. */
        VALUE,
        /** A row that Postgres or ClickHouse refused. */
        ROW,
        /** Many rows that cannot be computed for one reason. */
        ROWS
    }

    /** A record that no row can be derived from. */
    public static Exchange ofRecord(CamelContext context, Message polled, String error) {
        Exchange deadLetter =
                deadLetter(context, Cause.RECORD, polled.getHeader(KafkaConstants.KEY), polled.getBody(), error);
        cameFrom(deadLetter, polled);
        for (String header : List.of(RecordHeaders.EPOCH, RecordHeaders.COMMIT_MILLIS)) {
            deadLetter.getMessage().setHeader(header, polled.getHeader(header));
        }
        return deadLetter;
    }

    /**
     * A row with values that ClickHouse cannot hold.
     *
     * @param unheld columns that are NULL instead; null if there are none
     * @param refused columns that cannot be NULL, so that the row was not written; null if there are none
     */
    public static Exchange ofRow(
            CamelContext context,
            String model,
            String key,
            byte[] json,
            Position position,
            String unheld,
            String refused) {
        Exchange deadLetter =
                deadLetter(context, Cause.VALUE, key.getBytes(StandardCharsets.UTF_8), json, notHeld(unheld, refused));
        deadLetter.getMessage().setHeader(MODEL, model);
        deadLetter.getMessage().setHeader(POSITION, position.sequence());
        return deadLetter;
    }

    /** The error of such a row. */
    public static String notHeld(String unheld, String refused) {
        return refused != null
                ? "not written, ClickHouse cannot hold the value of " + refused
                : "written with NULL, ClickHouse cannot hold the value of " + unheld;
    }

    /**
     * A row that Postgres or ClickHouse refused because of its values.
     *
     * @param json the row, if it is known
     * @param polled the record that contained the row; null if there was none
     */
    public static Exchange ofRefusedRow(
            CamelContext context,
            String model,
            byte[] key,
            byte[] json,
            Position position,
            String error,
            Message polled) {
        Exchange deadLetter = deadLetter(context, Cause.ROW, key, json, error);
        deadLetter.getMessage().setHeader(MODEL, model);
        deadLetter.getMessage().setHeader(POSITION, position.sequence());
        if (polled != null) {
            cameFrom(deadLetter, polled);
        }
        return deadLetter;
    }

    /**
     * Rows that cannot be computed for one reason.
     *
     * @param again the record that has them read again
     * @param key of the row that is the reason; null if there is none
     */
    public static Exchange ofRows(CamelContext context, Exchange again, String key, String error) {
        Exchange deadLetter = deadLetter(
                context,
                Cause.ROWS,
                key == null ? null : key.getBytes(StandardCharsets.UTF_8),
                again.getMessage().getBody(),
                error);
        deadLetter.getMessage().setHeader(TOPIC, again.getMessage().getHeader(KafkaConstants.OVERRIDE_TOPIC));
        return deadLetter;
    }

    private static void cameFrom(Exchange deadLetter, Message polled) {
        deadLetter.getMessage().setHeader(TOPIC, polled.getHeader(KafkaConstants.TOPIC, String.class));
        deadLetter.getMessage().setHeader(PARTITION, polled.getHeader(KafkaConstants.PARTITION, Integer.class));
        deadLetter.getMessage().setHeader(OFFSET, polled.getHeader(KafkaConstants.OFFSET, Long.class));
    }

    /** Publishes dead letters and returns when the broker has acknowledged them; throws if it has not. */
    public static void send(CamelContext context, List<Exchange> deadLetters) throws IOException {
        if (!deadLetters.isEmpty()) {
            try (ProducerTemplate route = context.createProducerTemplate()) {
                route.sendBody("direct:dead-letters", new Records(deadLetters));
            }
        }
    }

    private static Exchange deadLetter(CamelContext context, Cause cause, Object key, Object body, String error) {
        OlapSync olapSync = OlapSync.of(context);
        olapSync.metrics().deadLetter(cause.name().toLowerCase(Locale.ROOT));
        Exchange deadLetter = new DefaultExchange(context);
        boolean tooLarge = body instanceof byte[] content && content.length > Topics.LARGEST_VALUE;
        deadLetter.getMessage().setBody(tooLarge ? null : body);
        deadLetter
                .getMessage()
                .setHeader(KafkaConstants.OVERRIDE_TOPIC, olapSync.topics().deadLetters());
        if (key != null) {
            deadLetter.getMessage().setHeader(KafkaConstants.KEY, key);
        }
        deadLetter
                .getMessage()
                .setHeader(ERROR, error + (tooLarge ? " (the content is too large for a dead letter)" : ""));
        return deadLetter;
    }
}

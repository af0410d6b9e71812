package dev.olapsync.enrich;

import dev.olapsync.schema.Topics;
import java.nio.charset.StandardCharsets;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.component.kafka.KafkaConstants;
import org.apache.camel.support.DefaultExchange;

/**
 * What cannot be processed goes to {@code olap.dlq}, so that its neighbours are not held up: the record as it was, with
 * headers that say where it came from and what is wrong with it.
 */
final class DeadLetters {

    static final String ERROR = "olap.error";
    static final String TOPIC = "olap.topic";
    static final String PARTITION = "olap.partition";
    static final String OFFSET = "olap.offset";
    static final String MODEL = "olap.model";
    static final String POSITION = "olap.position";

    private DeadLetters() {
    }

    /** A change that no look-up can be derived from. */
    static Exchange ofChange(CamelContext context, Message change, String error) {
        Exchange letter = letter(context, change.getHeader(KafkaConstants.KEY), change.getBody(), error);
        letter.getMessage().setHeader(TOPIC, change.getHeader(KafkaConstants.TOPIC, String.class));
        letter.getMessage().setHeader(PARTITION, change.getHeader(KafkaConstants.PARTITION, Integer.class));
        letter.getMessage().setHeader(OFFSET, change.getHeader(KafkaConstants.OFFSET, Long.class));
        return letter;
    }

    /** A row with values that ClickHouse cannot hold. */
    static Exchange ofRow(CamelContext context, FinishedRow row, String error) {
        Exchange letter = letter(context, row.key().getBytes(StandardCharsets.UTF_8),
                row.json().getBytes(StandardCharsets.UTF_8), error);
        letter.getMessage().setHeader(MODEL, row.model());
        letter.getMessage().setHeader(POSITION, row.cause().position().sequence());
        return letter;
    }

    private static Exchange letter(CamelContext context, Object key, Object body, String error) {
        Exchange letter = new DefaultExchange(context);
        letter.getMessage().setBody(body);
        letter.getMessage().setHeader(KafkaConstants.OVERRIDE_TOPIC, Topics.DEAD_LETTERS);
        if (key != null) {
            letter.getMessage().setHeader(KafkaConstants.KEY, key);
        }
        letter.getMessage().setHeader(ERROR, error);
        return letter;
    }
}

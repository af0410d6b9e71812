package dev.olapsync.capture;

import dev.olapsync.capture.debezium.SchemaCache;
import dev.olapsync.capture.debezium.StructJson;
import dev.olapsync.deadletter.DeadLetters;
import dev.olapsync.kafka.Records;
import dev.olapsync.kafka.Topics;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.pipeline.RecordHeaders;
import dev.olapsync.postgres.TableName;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.apache.camel.component.kafka.KafkaConstants;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;

/**
 * Converts each change of a batch into a Kafka record: Debezium's JSON envelope, keyed by the primary key. If a change
 * is larger than a record may be, its long values are left out, see {@link ChangeReducer}. A record of {@link
 * CapturedPosition} is added to the batch.
 *
 * <p>Not thread safe: only the thread of the engine calls it, because the two caches are not synchronized.
 */
public class ChangeEvents implements Processor {

    /**
     * Exchange property: the {@link CapturedPosition} up to which the slot is confirmed at most when the batch is done.
     */
    static final String CAPTURED = "olap.captured";

    private final StructJson json = new StructJson();
    private final SchemaCache<String> topics = new SchemaCache<>();

    @Override
    public void process(Exchange exchange) throws InterruptedException {
        OlapSync olapSync = OlapSync.of(exchange.getContext());
        List<Exchange> records = new ArrayList<>();
        for (Object change : exchange.getMessage().getBody(List.class)) {
            toKafkaRecord(((Exchange) change).getMessage(), olapSync);
            records.add((Exchange) change);
        }
        CapturedPosition captured = exchange.getProperty(CAPTURED, CapturedPosition.class);
        if (captured != null) {
            records.add(captured.record(exchange.getContext()));
        }
        exchange.getMessage().setBody(new Records(records));
    }

    private void toKafkaRecord(Message message, OlapSync olapSync) throws InterruptedException {
        SourceRecord change = message.getBody(SourceRecord.class);
        Struct envelope = (Struct) change.value();
        String topic = topics.get(envelope.schema(), schema -> topic(envelope, olapSync.topics()));
        olapSync.topics().ensure(topic);
        message.setHeader(RecordHeaders.EPOCH, olapSync.epoch());
        message.setHeader(KafkaConstants.OVERRIDE_TOPIC, topic);
        if (change.key() != null) {
            message.setHeader(KafkaConstants.KEY, json.bytes((Struct) change.key()));
        }
        byte[] event = json.bytes(envelope);
        if (event.length <= Topics.LARGEST_VALUE) {
            message.setBody(event);
        } else {
            setReduced(message, topic, event, olapSync.topics());
        }
    }

    /** The change of a row keeps its key. Only a refresh request can still be too large. */
    private static void setReduced(Message message, String topic, byte[] event, Topics topics) {
        Optional<byte[]> reduced = ChangeReducer.reduced(event, Topics.LARGEST_VALUE);
        message.setBody(reduced.orElse(null));
        if (reduced.isEmpty()) {
            message.setHeader(KafkaConstants.OVERRIDE_TOPIC, topics.deadLetters());
            message.setHeader(DeadLetters.TOPIC, topic);
            message.setHeader(
                    DeadLetters.ERROR,
                    "a record of " + event.length + " bytes is larger than the topics' " + Topics.LARGEST_VALUE
                            + "; write several refresh requests with fewer keys instead of this one");
        }
    }

    private static String topic(Struct envelope, Topics topics) {
        if ("m".equals(envelope.getString("op"))) {
            return topics.refreshRequests();
        }
        Struct source = envelope.getStruct("source");
        return topics.changes(new TableName(source.getString("schema"), source.getString("table")));
    }
}

package dev.olapsync.capture;

import dev.olapsync.capture.debezium.SchemaCache;
import dev.olapsync.capture.debezium.StructJson;
import dev.olapsync.deadletter.DeadLetters;
import dev.olapsync.kafka.Records;
import dev.olapsync.kafka.Topics;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.pipeline.RecordHeaders;
import dev.olapsync.postgres.TableName;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
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
    private final SchemaCache<String> topicNames = new SchemaCache<>();

    @Override
    public void process(Exchange exchange) throws InterruptedException {
        OlapSync olapSync = OlapSync.of(exchange.getContext());
        Records records = new Records();
        Header epoch = RecordHeaders.epoch(olapSync.epoch());
        for (Object change : exchange.getMessage().getBody(List.class)) {
            add(records, (SourceRecord) change, olapSync.topics(), epoch);
        }
        CapturedPosition captured = exchange.getProperty(CAPTURED, CapturedPosition.class);
        if (captured != null) {
            records.add(captured.record(exchange.getContext()));
        }
        exchange.getMessage().setBody(records);
    }

    private void add(Records records, SourceRecord change, Topics topics, Header epoch) throws InterruptedException {
        Struct envelope = (Struct) change.value();
        String topic = topicNames.get(envelope.schema(), schema -> topic(envelope, topics));
        topics.ensure(topic);
        byte[] key = change.key() == null ? null : json.bytes((Struct) change.key());
        byte[] event = json.bytes(envelope);
        if (event.length <= Topics.LARGEST_VALUE) {
            records.add(topic, key, event, epoch);
            return;
        }
        Optional<byte[]> reduced = ChangeReducer.reduced(event, Topics.LARGEST_VALUE);
        if (reduced.isPresent()) {
            records.add(topic, key, reduced.get(), epoch);
        } else {
            // the change of a row keeps its key, so only a refresh request can still be too large
            records.add(
                    topics.deadLetters(),
                    key,
                    null,
                    epoch,
                    text(DeadLetters.TOPIC, topic),
                    text(
                            DeadLetters.ERROR,
                            "a record of " + event.length + " bytes is larger than the topics' " + Topics.LARGEST_VALUE
                                    + "; write several refresh requests with fewer keys instead of this one"));
        }
    }

    private static Header text(String name, String value) {
        return new RecordHeader(name, value.getBytes(StandardCharsets.UTF_8));
    }

    private static String topic(Struct envelope, Topics topics) {
        if ("m".equals(envelope.getString("op"))) {
            return topics.refreshRequests();
        }
        Struct source = envelope.getStruct("source");
        return topics.changes(new TableName(source.getString("schema"), source.getString("table")));
    }
}

package dev.olapsync.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.olapsync.capture.debezium.ChangeBatch;
import dev.olapsync.capture.debezium.ChangeBatches;
import io.debezium.engine.ChangeEvent;
import io.debezium.engine.DebeziumEngine.Offsets;
import io.debezium.engine.DebeziumEngine.RecordCommitter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.AsyncProcessorSupport;
import org.apache.camel.support.DefaultConsumer;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Batches on their way through a route that a test completes, and what is confirmed of them. */
@Timeout(60)
class BatchPublisherTest {

    private static final long CAPTURED = 100;

    private static final Schema SOURCE = SchemaBuilder.struct()
            .field("sequence", Schema.STRING_SCHEMA)
            .field("schema", Schema.STRING_SCHEMA)
            .build();
    private static final Schema ENVELOPE =
            SchemaBuilder.struct().field("source", SOURCE).build();
    private static final Schema HEARTBEAT =
            SchemaBuilder.struct().field("ts_ms", Schema.INT64_SCHEMA).build();

    /** An exchange that has been sent, which the test completes. */
    private record Sent(Exchange exchange, AsyncCallback callback, List<?> changes) {

        long captured() {
            return exchange.getProperty(ChangeEvents.CAPTURED, CapturedPosition.class)
                    .lsn();
        }

        void acknowledge() {
            callback.done(false);
        }

        void fail() {
            exchange.setException(new IllegalStateException("out of order"));
            callback.done(false);
        }
    }

    private record Event(SourceRecord value) implements ChangeEvent<SourceRecord, SourceRecord> {

        @Override
        public SourceRecord key() {
            return null;
        }

        @Override
        public String destination() {
            return null;
        }

        @Override
        public Integer partition() {
            return null;
        }
    }

    /** Notes what is confirmed, in its order. */
    private static final class Committer implements RecordCommitter<ChangeEvent<SourceRecord, SourceRecord>> {

        private final List<Object> processed = new ArrayList<>();
        private int finished;

        @Override
        public void markProcessed(ChangeEvent<SourceRecord, SourceRecord> event) {
            processed.add(event.value());
        }

        @Override
        public void markBatchFinished() {
            finished++;
        }

        @Override
        public void markProcessed(ChangeEvent<SourceRecord, SourceRecord> event, Offsets offsets) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Offsets buildOffsets() {
            throw new UnsupportedOperationException();
        }
    }

    private final DefaultCamelContext context = new DefaultCamelContext();
    private final List<Sent> sent = new ArrayList<>();
    private final Committer committer = new Committer();
    private Consumer<Sent> route = Sent::acknowledge;
    private BatchPublisher publisher;

    @BeforeEach
    void start() {
        context.start();
        DefaultConsumer consumer =
                new DefaultConsumer(context.getEndpoint("direct:write-ahead-log"), new AsyncProcessorSupport() {

                    @Override
                    public boolean process(Exchange exchange, AsyncCallback callback) {
                        Sent next = new Sent(
                                exchange, callback, exchange.getMessage().getBody(List.class));
                        sent.add(next);
                        route.accept(next);
                        return false;
                    }
                });
        publisher = new BatchPublisher(consumer, new CapturedPosition(null, CAPTURED));
    }

    @AfterEach
    void stop() throws Exception {
        context.close();
    }

    private static SourceRecord change(String sequence, long committed) {
        Struct source = new Struct(SOURCE).put("sequence", sequence).put("schema", "public");
        return new SourceRecord(
                Map.of(),
                Map.of("lsn_commit", committed),
                "topic",
                ENVELOPE,
                new Struct(ENVELOPE).put("source", source));
    }

    private static ChangeBatch batch(boolean full, long committed) {
        return ChangeBatches.of(full, change("[\"8\",\"16\"]", committed));
    }

    private void handle(ChangeBatch... batches) throws InterruptedException {
        List<ChangeEvent<SourceRecord, SourceRecord>> events = new ArrayList<>();
        for (ChangeBatch batch : batches) {
            events.add(new Event(batch));
        }
        publisher.handleBatch(events, committer);
    }

    @Test
    void aFullBatchIsNotConfirmedBeforeItIsAcknowledged() throws Exception {
        route = held -> {};
        handle(batch(true, 110));
        assertThat(sent).hasSize(1);
        assertThat(committer.processed).isEmpty();
        assertThat(publisher.haveBegun()).isFalse();
    }

    @Test
    void aBatchThatIsNotFullIsConfirmedAtOnceWhenItIsAcknowledged() throws Exception {
        ChangeBatch batch = batch(false, 110);
        route = next -> {
            assertThat(committer.processed).isEmpty();
            next.acknowledge();
        };
        handle(batch);
        assertThat(committer.processed).containsExactly(batch);
        assertThat(committer.finished).isEqualTo(1);
        assertThat(publisher.haveBegun()).isTrue();
    }

    /** The broker may acknowledge the second one first. */
    @Test
    void batchesAreConfirmedInTheirOrder() throws Exception {
        ChangeBatch first = batch(true, 110);
        ChangeBatch second = batch(false, 120);
        route = next -> {
            if (sent.size() == 2) {
                next.acknowledge();
                assertThat(committer.processed).isEmpty();
                sent.get(0).acknowledge();
            }
        };
        handle(first, second);
        assertThat(committer.processed).containsExactly(first, second);
    }

    @Test
    void neitherABatchThatFailsNorWhatIsBehindItIsConfirmed() throws Exception {
        handle(batch(true, 110));
        route = next -> {
            if (sent.size() == 3) {
                next.acknowledge();
                sent.get(1).fail();
            }
        };
        assertThatIllegalStateException()
                .isThrownBy(() -> handle(batch(true, 120), batch(false, 130)))
                .withMessage("a batch of changes failed")
                .withStackTraceContaining("out of order");
        assertThat(committer.processed).hasSize(1);
    }

    @Test
    void thePositionOfABatchIsPublishedWithItBeforeItIsConfirmed() throws Exception {
        handle(batch(true, 110), batch(true, 120));
        assertThat(sent).extracting(Sent::captured).containsExactly(110L, 120L);
        assertThat(committer.processed).hasSize(1);
    }

    @Test
    void thePublishedPositionNeverFallsBack() throws Exception {
        handle(batch(false, CAPTURED - 50), batch(false, 110), batch(false, 105));
        assertThat(sent).extracting(Sent::captured).containsExactly(CAPTURED, 110L, 110L);
    }

    @Test
    void aStreamBeginsWithTheCapturedPosition() throws Exception {
        handle(ChangeBatches.begin(CAPTURED));
        assertThat(sent).singleElement().satisfies(first -> {
            assertThat(first.changes()).isEmpty();
            assertThat(first.captured()).isEqualTo(CAPTURED);
        });
        assertThat(committer.processed).isEmpty();
    }

    @Test
    void aSlotThatWasMovedStopsCaptureBeforeTheFirstChange() {
        assertThatIllegalStateException()
                .isThrownBy(() -> handle(ChangeBatches.begin(CAPTURED + 1), batch(false, 110)))
                .withMessageContaining("the replication slot was moved from 0/64 to 0/65");
        assertThat(sent).isEmpty();
    }

    @Test
    void aHeartbeatIsConfirmedAndNotPublished() throws Exception {
        SourceRecord heartbeat = new SourceRecord(
                Map.of(), Map.of("lsn_commit", 110L), "topic", HEARTBEAT, new Struct(HEARTBEAT).put("ts_ms", 1L));
        handle(ChangeBatches.of(false, heartbeat));
        assertThat(sent.get(0).changes()).isEmpty();
        assertThat(committer.processed).hasSize(1);
    }

    @Test
    void beforeTheFirstCommitOfAStreamTheConfirmedPositionStandsForIt() throws Exception {
        handle(
                ChangeBatches.begin(CAPTURED - 10),
                ChangeBatches.of(false, change("[null,\"116\"]", 110), change("[\"110\",\"120\"]", 110)));
        assertThat(sent.get(1).changes())
                .extracting(change -> ((Struct) ((SourceRecord) change).value())
                        .getStruct("source")
                        .getString("sequence"))
                .containsExactly("[\"90\",\"116\"]", "[\"110\",\"120\"]");
    }
}

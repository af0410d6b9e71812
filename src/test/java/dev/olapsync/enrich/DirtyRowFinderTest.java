package dev.olapsync.enrich;

import static dev.olapsync.enrich.Changes.change;
import static dev.olapsync.enrich.Changes.message;
import static org.assertj.core.api.Assertions.assertThat;

import dev.olapsync.clickhouse.RowOrigin;
import dev.olapsync.deadletter.DeadLetters;
import dev.olapsync.enrich.DirtyKeys.Cause;
import dev.olapsync.kafka.Records;
import dev.olapsync.kafka.Topics;
import dev.olapsync.model.LookUp;
import dev.olapsync.model.Model;
import dev.olapsync.model.TestModels;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.postgres.Position;
import dev.olapsync.postgres.TableName;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which look-ups a batch of changes leads to, and what it publishes without one. */
class DirtyRowFinderTest {

    /** That of each change here. */
    private static final Instant COMMITTED = Instant.ofEpochMilli(1_700_000_000_123L);

    private static final TableName ORDERS = new TableName("public", "orders");
    private static final TableName CUSTOMERS = new TableName("public", "customers");
    private static final TableName PRODUCTS = new TableName("public", "products");
    private static final TableName JOURNAL = new TableName("public", "journal");

    private static final Model MODEL = TestModels.model(
            "order_fact",
            model -> List.of(
                    TestModels.grain(model, ORDERS, TestModels.bigint("id")),
                    TestModels.joined(model, CUSTOMERS, true, TestModels.bigint("id")),
                    TestModels.joined(model, PRODUCTS, false, TestModels.bigint("id"))));
    private static final Model HISTORY = TestModels.withHistory(
            "journal", JOURNAL, TestModels.bigint("id"), TestModels.bigint("id"), TestModels.nullable("amount"));

    private final DefaultCamelContext context = new DefaultCamelContext();
    private List<DirtyKeys> lookUps;
    private List<ProducerRecord<Object, Object>> ready;

    @AfterEach
    void close() throws Exception {
        context.close();
    }

    private void find(byte[]... changes) throws Exception {
        DirtyRowFinder finder = new DirtyRowFinder();
        finder.setCamelContext(context);
        finder.use(OlapSync.of(context), TestModels.of(MODEL, HISTORY), false);
        Exchange batch = new DefaultExchange(context);
        batch.getMessage()
                .setBody(Stream.of(changes)
                        .map(change -> Changes.record(context, change))
                        .toList());
        finder.step(batch);
        @SuppressWarnings("unchecked")
        List<DirtyKeys> found = batch.getMessage().getBody(List.class);
        lookUps = found;
        ready = batch.getVariable(DirtyRowFinder.READY, Records.class).all();
    }

    private void set(String name, int value) {
        Properties properties = new Properties();
        properties.setProperty(name, String.valueOf(value));
        context.getPropertiesComponent().setInitialProperties(properties);
    }

    private static byte[] order(long id, long lsn) {
        return change('u', ORDERS, null, "{\"id\":" + id + "}", lsn);
    }

    private String topic(int place) {
        return ready.get(place).topic();
    }

    private String content(int place) {
        return new String((byte[]) ready.get(place).value(), StandardCharsets.UTF_8);
    }

    private List<String> errors() {
        return ready.stream()
                .map(deadLetter -> new String(
                        deadLetter.headers().lastHeader(DeadLetters.ERROR).value(), StandardCharsets.UTF_8))
                .toList();
    }

    @Test
    void aKeyIsReadOnceWithTheGreatestPositionOfItsChanges() throws Exception {
        find(order(1, 24), order(2, 32), order(1, 16));
        assertThat(lookUps).singleElement().satisfies(keys -> {
            assertThat(keys.keys()).containsExactly(List.of("1"), List.of("2"));
            assertThat(keys.cause(1).position()).isEqualTo(new Position(0, 8, 24));
            assertThat(keys.cause(2).position()).isEqualTo(new Position(0, 8, 32));
        });
        assertThat(ready).isEmpty();
    }

    @Test
    void eachTableOfAModelHasALookUpOfItsOwn() throws Exception {
        find(order(1, 16), change('u', CUSTOMERS, null, "{\"id\":7}", 24), order(2, 32));
        assertThat(lookUps)
                .extracting(DirtyKeys::lookUp)
                .containsExactlyElementsOf(MODEL.lookUps().subList(0, 2));
        assertThat(lookUps.get(0).keys()).containsExactly(List.of("1"), List.of("2"));
        assertThat(lookUps.get(1).keys()).containsExactly(List.of("7"));
    }

    @Test
    void eachKeyHasTheOriginOfTheChangeThatCounts() throws Exception {
        find(
                change('c', ORDERS, null, "{\"id\":1}", 16),
                order(1, 24),
                change('d', ORDERS, "{\"id\":2}", null, 32),
                change('d', CUSTOMERS, "{\"id\":7}", null, 40));
        assertThat(lookUps.get(0).cause(1).origin()).isEqualTo(new RowOrigin("update", COMMITTED));
        assertThat(lookUps.get(0).cause(2).origin()).isEqualTo(new RowOrigin("delete", COMMITTED));
        assertThat(lookUps.get(1).cause(1).origin()).isEqualTo(new RowOrigin("joined", COMMITTED));
        find(message(request("order_fact", 1, 1), "7"));
        assertThat(lookUps.get(0).cause(1).origin()).isEqualTo(new RowOrigin("read", COMMITTED));
    }

    /** A change of a table that is joined to itself. */
    @Test
    void aRowOfItsOwnChangeIsNotAJoinedOne() {
        Position position = new Position(0, 8, 16);
        Cause own = new Cause(position, new RowOrigin("update", COMMITTED));
        Cause joined = new Cause(position, new RowOrigin("joined", COMMITTED));
        assertThat(Cause.latest(own, joined)).isSameAs(own);
        assertThat(Cause.latest(joined, own)).isSameAs(own);
        Cause later = new Cause(new Position(0, 8, 24), new RowOrigin("joined", COMMITTED));
        assertThat(Cause.latest(own, later)).isSameAs(later);
    }

    @Test
    void moreKeysThanABatchMayHaveAreSeveralLookUps() throws Exception {
        set("olap.batch.rows", 2);
        find(order(1, 16), order(2, 24), order(3, 32), order(4, 40), order(5, 48));
        assertThat(lookUps).extracting(DirtyKeys::size).containsExactly(2, 2, 1);
    }

    /** A look-up of the grain finds a row for each key, one of a parent up to a batch. */
    @Test
    void theRowsOfABatchShareItsBytes() throws Exception {
        set("olap.batch.bytes", 1 << 20);
        find(IntStream.range(0, 8).mapToObj(id -> order(id, 16)).toArray(byte[][]::new));
        assertThat(lookUps.get(0).getParameters()).containsEntry("k2", (1L << 20) / 8);
        find(change('u', CUSTOMERS, null, "{\"id\":7}", 24));
        assertThat(lookUps.get(0).getParameters()).containsEntry("k2", (1L << 20) / 5000);
        find(order(1, 16));
        assertThat(lookUps.get(0).getParameters()).containsEntry("k2", (long) Topics.LARGEST_ROW);
    }

    @Test
    void theChildrenOfAParentThatASnapshotReadsAreNotLookedUp() throws Exception {
        find(change('r', CUSTOMERS, null, "{\"id\":7}", 16), change('r', ORDERS, null, "{\"id\":1}", 24));
        assertThat(lookUps).singleElement().satisfies(keys -> {
            assertThat(keys.lookUp().ofGrain()).isTrue();
            assertThat(keys.cause(1).position()).isEqualTo(Position.start(0));
        });
    }

    @Test
    void aTruncateOfTheGrainOrOfARequiredParentHidesAllRows() throws Exception {
        find(change('t', ORDERS, null, null, 16), change('t', CUSTOMERS, null, null, 24));
        assertThat(lookUps).isEmpty();
        assertThat(ready).hasSize(2);
        assertThat(topic(0)).isEqualTo("olap._truncates");
        assertThat(content(0))
                .contains("\"model\":\"order_fact\"")
                .contains(new Position(0, 8, 16).version().toString());
        assertThat(content(1)).contains(new Position(0, 8, 24).version().toString());
    }

    @Test
    void aTruncateOfAParentThatNeedNotBeThereHasAllRowsReadAgain() throws Exception {
        find(change('t', PRODUCTS, null, null, 16));
        assertThat(ready).hasSize(1);
        assertThat(topic(0)).isEqualTo("olap-fanout");
        assertThat(FanOutRequest.parse(content(0).getBytes(StandardCharsets.UTF_8), TestModels.of(MODEL)))
                .satisfies(fanOut -> {
                    assertThat(fanOut.cause().origin()).isEqualTo(new RowOrigin("joined", COMMITTED));
                    assertThat(fanOut.keys()).isEmpty();
                    assertThat(fanOut.isToBeListed()).isTrue();
                });
    }

    @Test
    void aTruncateEndsTheVersionsOfAHistoryToo() throws Exception {
        find(change('t', JOURNAL, null, null, 16));
        assertThat(List.of(topic(0), topic(1))).containsExactly("olap._truncates", "olap.journal_history");
    }

    @Test
    void whatIsNoChangeBecomesADeadLetterAndItsNeighboursAreLookedUp() throws Exception {
        find(order(1, 16), "no change".getBytes(StandardCharsets.UTF_8), order(2, 24));
        assertThat(lookUps).singleElement().satisfies(keys -> assertThat(keys.size())
                .isEqualTo(2));
        assertThat(errors()).singleElement().asString().contains("not a change event");
        assertThat(ready.get(0).headers().lastHeader(DeadLetters.OFFSET).value())
                .isEqualTo(ByteBuffer.allocate(Long.BYTES).putLong(5).array());
    }

    @Test
    void aChangeThatDoesNotCarryItsKeyBecomesADeadLetterAndNothingIsLookedUp() throws Exception {
        find(change('d', ORDERS, "{\"name\":\"a\"}", null, 16), change('u', ORDERS, null, null, 24));
        assertThat(lookUps).isEmpty();
        assertThat(errors())
                .satisfiesExactly(
                        error -> assertThat(error).contains("public.orders has no column id"),
                        error -> assertThat(error).contains("public.orders carries no row"));
    }

    @Test
    void ofATableThatNoModelReadsOneChangeBecomesADeadLetter() throws Exception {
        TableName unread = new TableName("public", "unread");
        find(change('c', unread, null, "{\"id\":1}", 16), change('c', unread, null, "{\"id\":2}", 24), order(1, 32));
        assertThat(errors()).singleElement().asString().contains("no model reads the table public.unread");
        assertThat(lookUps).hasSize(1);
    }

    private static String request(String model, int keys, int columns) {
        String key = IntStream.range(0, columns).mapToObj(i -> "\"%d\"").collect(Collectors.joining(",", "[", "]"));
        return "{\"model\":\"" + model + "\",\"keys\":"
                + IntStream.range(0, keys)
                        .mapToObj(id -> key.replace("%d", String.valueOf(id)))
                        .collect(Collectors.joining(",", "[", "]"))
                + "}";
    }

    @Test
    void aRefreshRequestIsReadWithTheChangesOfItsModel() throws Exception {
        find(order(1, 8), message(request("order_fact", 2, 1), "7"));
        assertThat(lookUps).singleElement().satisfies(keys -> {
            assertThat(keys.keys()).containsExactly(List.of("1"), List.of("0"));
            assertThat(keys.cause(1).position()).isEqualTo(new Position(0, 8, 16));
        });
    }

    @Test
    void aRefreshRequestOfVeryManyRowsIsLeftToTheFanOut() throws Exception {
        find(message(request("order_fact", FanOutRequest.KEYS + 1, 1), "7"));
        assertThat(lookUps).isEmpty();
        assertThat(ready).hasSize(2);
        assertThat(topic(0)).isEqualTo("olap-fanout");
    }

    /** Its position would be before that of changes that its own session has not committed. */
    @Test
    void whatIsWrongWithARefreshRequestIsInItsDeadLetter() throws Exception {
        find(
                message(request("order_fact", 1, 1), "null"),
                message(request("elsewhere", 1, 1), "7"),
                message(request("order_fact", 1, 2), "7"),
                message("{}", "7"));
        assertThat(lookUps).isEmpty();
        assertThat(errors())
                .satisfiesExactly(
                        error -> assertThat(error).contains("not transactional"),
                        error -> assertThat(error).contains("the model elsewhere, which is not configured"),
                        error -> assertThat(error).contains("whose keys have 1 columns"),
                        error -> assertThat(error).contains("not a refresh request"));
    }

    @Test
    void aBarrierMessageMakesNoRowDirty() throws Exception {
        find(message("{\"marker\":\"1\"}", "7"));
        assertThat(lookUps).isEmpty();
        assertThat(ready).isEmpty();
    }

    @Test
    void aChangeThatAHistoryCannotKeepIsReadForTheModelAllTheSame() throws Exception {
        find(
                change('u', JOURNAL, "{\"id\":1,\"amount\":1}", "{\"id\":1,\"amount\":2}", 16),
                change('u', JOURNAL, null, "{\"id\":2,\"amount\":2}", 24));
        Map<Boolean, DirtyKeys> byKind = lookUps.stream()
                .collect(Collectors.toMap(
                        keys -> keys.lookUp() == HISTORY.lookUps().get(0), keys -> keys));
        assertThat(byKind.get(true).keys()).containsExactly(List.of("1"), List.of("2"));
        LookUp versions = HISTORY.history().orElseThrow().lookUp();
        assertThat(byKind.get(false)).satisfies(keys -> {
            assertThat(keys.lookUp()).isSameAs(versions);
            assertThat(keys.size()).isEqualTo(1);
        });
        assertThat(errors()).singleElement().asString().startsWith("journal_history: not written, ");
    }
}

package dev.olapsync.fanout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.olapsync.clickhouse.RowOrigin;
import dev.olapsync.enrich.DirtyKeys;
import dev.olapsync.enrich.DirtyKeys.Cause;
import dev.olapsync.model.LookUp;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.postgres.Position;
import dev.olapsync.scenario.Scenario;
import dev.olapsync.tables.ClickHouseTables;
import java.time.Instant;
import java.util.List;
import java.util.Properties;
import java.util.stream.IntStream;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Which rows of the fan-out are copied, and which are left to be looked up; no route runs. A model is joined as a
 * whole, or, because one of its functions can fail, key by key.
 */
class ChildrenCopyTest {

    private static final int BATCH = 10;
    private static final Cause CAUSE = cause(1, "update");

    private final DefaultCamelContext context = new DefaultCamelContext();
    private Scenario shop;
    private OlapSync olapSync;

    @BeforeEach
    void createTables() throws Exception {
        shop = Scenario.of(
                "children",
                "CREATE TABLE \"Order \"\"x\"\" Ж\" (a int, \"B, b\" text, n int, due date, note text, PRIMARY KEY (a, \"B, b\"))");
        shop.postgres("CREATE FUNCTION half(n int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS"
                + " $$ BEGIN RETURN n / 2; END $$");
        shop.set("olap.batch.rows", BATCH).set("olap.batch.bytes", 100_000);
        String select =
                "-- metadata: op, commit_time\nSELECT a, \"B, b\", half(n) AS half, due, note FROM \"Order \"\"x\"\" Ж\" WHERE ";
        shop.model("joined", select + "n IS NOT NULL");
        shop.model("apart", select + "half(n) IS NOT NULL");
        shop.removeModel("scenario_marker");
        Properties properties = new Properties();
        properties.putAll(shop.configuration());
        context.getPropertiesComponent().setInitialProperties(properties);
        olapSync = OlapSync.of(context);
        new ClickHouseTables(olapSync.clickHouse()).ensure(olapSync.models());
        shop.postgres(
                "INSERT INTO \"Order \"\"x\"\" Ж\" SELECT i, E'\\\\ \\t{\"' || i, i, '2026-01-01', E'tab\\t\\\\N ' || i"
                        + " FROM generate_series(1, 100) i");
    }

    @AfterEach
    void close() throws Exception {
        olapSync.stop();
        context.close();
        shop.close();
    }

    private static Cause cause(long transaction, String operation) {
        return new Cause(
                new Position(0, 1L << 30, 1L << 30 | transaction),
                new RowOrigin(operation, Instant.parse("2026-01-02T03:04:05Z")));
    }

    private DirtyKeys keys(String model, int from, int to, Cause cause) throws Exception {
        LookUp lookUp = olapSync.models().find(model).orElseThrow().lookUps().get(0);
        DirtyKeys keys = new DirtyKeys(lookUp);
        IntStream.rangeClosed(from, to).forEach(i -> keys.add(List.of(String.valueOf(i), "\\ \t{\"" + i), cause));
        return keys;
    }

    private List<?> left(Object... work) throws Exception {
        Exchange exchange = new DefaultExchange(context);
        exchange.getMessage().setBody(List.of(work));
        new ChildrenCopy().process(exchange);
        return exchange.getMessage().getBody(List.class);
    }

    private List<String> written(String model) {
        return shop.clickHouse("SELECT count(), min(a), max(a) FROM " + model);
    }

    @ParameterizedTest
    @ValueSource(strings = {"joined", "apart"})
    void theRowsOfACauseAreCopiedTogether(String model) throws Exception {
        assertThat(left(keys(model, 1, 8, CAUSE), keys(model, 9, 50, CAUSE))).isEmpty();
        assertThat(left(keys(model, 51, 100, CAUSE))).isEmpty();
        assertThat(shop.differences().stream()
                        .filter(difference -> difference.toString().contains(model)))
                .isEmpty();
        assertThat(written(model)).containsExactly("100,1,100");
        assertThat(shop.clickHouse("SELECT DISTINCT _op, _commit_time FROM " + model))
                .containsExactly("update,2026-01-02 03:04:05");
        assertThat(shop.clickHouse("SELECT DISTINCT _version FROM " + model + "_rows"))
                .containsExactly(CAUSE.position().version().toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"joined", "apart"})
    void fewRowsAndRowsOfSeveralCausesAreLeft(String model) throws Exception {
        List<DirtyKeys> work = List.of(
                keys(model, 1, BATCH, CAUSE),
                keys(model, 21, 30, cause(2, "update")),
                keys(model, 31, 40, cause(1, "joined")));
        assertThat(left(work.toArray())).isEqualTo(work);
        DirtyKeys mixed = keys(model, 1, 50, CAUSE);
        mixed.addAll(keys(model, 51, 100, cause(2, "update")));
        assertThat(left(mixed)).isEqualTo(List.of(mixed));
        assertThat(written(model)).containsExactly("0,0,0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"joined", "apart"})
    void keysWithoutARowAreLeftInSmallParts(String model) throws Exception {
        shop.postgres("UPDATE \"Order \"\"x\"\" Ж\" SET n = NULL WHERE a BETWEEN 21 AND 35");
        List<?> left = left(keys(model, 20, 40, CAUSE));
        assertThat(left).hasSize(2).allSatisfy(part -> assertThat(((DirtyKeys) part).size())
                .isLessThanOrEqualTo(BATCH));
        assertThat(left.stream()
                        .flatMap(part -> ((DirtyKeys) part).keys().stream().map(key -> key.get(0))))
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.rangeClosed(21, 35).mapToObj(String::valueOf).toList());
        assertThat(((DirtyKeys) left.get(0)).commonCause()).contains(CAUSE);
        assertThat(shop.clickHouse("SELECT arraySort(groupArray(a)) FROM " + model))
                .containsExactly("[20,36,37,38,39,40]".replace(",", ", "));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "due = 'infinity'", // ClickHouse cannot hold it
                "note = repeat('x', 500000)" // together they are too large
            })
    void allAreLeftIfOneCannotBeCopied(String value) throws Exception {
        shop.postgres("UPDATE \"Order \"\"x\"\" Ж\" SET " + value + " WHERE a = 42");
        List<DirtyKeys> work = List.of(keys("joined", 1, 50, CAUSE), keys("joined", 51, 60, CAUSE));
        assertThat(left(work.toArray())).isEqualTo(work);
        assertThat(left(keys("joined", 61, 100, CAUSE))).isEmpty();
    }
}

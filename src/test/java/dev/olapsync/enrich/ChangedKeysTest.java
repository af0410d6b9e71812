package dev.olapsync.enrich;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.olapsync.model.KeyColumn;
import dev.olapsync.model.LookUp;
import dev.olapsync.model.TestModels;
import dev.olapsync.pipeline.ChangeEvent;
import dev.olapsync.postgres.TableName;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChangedKeysTest {

    private static final TableName ORDERS = new TableName("public", "orders");
    private static final TableName CUSTOMERS = new TableName("public", "customers");

    private static final LookUp GRAIN = TestModels.model(
                    "orders", model -> List.of(TestModels.grain(model, ORDERS, TestModels.bigint("id"))))
            .lookUps()
            .get(0);

    private static LookUp joined(KeyColumn... key) {
        return TestModels.model(
                        "orders",
                        model -> List.of(
                                TestModels.grain(model, ORDERS, TestModels.bigint("id")),
                                TestModels.joined(model, CUSTOMERS, true, key)))
                .lookUps()
                .get(1);
    }

    private static List<List<String>> keys(LookUp lookUp, char op, String before, String after) {
        return ChangedKeys.of(
                lookUp, ChangeEvent.parse(0, Changes.change(op, lookUp.table(), before, after, 16), column -> true));
    }

    @Test
    void anUpdateOfTheKeyAsksForBothKeys() {
        assertThat(keys(GRAIN, 'u', "{\"id\":1}", "{\"id\":2}")).containsExactly(List.of("1"), List.of("2"));
    }

    @Test
    void aKeyHasAllItsColumnsInTheirOrder() {
        LookUp byTwo = joined(TestModels.bigint("b"), TestModels.bigint("a"));
        assertThat(keys(byTwo, 'c', null, "{\"a\":1,\"b\":2,\"c\":3}")).containsExactly(List.of("2", "1"));
    }

    /** Capture leaves long values out of a change that is larger than a record may be. */
    @Test
    void aKeyThatCaptureHasLeftOutIsAnError() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> keys(GRAIN, 'c', null, "{\"name\":\"a\"}"))
                .withMessageContaining("public.orders has no column id")
                .withMessageContaining("16 KiB");
    }

    @Test
    void aKeyThatIsLeftOutOfOneImageIsAnErrorAlthoughTheOtherHasOne() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> keys(GRAIN, 'u', "{\"name\":\"a\"}", "{\"id\":2}"))
                .withMessageContaining("no column id");
    }

    @Test
    void aGrainWithNullInItsKeyIsAnError() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> keys(GRAIN, 'd', "{\"id\":null}", null))
                .withMessageContaining("does not carry id")
                .withMessageContaining("replica identity");
    }

    @Test
    void nullInAKeyThatCannotBeNullIsAnError() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> keys(joined(TestModels.bigint("id")), 'd', "{\"id\":null}", null))
                .withMessageContaining("does not carry id");
    }

    @Test
    void noRowRefersToAParentWhoseNullableKeyIsNull() {
        LookUp nullable = joined(TestModels.nullable("code"));
        assertThat(keys(nullable, 'u', "{\"code\":null}", "{\"code\":2}")).containsExactly(List.of("2"));
        assertThat(keys(nullable, 'c', null, "{\"code\":null}")).isEmpty();
    }

    @Test
    void aValueThatDidNotChangeIsThatOfTheOtherImage() {
        LookUp wide = joined(new KeyColumn("code", "bytea[]", KeyColumn.Format.PLAIN, false));
        String unavailable = "{\"code\":\"" + KeyColumn.UNAVAILABLE + "\"}";
        assertThat(keys(wide, 'u', "{\"code\":\"2\"}", unavailable)).containsExactly(List.of("2"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> keys(wide, 'u', unavailable, unavailable))
                .withMessageContaining("does not carry its key");
    }

    @Test
    void anUpdateWithoutTheOldRowIsAnErrorWhereTheOldKeyIsInItAlone() {
        LookUp wholeRows = TestModels.model(
                        "orders",
                        model -> List.of(
                                TestModels.grain(model, ORDERS, TestModels.bigint("id")),
                                TestModels.ofWholeRows(model, CUSTOMERS, TestModels.bigint("id"))))
                .lookUps()
                .get(1);
        assertThat(keys(wholeRows, 'c', null, "{\"id\":1}")).containsExactly(List.of("1"));
        assertThat(keys(wholeRows, 'u', "{\"id\":1}", "{\"id\":2}")).hasSize(2);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> keys(wholeRows, 'u', null, "{\"id\":2}"))
                .withMessageContaining("does not carry the old row");
    }
}

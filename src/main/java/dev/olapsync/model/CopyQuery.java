package dev.olapsync.model;

import java.util.Map;
import java.util.function.Function;

/**
 * The statements that copy the rows of a range of keys, or of a set of keys, in the text form of Postgres. COPY has no
 * parameters: the columns of the key of each bound, the lower bound first, or an array for each column of the keys, are
 * settings of the transaction, see {@link #setting}.
 */
public final class CopyQuery {

    private static final String SETTING = "olap_sync.k";

    private final Map<PageQuery.Bounds, String> count;
    private final Map<PageQuery.Bounds, String> copy;
    private final String lock;
    private final String copyOfKeys;

    CopyQuery(
            Function<PageQuery.Bounds, String> count,
            Function<PageQuery.Bounds, String> select,
            String lock,
            String selectOfKeys) {
        this.count = PageQuery.ofAll(count);
        this.copy = PageQuery.ofAll(bounds -> copy(select.apply(bounds)));
        this.lock = lock;
        this.copyOfKeys = copy(selectOfKeys);
    }

    private static String copy(String select) {
        return "COPY (" + select + ") TO STDOUT";
    }

    /** SQL for the value of a setting, by the number of the column of the bound, from 1. */
    static String setting(int number) {
        return "current_setting('" + SETTING + number + "')";
    }

    /** SQL that sets the setting for the transaction to its only parameter (text). */
    static String set(int number) {
        return "SELECT set_config('" + SETTING + number + "', ?, true)";
    }

    /** Result columns: {@code rows} (bigint) of the grain in the range; {@code current} as in {@link LookUp}. */
    String count(PageQuery.Bounds bounds) {
        return count.get(bounds);
    }

    /**
     * The columns of the model in their order, as text, and after them 0, or 1 for a row that must not be written as it
     * is: ClickHouse cannot hold a value of it, or a value is null that must not be null.
     */
    String copy(PageQuery.Bounds bounds) {
        return copy.get(bounds);
    }

    /** Result columns as {@link #count}, but {@code rows} is 0. */
    String lock() {
        return lock;
    }

    /** As {@link #copy}, for the rows of the model that have one of the keys. */
    String copyOfKeys() {
        return copyOfKeys;
    }
}

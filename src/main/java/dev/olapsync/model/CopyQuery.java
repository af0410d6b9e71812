package dev.olapsync.model;

import java.util.Map;
import java.util.function.Function;

/**
 * What copies the rows of a range of keys just as Postgres writes them. COPY takes no parameters: the key's columns of each
 * bound, the lower one first, are settings of the transaction, see {@link #setting}.
 */
public final class CopyQuery {

    private static final String SETTING = "olap_sync.k";

    private final Map<PageQuery.Bounds, String> count;
    private final Map<PageQuery.Bounds, String> copy;

    CopyQuery(Function<PageQuery.Bounds, String> count, Function<PageQuery.Bounds, String> select) {
        this.count = PageQuery.ofAll(count);
        this.copy = PageQuery.ofAll(bounds -> "COPY (" + select.apply(bounds) + ") TO STDOUT");
    }

    /** SQL for the value of a setting, by the number of the bound's column, from 1. */
    static String setting(int number) {
        return "current_setting('" + SETTING + number + "')";
    }

    /** SQL that sets it for the transaction to its only parameter (text). */
    static String set(int number) {
        return "SELECT set_config('" + SETTING + number + "', ?, true)";
    }

    /** Result columns: {@code rows} (bigint) of the grain in the range; {@code current} as in {@link LookUp}. */
    String count(PageQuery.Bounds bounds) {
        return count.get(bounds);
    }

    /**
     * The columns of the model in their order, as text, and behind them 0, or 1 for a row that must not be written as it is:
     * ClickHouse cannot hold a value of it, or it is null where it must not be.
     */
    String copy(PageQuery.Bounds bounds) {
        return copy.get(bounds);
    }
}

package dev.olapsync.bench;

import com.clickhouse.client.api.query.GenericRecord;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Queries the view of a model every 10 ms while the model changes, and counts the answers that no reader must get. It reads rows
 * that are always the same: those with the keys -1,000 to -1, of which each column has a value that is not empty.
 */
final class ViewReader implements AutoCloseable {

    static final int ROWS = 1_000;
    private static final long SUM_OF_KEYS = -ROWS * (ROWS + 1L) / 2;
    private static final long PAUSE_MILLIS = 10;
    private static final int FIGURES = 2;
    private static final long END_MILLIS = 60_000;

    /**
     * The answers so far.
     *
     * @param mixed with rows or columns that are neither those before nor those after the change, or with empty values
     * @param firstWrong what is wrong with the first of the answers that no reader must get; empty if there are none
     */
    record Answers(int all, int errors, int empty, int mixed, String firstWrong) {

        int wrong() {
            return errors + empty + mixed;
        }

        private Answers right() {
            return new Answers(all + 1, errors, empty, mixed, firstWrong);
        }

        private Answers error(String why) {
            return new Answers(all + 1, errors + 1, empty, mixed, first(why));
        }

        private Answers empty(String why) {
            return new Answers(all + 1, errors, empty + 1, mixed, first(why));
        }

        private Answers mixed(String why) {
            return new Answers(all + 1, errors, empty, mixed + 1, first(why));
        }

        private String first(String why) {
            return firstWrong.isEmpty() ? why : firstWrong;
        }
    }

    private final BenchShop shop;
    private final String view;
    private final Set<String> before;
    private final Set<String> after;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();
    private volatile Answers answers = new Answers(0, 0, 0, 0, "");
    private volatile long switched;

    /** @param after the columns after the change; the same if the view does not change */
    ViewReader(BenchShop shop, String view, Set<String> before, Set<String> after) {
        this.shop = shop;
        this.view = view;
        this.before = before;
        this.after = after;
        thread.scheduleWithFixedDelay(this::read, 0, PAUSE_MILLIS, TimeUnit.MILLISECONDS);
    }

    String view() {
        return view;
    }

    Answers answers() {
        return answers;
    }

    /** Whether the columns of the view are to change. */
    boolean isToSwitch() {
        return !before.equals(after);
    }

    boolean hasSwitched() {
        return switched != 0;
    }

    /** @param nanos when the change was made */
    double secondsSince(long nanos) {
        return (switched - nanos) / 1e9;
    }

    private void read() {
        try {
            GenericRecord answer = shop.clickHouse()
                    .query("SELECT count(), sum(id), COLUMNS('.*') APPLY(min) FROM " + view + " WHERE id < 0", Map.of())
                    .get(0);
            String wrong = wrong(answer);
            if (wrong.isEmpty()) {
                answers = answers.right();
            } else {
                answers = answer.getLong(1) == 0 ? answers.empty(wrong) : answers.mixed(wrong);
            }
        } catch (RuntimeException e) {
            answers = answers.error(e.toString());
        }
    }

    /** @return what is wrong; empty if nothing is */
    private String wrong(GenericRecord answer) {
        Map<String, String> columns = new LinkedHashMap<>();
        for (int i = FIGURES + 1; i <= answer.getSchema().getColumns().size(); i++) {
            columns.put(
                    answer.getSchema().getColumns().get(i - 1).getColumnName().replaceAll("^min\\((.*)\\)$", "$1"),
                    answer.getString(i));
        }
        if (answer.getLong(1) != ROWS || answer.getLong(2) != SUM_OF_KEYS) {
            return answer.getLong(1) + " rows, the sum of their keys is " + answer.getLong(2);
        }
        if (columns.values().stream().anyMatch(value -> value == null || value.isEmpty())) {
            return "a column with empty values: " + columns;
        }
        if (!hasSwitched() && columns.keySet().equals(after)) {
            switched = System.nanoTime();
        }
        return columns.keySet().equals(hasSwitched() ? after : before) ? "" : "the columns " + columns.keySet();
    }

    @Override
    public void close() throws InterruptedException {
        thread.shutdown();
        if (!thread.awaitTermination(END_MILLIS, TimeUnit.MILLISECONDS)) {
            throw new IllegalStateException("the reader of " + view + " has no answer for " + END_MILLIS + " ms");
        }
    }
}

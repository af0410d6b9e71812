package dev.olapsync.enrich;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.olapsync.clickhouse.RowJson;
import dev.olapsync.clickhouse.RowOrigin;
import dev.olapsync.model.KeyColumn;
import dev.olapsync.model.LookUp;
import dev.olapsync.pipeline.ChangeEvent;
import dev.olapsync.postgres.Position;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.camel.Message;

/**
 * The input of one look-up: the keys that the changes of a batch made dirty, each with the greatest position of these
 * changes.
 */
public final class DirtyKeys {

    /**
     * The change that determines the version of a row.
     *
     * @param change the record that contains it, if the row is a version in a history; otherwise null
     */
    public record Cause(Position position, RowOrigin origin, Message change) {

        public Cause(Position position, RowOrigin origin) {
            this(position, origin, null);
        }

        /** @param operation as the rows that it makes dirty show it */
        static Cause of(ChangeEvent event, String operation) {
            return new Cause(event.position(), new RowOrigin(operation, event.committed()));
        }

        /** Of a row that is read without a change. */
        public static Cause read(Position position, Instant time) {
            return new Cause(position, RowOrigin.read(time));
        }

        /** The one with the greatest position. One change can reach a row as its own and as a joined one: then the former. */
        static Cause latest(Cause a, Cause b) {
            int order = a.position().compareTo(b.position());
            return order > 0 || order == 0 && !a.origin().operation().equals(RowJson.JOINED) ? a : b;
        }

        /** Of the commit, in milliseconds since 1970; 0 without a commit. */
        long commitMillis() {
            return position.isStart() ? 0 : origin.time().toEpochMilli();
        }
    }

    private final LookUp lookUp;
    private final Map<List<String>, Cause> causes = new LinkedHashMap<>();
    private List<Cause> byOrdinal;
    private ByteBudget budget = ByteBudget.NONE;
    private int place;
    private int maxRows = 1;

    public DirtyKeys(LookUp lookUp) {
        this.lookUp = lookUp;
    }

    /**
     * @param placeInBudget of this look-up among those that share the budget
     * @param rows maximum number of rows that it can find
     */
    public void share(ByteBudget shared, int placeInBudget, int rows) {
        budget = shared;
        place = placeInBudget;
        maxRows = rows;
    }

    /** @param bytes that the rows of these keys, one for each, may have together */
    public void limit(long bytes) {
        share(new ByteBudget(bytes, Long.MAX_VALUE, 1), 0, size());
    }

    /** @param read bytes of the rows that were found */
    void use(long read) {
        budget.use(place, read);
    }

    public void add(List<String> key, Cause cause) {
        causes.merge(key, cause, Cause::latest);
    }

    public void addAll(DirtyKeys other) {
        other.causes.forEach(this::add);
    }

    public int size() {
        return causes.size();
    }

    public LookUp lookUp() {
        return lookUp;
    }

    /** Each key as the texts of its columns. */
    public Collection<List<String>> keys() {
        return causes.keySet();
    }

    /** The key of the only row, as a look-up of the grain returns it. */
    String rowKey() {
        return rowKey(causes.keySet().iterator().next());
    }

    public static String rowKey(List<String> columns) {
        if (columns.size() == 1) {
            return columns.get(0);
        }
        ArrayNode key = JsonNodeFactory.instance.arrayNode();
        columns.forEach(key::add);
        return key.toString();
    }

    /** The cause of the n-th key, counted from 1 as SQL does. */
    Cause cause(long n) {
        if (byOrdinal == null) {
            byOrdinal = List.copyOf(causes.values());
        }
        return byOrdinal.get(Math.toIntExact(n - 1));
    }

    /** The cause of all keys; empty if they have several. */
    public Optional<Cause> commonCause() {
        Set<Cause> all = Set.copyOf(causes.values());
        return all.size() == 1 ? Optional.of(all.iterator().next()) : Optional.empty();
    }

    /** The cause with the greatest position. */
    Cause latest() {
        return causes.values().stream().reduce(Cause::latest).orElseThrow();
    }

    /** The statement, with one named parameter {@code :?k1}, {@code :?k2}... for each column of the key. */
    public String getSql() {
        return lookUp.sql(size());
    }

    /** For each column of the key all values, as a Postgres array literal; then the maximum bytes of a row. */
    public Map<String, Object> getParameters() {
        Map<String, Object> parameters = new LinkedHashMap<>();
        List<String> arrays = arrays(lookUp, causes.keySet());
        for (int i = 0; i < arrays.size(); i++) {
            parameters.put("k" + (i + 1), arrays.get(i));
        }
        parameters.put("k" + (arrays.size() + 1), budget.ofRow(place, maxRows));
        return parameters;
    }

    public static List<String> arrays(LookUp lookUp, Collection<List<String>> keys) {
        List<String> arrays = new ArrayList<>();
        for (int i = 0; i < lookUp.key().size(); i++) {
            int column = i;
            arrays.add(KeyColumn.array(keys.stream().map(key -> key.get(column)).toList()));
        }
        return arrays;
    }

    @Override
    public String toString() {
        return size() + " keys for " + lookUp;
    }

    /** The same keys in sets of limited size, so that the result of one statement is limited. */
    public List<DirtyKeys> parts(int maximum) {
        if (causes.size() <= maximum) {
            return causes.isEmpty() ? List.of() : List.of(this);
        }
        List<DirtyKeys> parts = new ArrayList<>();
        causes.forEach((key, cause) -> {
            if (parts.isEmpty() || parts.get(parts.size() - 1).size() == maximum) {
                parts.add(new DirtyKeys(lookUp));
                parts.get(parts.size() - 1).share(budget, place, maxRows);
            }
            parts.get(parts.size() - 1).add(key, cause);
        });
        return parts;
    }
}

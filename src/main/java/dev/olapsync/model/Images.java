package dev.olapsync.model;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The columns that change events must contain for a model with a history. Refuses a model for which they cannot contain
 * them.
 */
final class Images {

    private static final Set<String> RESERVED =
            Set.of("_op", "_commit_time", "_arrival_time", "_next", "_valid_from", "_valid_to");

    private final Resolved resolved;
    private final Query query;
    private final Places places;
    private final Problems problems;

    Images(Resolved resolved, Query query, Places places, Problems problems) {
        this.resolved = resolved;
        this.query = query;
        this.places = places;
        this.problems = problems;
    }

    /** The columns that the model uses. */
    List<Table.Column> columns() {
        Item grain = resolved.items().get(0);
        if (resolved.items().size() > 1 || resolved.blocks().size() > 1 || query.several()) {
            problems.add(
                    places.of(resolved.items().get(resolved.items().size() - 1)),
                    "a model with a history cannot join, or read a view or"
                            + " a sub-query: a version of a row is what one change made of it; give the history a model of its own with this one"
                            + " table");
        } else if (resolved.top().query().node("jointree").has("quals")) {
            problems.add(
                    places.keyword("WHERE"),
                    "a model with a history cannot have WHERE: its history has every version of every"
                            + " row; give the history a model of its own, or filter in ClickHouse when reading");
        }
        refuseIdentity(grain);
        refuseNames();
        Set<Table.Column> columns = new LinkedHashSet<>();
        resolved.used().stream().map(Col::column).forEach(columns::add);
        columns.forEach(this::refuseType);
        return List.copyOf(columns);
    }

    private void refuseIdentity(Item grain) {
        Table table = grain.table();
        if (!table.wholeIdentity()) {
            problems.add(
                    places.of(grain),
                    "changes of " + table.name() + " do not carry the whole old row, which a history needs for"
                            + " deletes and for large values that an update leaves as they are; run ALTER TABLE "
                            + table.name().quoted()
                            + " REPLICA IDENTITY FULL" + (table.partitioned() ? ", for each partition too" : ""));
        } else if (table.identityKey() != null && table.identityKey().deferrable()) {
            problems.add(
                    places.of(grain),
                    "the primary key of " + table.name() + " is deferrable: two rows can have the same key for a"
                            + " moment, and a history could not distinguish them; make it NOT DEFERRABLE");
        }
    }

    private void refuseNames() {
        for (OutputColumn output : query.stored()) {
            if (RESERVED.contains(output.name())) {
                problems.add("the name " + output.name() + " is taken by a column of histories: rename it with AS");
            }
        }
    }

    private void refuseType(Table.Column column) {
        Optional<String> refusal = column.generated()
                ? Optional.of("is generated, so that its values are not in the log")
                : TypeMapping.inEvents(column).isPresent()
                        ? Optional.empty()
                        : Optional.of("is of type " + column.typeName()
                                + ", of which change events do not have the exact value");
        refusal.ifPresent(reason -> problems.add(
                places.qualified(column.name()),
                "a history cannot have " + column.name() + ": it " + reason
                        + "; name the other columns in the SELECT list"));
    }

    /** The columns in the form of change events. */
    static List<KeyColumn> inEvents(List<Table.Column> columns) {
        return columns.stream()
                .map(column -> new KeyColumn(
                        column.name(), "text[]", TypeMapping.inEvents(column).orElseThrow(), true))
                .toList();
    }
}

package dev.olapsync.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import net.sf.jsqlparser.statement.select.PlainSelect;

/** What change events must tell of each row for a model with a history, and refuses a model of which they cannot. */
final class Images {

    private static final Set<String> RESERVED = Set.of("_op", "_commit_time", "_arrival_time", "_next", "_valid_from", "_valid_to");

    private final PlainSelect select;
    private final Scope scope;
    private final Query query;
    private final Problems problems;

    Images(PlainSelect select, Scope scope, Query query, Problems problems) {
        this.select = select;
        this.scope = scope;
        this.query = query;
        this.problems = problems;
    }

    /** The columns that the model uses. */
    List<Table.Column> columns() {
        if (!query.joined().isEmpty()) {
            problems.add(scope.entries().get(1).node(), "a model with a history cannot join: a version of a row is what one"
                    + " change made of it; give the history a model of its own with this one table");
        } else if (query.where() != null) {
            problems.add(select.getWhere(), "a model with a history cannot have WHERE: its history has every version of every"
                    + " row; give the history a model of its own, or filter in ClickHouse when reading");
        }
        refuseIdentity(scope.entries().get(0));
        refuseNames();
        List<Table.Column> columns = new ArrayList<>();
        scope.used().forEach((reference, node) -> {
            refuseType(reference.column(), node);
            columns.add(reference.column());
        });
        return columns;
    }

    private void refuseIdentity(Scope.Entry grain) {
        Table table = grain.table();
        if (!table.wholeIdentity()) {
            problems.add(grain.node(), "changes of " + table.name() + " do not carry the whole old row, which a history needs for"
                    + " deletes and for large values that an update leaves as they are; run ALTER TABLE " + table.name().quoted()
                    + " REPLICA IDENTITY FULL" + (table.partitioned() ? ", for each partition too" : ""));
        } else if (table.identityKey() != null && table.identityKey().deferrable()) {
            problems.add(grain.node(), "the primary key of " + table.name() + " is deferrable: two rows can have the same key for a"
                    + " moment, and a history could not tell them apart; make it NOT DEFERRABLE");
        }
    }

    private void refuseNames() {
        for (Query.Output output : query.outputs()) {
            if (RESERVED.contains(output.column().name())) {
                problems.add("the name " + output.column().name() + " is taken by a column of histories: rename it with AS");
            }
        }
    }

    private void refuseType(Table.Column column, Object node) {
        Optional<String> refusal = column.generated() ? Optional.of("is generated, so that its values are not in the log")
                : ImageTypes.format(column.type()).isPresent() ? Optional.empty()
                : Optional.of("is of type " + column.typeName() + ", of which change events do not have the exact value");
        refusal.ifPresent(reason -> problems.add(node, "a history cannot have " + column.name() + ": it " + reason
                + "; name the other columns in the SELECT list"));
    }

    /** As change events hold them. */
    static List<KeyColumn> inEvents(List<Table.Column> columns) {
        return columns.stream()
                .map(column -> new KeyColumn(column.name(), "text[]", ImageTypes.format(column.type()).orElseThrow(), true)).toList();
    }
}

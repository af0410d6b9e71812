package dev.olapsync.model;

import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The facts about the rows that a statement combines if some columns are known: from its equalities, and from unique
 * keys. An item is determined if at most one of its rows fits.
 */
final class Closure {

    private final Predicate<Item> outside;
    private final Set<Col> known;
    private final Map<Item, List<Table.Column>> determined = new LinkedHashMap<>();

    /** @param outside items whose row is given */
    Closure(Resolved resolved, Collection<Col> start, Predicate<Item> outside) {
        this.outside = outside;
        this.known = new HashSet<>(start);
        boolean grows = true;
        while (grows) {
            grows = false;
            for (Equality equality : resolved.equalities()) {
                grows |= learn(equality, equality.left(), equality.right());
                grows |= learn(equality, equality.right(), equality.left());
            }
            for (Item item : resolved.items()) {
                grows |= !determined.containsKey(item) && determine(item);
            }
        }
    }

    private boolean learn(Equality equality, List<Value> of, List<Value> from) {
        return of.size() == 1
                && from.size() == 1
                && of.get(0).col() != null
                && of.get(0).col().item().side().isWithin(equality.side())
                && equality.isExact(of.get(0).col())
                && isKnown(from.get(0))
                && known.add(of.get(0).col());
    }

    private boolean determine(Item item) {
        if (item.isTable()) {
            for (Table.UniqueKey key : item.table().uniqueKeys()) {
                if (key.columns().stream().allMatch(column -> known.contains(new Col(item, number(column))))) {
                    determined.put(item, key.columns());
                    return true;
                }
            }
            return false;
        }
        if (item.blocks().isEmpty()
                ? !item.set()
                : item.blocks().size() == 1 && isSingle(item.blocks().get(0))) {
            determined.put(item, List.of());
            return true;
        }
        return false;
    }

    private boolean isSingle(Block block) {
        return block.isSingle()
                || block.isGrouped()
                        && !block.isUnfolded()
                        && block.groups().stream().allMatch(group -> isKnown(block.value(group)));
    }

    static int number(Table.Column column) {
        return Integer.parseInt(column.entry().substring(0, column.entry().indexOf(' ')));
    }

    boolean isKnown(Value value) {
        return value.col() != null
                ? isKnown(value.col())
                : !hasQuery(value.node())
                        && value.block().columns(value.node()).stream().allMatch(this::isKnown);
    }

    /** Whether an expression has one value. */
    boolean isKnown(Block block, Node expression) {
        return block.values(expression).stream().allMatch(this::isKnown);
    }

    boolean isKnown(Col col) {
        return known.contains(col) || determined.containsKey(col.item()) || outside.test(col.item());
    }

    private static boolean hasQuery(Node node) {
        if (node.is("SUBLINK")) {
            return true;
        }
        boolean[] has = {false};
        node.children(child -> has[0] |= hasQuery(child));
        return has[0];
    }

    boolean isDetermined(Item item) {
        return determined.containsKey(item) || outside.test(item);
    }

    /** The unique keys by which tables are determined. */
    Map<Item, List<Table.Column>> keys() {
        return determined;
    }
}

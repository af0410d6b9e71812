package dev.olapsync.model;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Finds the grain: the table whose key determines all other rows of a statement, or as many as possible. */
final class Grains {

    /**
     * @param key the columns of the key of the grain
     * @param several whether one row of the grain can give several rows
     * @param left number of items that the key does not determine
     */
    record Grain(Item item, List<Col> key, Closure closure, boolean several, long left) {}

    private final Resolved resolved;

    Grains(Resolved resolved) {
        this.resolved = resolved;
    }

    /**
     * The tables without whose rows there is no row of the result, the first in the text first; also tables without a
     * key.
     */
    List<Item> candidates() {
        Block top = resolved.top();
        List<Item> candidates = new ArrayList<>();
        top.items().filter(item -> item.side() == top.side()).forEach(item -> {
            if (item.isTable()) {
                candidates.add(item);
            } else if (item.blocks().size() == 1) {
                Block block = item.blocks().get(0);
                block.items()
                        .filter(inner -> inner.isTable() && inner.side() == block.side())
                        .forEach(candidates::add);
            }
        });
        return candidates;
    }

    /** All candidates for the grain, the best first. */
    List<Grain> grains() {
        List<Grain> grains = new ArrayList<>();
        candidates().forEach(item -> grain(item).ifPresent(grains::add));
        grains.sort((a, b) -> a.several() != b.several()
                ? Boolean.compare(a.several(), b.several())
                : Long.compare(a.left(), b.left()));
        return grains;
    }

    private Optional<Grain> grain(Item item) {
        if (item.table().identityKey() == null) {
            return Optional.empty();
        }
        List<Col> key = item.table().identityKey().columns().stream()
                .map(column -> new Col(item, Closure.number(column)))
                .toList();
        Block top = resolved.top();
        for (Block block : resolved.blocks()) {
            boolean around = block == top
                    || top.items()
                            .anyMatch(outer -> outer.blocks().contains(block)
                                    && block.items().anyMatch(item::equals));
            if (around && mixes(block) && !belongs(block, key)) {
                return Optional.empty();
            }
        }
        Closure closure = new Closure(resolved, key, other -> false);
        long left = top.items()
                .filter(other -> !closure.isDetermined(other) && other != item)
                .count();
        boolean folded = top.isAggregate() || top.isGrouped();
        boolean several = top.isUnfolded()
                || (folded ? !top.groups().stream().allMatch(group -> closure.isKnown(top, group)) : left > 0);
        return Optional.of(new Grain(item, key, closure, several, left));
    }

    /** Whether rows of the block depend on several rows of its items. */
    private static boolean mixes(Block block) {
        return block.isAggregate() || block.isGrouped() || block.isLimited() || block.isWindowed();
    }

    /** Whether all rows that are combined into one belong to the same row of the grain. */
    private boolean belongs(Block block, List<Col> key) {
        List<Col> known = new ArrayList<>();
        for (Node group : block.groups()) {
            Value value = block.value(group);
            if (value.col() != null) {
                known.add(value.col());
            }
        }
        Closure closure = new Closure(resolved, known, other -> false);
        return key.stream().allMatch(closure::isKnown);
    }

    /**
     * The columns that are equal to a column in each row of the result, and of the same type, including the column
     * itself.
     */
    Set<Col> equal(Col col) {
        Set<Col> equal = new HashSet<>(Set.of(col));
        boolean grows = true;
        while (grows) {
            grows = false;
            for (Equality equality : resolved.equalities()) {
                Col left = only(equality.left());
                Col right = only(equality.right());
                if (left != null
                        && right != null
                        && equality.coarse() == null
                        && equality.side() == resolved.top().side()
                        && isEverywhere(left)
                        && isEverywhere(right)
                        && left.column().type().oid() == right.column().type().oid()
                        && (equal.contains(left) || equal.contains(right))) {
                    grows |= equal.add(left) | equal.add(right);
                }
            }
        }
        return equal;
    }

    private boolean isEverywhere(Col col) {
        return col.item().isTable() && col.item().side() == resolved.top().side();
    }

    private static Col only(List<Value> values) {
        return values.size() == 1 ? values.get(0).col() : null;
    }
}

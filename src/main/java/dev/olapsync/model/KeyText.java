package dev.olapsync.model;

import dev.olapsync.postgres.Sql;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The text of a SELECT with the columns of the key of one of its tables added to its list; also to the lists of queries
 * in FROM and of WITH, if the table is in such a query. The analysis of the new text by Postgres shows whether the
 * right columns were added.
 */
final class KeyText {

    private final String text;
    private final SelectText parts;
    private final Item grain;
    private final List<Table.Column> columns;
    private final TreeMap<Integer, String> inserts = new TreeMap<>(Comparator.reverseOrder());
    private final Set<SelectText.Query> done = new HashSet<>();

    /** @param columns of the key that are missing in the list */
    KeyText(String text, Item grain, List<Table.Column> columns) {
        this.text = text;
        this.parts = new SelectText(text);
        this.grain = grain;
        this.columns = columns;
    }

    /** Empty if the table is not found in the text. */
    Optional<String> withKey() {
        if (!add(parts.top())) {
            return Optional.empty();
        }
        StringBuilder out = new StringBuilder(text);
        inserts.forEach(out::insert);
        return Optional.of(out.toString());
    }

    private boolean add(SelectText.Query query) {
        boolean added = false;
        for (SelectText.Block block : query.blocks()) {
            added |= add(block);
        }
        if (added && query.blocks().size() > 1) {
            for (SelectText.Block block : query.blocks()) {
                if (!inserts.containsKey(end(block))) {
                    // the first SELECT determines the names of all columns, and the first two their types
                    inserts.put(
                            end(block),
                            IntStream.range(0, columns.size())
                                    .mapToObj(i -> ", NULL::" + columns.get(i).typeName() + " AS "
                                            + Sql.identifier(Outputs.HIDDEN + (i + 1)))
                                    .collect(Collectors.joining()));
                }
            }
        }
        return added;
    }

    private static int end(SelectText.Block block) {
        return block.items().get(block.items().size() - 1)[1];
    }

    private boolean add(SelectText.Block block) {
        if (isOff(block)) {
            return false;
        }
        for (SelectText.Leaf leaf : block.from()) {
            boolean table = leaf.isTable()
                    && grain.alias().equals(leaf.refersAs())
                    && leaf.name()
                            .get(leaf.name().size() - 1)
                            .equals(grain.table().name().name());
            if (table) {
                insert(
                        block,
                        leaf.refersAs(),
                        columns.stream().map(Table.Column::name).toList());
                return true;
            }
            SelectText.Query sub = leaf.query();
            if (sub != null && (done.contains(sub) || add(sub))) {
                done.add(sub);
                if (!hasStar(block, leaf.refersAs())) {
                    List<String> names = new ArrayList<>();
                    columns.forEach(column -> names.add(Outputs.HIDDEN + (names.size() + 1)));
                    insert(block, leaf.refersAs(), names);
                }
                return true;
            }
        }
        return false;
    }

    private void insert(SelectText.Block block, String alias, List<String> names) {
        StringBuilder added = new StringBuilder();
        StringBuilder groups = new StringBuilder();
        for (int i = 0; i < names.size(); i++) {
            String column = ", " + Sql.identifier(alias) + '.' + Sql.identifier(names.get(i));
            added.append(column).append(" AS ").append(Sql.identifier(Outputs.HIDDEN + (i + 1)));
            groups.append(column);
        }
        inserts.put(end(block), added.toString());
        if (!block.groups().isEmpty()) {
            // a group has the rows of one key, which Postgres may not detect
            inserts.put(block.groups().get(block.groups().size() - 1)[1], groups.toString());
        }
    }

    private boolean hasStar(SelectText.Block block, String alias) {
        return block.items().stream()
                .map(item -> text.substring(item[0], item[1]))
                .anyMatch(item -> item.equals("*")
                        || item.endsWith(".*")
                                && Sql.unquoted(item.substring(0, item.length() - 2))
                                        .equals(alias));
    }

    private boolean isOff(SelectText.Block block) {
        return text.substring(block.start(), block.end()).matches("(?is).*\\blimit\\s+0\\s*");
    }
}

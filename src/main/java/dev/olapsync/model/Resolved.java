package dev.olapsync.model;

import dev.olapsync.postgres.TableName;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** An analysed statement with all its views and queries resolved: its items and its equalities. */
final class Resolved {

    /** @param oid of the view @param definition mark of its tree */
    record View(TableName name, long oid, String definition) {}

    private static final List<String> CALLS = List.of("funcid", "opfuncid", "aggfnoid", "winfnoid");

    private Block top;
    private final List<Block> blocks = new ArrayList<>();
    private final List<Item> items = new ArrayList<>();
    private final List<Equality> equalities = new ArrayList<>();
    private final Set<Col> used = new LinkedHashSet<>();
    private final Map<Long, View> views = new LinkedHashMap<>();

    void top(Block block) {
        top = block;
    }

    void add(Block block) {
        blocks.add(block);
    }

    void add(Item item) {
        items.add(item);
    }

    void add(Equality equality) {
        equalities.add(equality);
    }

    void add(View view) {
        views.put(view.oid(), view);
    }

    void use(Set<Col> columns) {
        used.addAll(columns);
    }

    Block top() {
        return top;
    }

    List<Block> blocks() {
        return blocks;
    }

    /** All items, also those of sub-queries. */
    List<Item> items() {
        return items;
    }

    Stream<Item> tables() {
        return items.stream().filter(Item::isTable);
    }

    List<Equality> equalities() {
        return equalities;
    }

    /** All columns of tables that it reads. */
    Set<Col> used() {
        return used;
    }

    /** The oids of all functions that it calls, also by operators. */
    Set<Long> functions() {
        Set<Long> functions = new TreeSet<>();
        blocks.forEach(block -> addFunctions(block.query(), functions));
        return functions;
    }

    private static void addFunctions(Node node, Set<Long> functions) {
        for (String field : CALLS) {
            if (node.text(field) != null) {
                functions.add(node.oid(field));
            }
        }
        node.children(child -> addFunctions(child, functions));
    }

    List<View> views() {
        return List.copyOf(views.values());
    }
}

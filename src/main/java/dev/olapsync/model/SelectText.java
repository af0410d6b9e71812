package dev.olapsync.model;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The places of the parts of a statement in its text. It knows only where clauses begin and parentheses end; Postgres
 * determines their meaning. So it is used to name places, and to add columns to lists; a text with added columns is
 * analysed again.
 */
final class SelectText {

    /**
     * An entry of FROM.
     *
     * @param name of a table, with its schema, as Postgres resolves it; empty for anything else
     * @param nameStart offset of the name
     * @param sub the query in parentheses, or null
     * @param cte the query of WITH with this name, null if it is the name of a table
     */
    record Leaf(int start, int end, int nameStart, List<String> name, String alias, Query sub, Cte cte) {

        boolean isTable() {
            return !name.isEmpty() && cte == null;
        }

        /** The query of the entry, or null. */
        Query query() {
            return sub != null ? sub : cte != null ? cte.query() : null;
        }

        /** The name that qualifies its columns. */
        String refersAs() {
            return alias != null ? alias : name.isEmpty() ? null : name.get(name.size() - 1);
        }
    }

    /** A query of WITH: the name before AS, and the query. */
    record Cte(String name, int as, boolean materialized, Query query) {}

    /** One SELECT, or several with set operations between them, with the text before and after. */
    static final class Query {
        private final Map<String, Cte> ctes = new LinkedHashMap<>();
        private final List<Block> blocks = new ArrayList<>();
        private int start;
        private int end;

        Map<String, Cte> ctes() {
            return ctes;
        }

        /** One entry for each SELECT; SELECTs in parentheses are divided too. */
        List<Block> blocks() {
            return blocks;
        }

        int start() {
            return start;
        }

        int end() {
            return end;
        }
    }

    /** One SELECT. */
    static final class Block {
        private int start;
        private int end;
        private final List<int[]> items = new ArrayList<>();
        private final List<int[]> groups = new ArrayList<>();
        private final List<Leaf> from = new ArrayList<>();
        private final Map<String, Integer> clauses = new LinkedHashMap<>();

        /** The offset of the word SELECT. */
        int start() {
            return start;
        }

        int end() {
            return end;
        }

        /** Start and end of each item of the SELECT list. */
        List<int[]> items() {
            return items;
        }

        /** Start and end of each item of GROUP BY. */
        List<int[]> groups() {
            return groups;
        }

        List<Leaf> from() {
            return from;
        }

        /** The start of a clause, by its first word; empty if there is none. */
        Optional<Integer> clause(String word) {
            return Optional.ofNullable(clauses.get(word));
        }
    }

    private static final Set<String> SET_OPERATIONS = Set.of("union", "intersect", "except");
    private static final Set<String> CLAUSES =
            Set.of("from", "where", "group", "having", "window", "order", "limit", "offset", "fetch", "for", "into");
    private static final Set<String> JOINS = Set.of("join", "inner", "left", "right", "full", "cross", "natural");
    private static final Set<String> AFTER_TABLE = Set.of("on", "using", "tablesample", "with");

    private final String sql;
    private final List<SqlText.Token> tokens;
    private final List<Query> queries = new ArrayList<>();
    private final Query top;
    /** The queries of WITH that are visible now, the innermost first. */
    private final Deque<Cte> visible = new ArrayDeque<>();

    private int at;

    SelectText(String sql) {
        this.sql = sql;
        this.tokens = new SqlText(sql).tokens();
        this.top = query();
    }

    Query top() {
        return top;
    }

    /** All queries of the text, also those in expressions, in the order of their start. */
    Stream<Query> queries() {
        return queries.stream();
    }

    /** All entries of all FROM clauses. */
    Stream<Leaf> leaves() {
        return queries().flatMap(query -> query.blocks().stream()).flatMap(block -> block.from().stream());
    }

    private String word(int i) {
        if (i >= tokens.size()) {
            return "";
        }
        SqlText.Token token = tokens.get(i);
        return token.kind() == SqlText.Kind.CODE ? token.name() : token.kind() == SqlText.Kind.IDENTIFIER ? "\"" : "'";
    }

    private String word() {
        return word(at);
    }

    private int offset() {
        return at < tokens.size() ? tokens.get(at).start() : sql.length();
    }

    /** The offset after the previous token. */
    private int endBefore() {
        return at == 0
                ? 0
                : tokens.get(at - 1).start() + tokens.get(at - 1).text().length();
    }

    private boolean atEnd() {
        return at >= tokens.size() || word().equals(")");
    }

    private Query query() {
        Query query = new Query();
        queries.add(query);
        query.start = offset();
        int before = visible.size();
        if (word().equals("with")) {
            ctes(query);
        }
        term(query);
        while (SET_OPERATIONS.contains(word())) {
            at++;
            if (word().equals("all") || word().equals("distinct")) {
                at++;
            }
            term(query);
        }
        // ORDER BY and LIMIT of a set operation
        while (!atEnd()) {
            step();
        }
        query.end = endBefore();
        while (visible.size() > before) {
            visible.pop();
        }
        return query;
    }

    private void ctes(Query query) {
        at++;
        if (word().equals("recursive")) {
            at++;
        }
        while (at < tokens.size()) {
            String name = tokens.get(at++).name();
            if (word().equals("(")) {
                skipParentheses();
            }
            at++;
            int as = endBefore();
            boolean materialized = word().equals("not") || word().equals("materialized");
            while (!word().equals("(") && at < tokens.size()) {
                at++;
            }
            at++;
            Query body = query();
            at++;
            Cte cte = new Cte(name, as, materialized, body);
            query.ctes.put(name, cte);
            visible.push(cte);
            if (!word().equals(",")) {
                return;
            }
            at++;
        }
    }

    private void term(Query query) {
        if (word().equals("(")) {
            at++;
            Query inner = query();
            query.ctes.putAll(inner.ctes);
            query.blocks.addAll(inner.blocks);
            queries.remove(inner);
            at++;
        } else if (word().equals("select")) {
            query.blocks.add(block());
        } else {
            // VALUES, TABLE
            Block block = new Block();
            block.start = offset();
            while (!atEnd() && !SET_OPERATIONS.contains(word())) {
                step();
            }
            block.end = endBefore();
            query.blocks.add(block);
        }
    }

    private Block block() {
        Block block = new Block();
        block.start = offset();
        at++;
        if (word().equals("all")) {
            at++;
        } else if (word().equals("distinct")) {
            block.clauses.put("distinct", offset());
            at++;
            if (word().equals("on")) {
                at++;
                skipParentheses();
            }
        }
        list(block.items);
        while (!endOfBlock()) {
            String clause = word();
            block.clauses.putIfAbsent(clause, offset());
            at++;
            if (clause.equals("from")) {
                from(block);
            } else if (clause.equals("group")) {
                at++;
                list(block.groups);
            } else {
                while (!endOfBlock() && !startsClause()) {
                    step();
                }
            }
        }
        block.end = endBefore();
        return block;
    }

    private boolean endOfBlock() {
        return atEnd() || SET_OPERATIONS.contains(word());
    }

    private boolean startsClause() {
        return CLAUSES.contains(word())
                && !word(at - 1).equals(".")
                && !word(at - 1).equals("as")
                && !(word().equals("from") && word(at - 1).equals("distinct"));
    }

    private void list(List<int[]> items) {
        int start = offset();
        while (!endOfBlock() && !startsClause()) {
            if (word().equals(",")) {
                items.add(new int[] {start, endBefore()});
                at++;
                start = offset();
            } else {
                step();
            }
        }
        items.add(new int[] {start, endBefore()});
    }

    private void from(Block block) {
        item(block);
        while (!endOfBlock() && !startsClause() && !word().equals(")")) {
            if (word().equals(",") || word().equals("join")) {
                at++;
                item(block);
            } else if (JOINS.contains(word()) && !word(at + 1).equals("(")) {
                at++;
            } else {
                step();
            }
        }
    }

    private void item(Block block) {
        int start = offset();
        while (word().equals("lateral") || word().equals("only")) {
            at++;
        }
        Query sub = null;
        List<String> name = new ArrayList<>();
        int nameStart = offset();
        if (word().equals("(") && startsQuery(at + 1)) {
            at++;
            sub = query();
            at++;
        } else if (word().equals("(")) {
            at++;
            from(block);
            at++;
            return;
        } else {
            while (at < tokens.size() && tokens.get(at).isName()) {
                name.add(tokens.get(at++).name());
                if (!word().equals(".")) {
                    break;
                }
                at++;
            }
            if (word().equals("(")) {
                step();
                name.clear();
            } else if (word().equals("*")) {
                at++;
            }
        }
        while (word().equals("with") && word(at + 1).equals("ordinality")) {
            at += 2;
        }
        String alias = null;
        if (word().equals("as")) {
            at++;
        }
        if (at < tokens.size()
                && tokens.get(at).isName()
                && !JOINS.contains(word())
                && !AFTER_TABLE.contains(word())
                && !startsClause()
                && !SET_OPERATIONS.contains(word())) {
            alias = tokens.get(at++).name();
        }
        int end = endBefore();
        if (word().equals("(")) {
            skipParentheses();
        }
        Cte cte = name.size() != 1
                ? null
                : visible.stream()
                        .filter(other -> other.name().equals(name.get(0)))
                        .findFirst()
                        .orElse(null);
        block.from.add(new Leaf(start, end, nameStart, List.copyOf(name), alias, sub, cte));
    }

    /** One token, or everything in a pair of parentheses, including its queries. */
    private void step() {
        if (!word().equals("(")) {
            at++;
            return;
        }
        at++;
        if (startsQuery(at)) {
            query();
        }
        while (!atEnd()) {
            step();
        }
        at++;
    }

    private void skipParentheses() {
        step();
    }

    private boolean startsQuery(int i) {
        int first = i;
        while (word(first).equals("(")) {
            first++;
        }
        return Set.of("select", "with", "values", "table").contains(word(first)) && (first == i || endsQuery(i));
    }

    /**
     * Whether the parentheses that begin here contain a query of their own, not a join of a query with something else.
     */
    private boolean endsQuery(int i) {
        int depth = 0;
        int end = i;
        do {
            depth += word(end).equals("(") ? 1 : word(end).equals(")") ? -1 : 0;
            end++;
        } while (depth > 0 && end < tokens.size());
        return word(end).equals(")")
                || SET_OPERATIONS.contains(word(end))
                || word(end).equals("order")
                || word(end).equals("limit");
    }
}

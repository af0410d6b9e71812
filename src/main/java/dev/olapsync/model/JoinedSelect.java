package dev.olapsync.model;

import dev.olapsync.postgres.Sql;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A SELECT that does nothing but join tables, in whose text the grain can be replaced by some of its rows. Postgres then
 * plans the joins of all these rows at once, and can hash a parent instead of finding it once for each row.
 *
 * <p>A joined table may be read as a whole for that. So the conditions must not fail for rows that the result does not
 * have, and nothing else may be computed before the joins.
 *
 * @param before the text before the grain
 * @param behind the text after it, which begins with its alias
 */
record JoinedSelect(String before, String behind) {

    /** {@code RTEKind} */
    private static final int RELATION = 0;

    private static final int JOIN = 2;

    /**
     * @param text with the schema of each table
     * @param resolved the analysis of the text
     */
    static Optional<JoinedSelect> of(String text, Resolved resolved, Item grain, CatalogFunctions functions)
            throws SQLException {
        Node query = resolved.top().query();
        if (resolved.blocks().size() > 1
                || !resolved.top().combines()
                || !query.nodes("rtable").stream().allMatch(JoinedSelect::isTableOrJoin)
                || resolved.used().stream().anyMatch(col -> col.column().generated())
                || !cannotFail(query.node("jointree"), functions)) {
            return Optional.empty();
        }
        List<SelectText.Leaf> leaves = new SelectText(text)
                .leaves()
                .filter(leaf -> leaf.isTable() && grain.alias().equals(leaf.refersAs()))
                .toList();
        if (leaves.size() != 1 || isQualifiedBySchema(text, leaves.get(0))) {
            return Optional.empty();
        }
        SelectText.Leaf leaf = leaves.get(0);
        return leaf.start() == leaf.nameStart()
                ? Optional.of(new JoinedSelect(
                        text.substring(0, leaf.start()),
                        " AS " + Sql.identifier(grain.alias()) + text.substring(leaf.end())))
                : Optional.empty();
    }

    String over(String rows) {
        return before + rows + behind;
    }

    private static boolean isTableOrJoin(Node entry) {
        int kind = entry.integer("rtekind");
        return kind == RELATION || kind == JOIN;
    }

    /** A leakproof function raises no error that depends on its arguments. */
    private static boolean cannotFail(Node node, CatalogFunctions functions) throws SQLException {
        switch (node.tag()) {
            case "FROMEXPR", "JOINEXPR", "BOOLEXPR", "NULLTEST", "BOOLEANTEST", "RELABELTYPE", "ARRAYEXPR" -> {}
            case "OPEXPR", "DISTINCTEXPR", "SCALARARRAYOPEXPR" -> {
                if (!functions.of(node.oid("opfuncid")).leakproof()) {
                    return false;
                }
            }
            case "RANGETBLREF", "VAR", "CONST", "ALIAS" -> {
                return true;
            }
            default -> {
                return false;
            }
        }
        List<Node> children = new ArrayList<>();
        node.children(children::add);
        for (Node child : children) {
            if (!cannotFail(child, functions)) {
                return false;
            }
        }
        return true;
    }

    /** A column that is named with schema and table has no meaning in a text where the table has an alias. */
    private static boolean isQualifiedBySchema(String text, SelectText.Leaf leaf) {
        List<SqlText.Token> tokens = new SqlText(text).tokens();
        for (int i = 0; i + 3 < tokens.size(); i++) {
            if (tokens.get(i).isName()
                    && tokens.get(i + 1).text().equals(".")
                    && tokens.get(i + 2).isName()
                    && tokens.get(i + 2).name().equals(leaf.refersAs())
                    && tokens.get(i + 3).text().equals(".")) {
                return true;
            }
        }
        return false;
    }
}

package dev.olapsync.model;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Casts of text to dates and times. Postgres reads 'now', 'today' and similar texts as the time of the query, so a cast
 * is rewritten so that texts with these words are an error, like other texts that are no time.
 */
final class TimeCasts {

    private static final String WORDS = "now|today|tomorrow|yesterday";
    private static final String FUNCTION = "regexp_replace";
    private static final String BEFORE = "pg_catalog." + FUNCTION + "((";
    /** Regular expressions do not work with every collation. */
    private static final String BEHIND = ") COLLATE pg_catalog.\"C\", '" + WORDS + "', 'refused', 'i')";

    private static final Set<String> BRACKETS = Set.of(")", "]");

    private TimeCasts() {}

    /** Analyses another text; null if Postgres does not accept it. */
    interface Analyser {
        Analysis analyse(String sql) throws SQLException;
    }

    /**
     * Guards the casts whose operand is found in the text; the analysis of the result by Postgres shows which they are.
     */
    static String guarded(String select, Analysis analysis, Catalog catalog, Analyser analyser) throws SQLException {
        String guarded = select;
        int open = unguarded(analysis.query(), catalog);
        // from the end, so that the places of the others stay the same
        for (int cast = 0; open > 0 && cast < casts(guarded).size(); cast++) {
            for (Operand operand : casts(guarded).get(cast)) {
                String attempt = guarded.substring(0, operand.start())
                        + BEFORE
                        + guarded.substring(operand.start(), operand.end())
                        + BEHIND
                        + guarded.substring(operand.end());
                Analysis result = analyser.analyse(attempt);
                if (result != null && unguarded(result.query(), catalog) < open) {
                    open = unguarded(result.query(), catalog);
                    guarded = attempt;
                    break;
                }
            }
        }
        return guarded;
    }

    private static int unguarded(Node node, Catalog catalog) throws SQLException {
        int unguarded = node.is("COERCEVIAIO")
                        && catalog.types().readsTime(node.oid("resulttype"))
                        && !isGuarded(node.node("arg"), catalog)
                ? 1
                : 0;
        List<Node> children = new ArrayList<>();
        node.children(children::add);
        for (Node child : children) {
            unguarded += unguarded(child, catalog);
        }
        return unguarded;
    }

    /** @param text the operand of the cast */
    static boolean isGuarded(Node text, Catalog catalog) throws SQLException {
        if (!text.is("FUNCEXPR")) {
            return false;
        }
        CatalogFunctions.Function function = catalog.functions().of(text.oid("funcid"));
        List<Node> arguments = text.nodes("args");
        return function.builtIn()
                && function.name().equals(FUNCTION)
                && arguments.size() == 4
                && Constants.text(arguments.get(1)).filter(WORDS::equals).isPresent();
    }

    private record Operand(int start, int end) {}

    /** The possible operands of each cast, the last cast first. */
    private static List<List<Operand>> casts(String select) {
        List<SqlText.Token> tokens = new SqlText(select).tokens();
        List<List<Operand>> casts = new ArrayList<>();
        for (int i = tokens.size() - 1; i > 0; i--) {
            if (isCast(tokens, i)) {
                int end = end(tokens.get(i - 1));
                casts.add(starts(tokens, i - 1).stream()
                        .map(start -> new Operand(tokens.get(start).start(), end))
                        .toList());
            } else if (tokens.get(i - 1).text().equalsIgnoreCase("CAST")
                    && tokens.get(i).text().equals("(")) {
                int as = as(tokens, i);
                if (as > i + 1) {
                    casts.add(List.of(new Operand(tokens.get(i + 1).start(), end(tokens.get(as - 1)))));
                }
            }
        }
        return casts;
    }

    private static int end(SqlText.Token token) {
        return token.start() + token.text().length();
    }

    /** Whether two colons begin here. */
    private static boolean isCast(List<SqlText.Token> tokens, int i) {
        return i + 1 < tokens.size()
                && tokens.get(i).text().equals(":")
                && tokens.get(i + 1).text().equals(":")
                && tokens.get(i).start() + 1 == tokens.get(i + 1).start();
    }

    /** The place of the AS of a CAST whose parenthesis opens here; 0 if it is none. */
    private static int as(List<SqlText.Token> tokens, int open) {
        int depth = 0;
        for (int i = open; i < tokens.size(); i++) {
            String text = tokens.get(i).text();
            depth += text.equals("(") ? 1 : text.equals(")") ? -1 : 0;
            if (depth == 0) {
                return 0;
            }
            if (depth == 1 && text.equalsIgnoreCase("AS") && tokens.get(i).kind() == SqlText.Kind.CODE) {
                return i;
            }
        }
        return 0;
    }

    /**
     * The possible starts of an operand that ends with a token: the longest first, because a word before a parenthesis
     * may be a function or not.
     */
    private static List<Integer> starts(List<SqlText.Token> tokens, int last) {
        TreeSet<Integer> starts = new TreeSet<>(Comparator.naturalOrder());
        int at = last;
        while (at >= 0) {
            String text = tokens.get(at).text();
            if (text.equals(")") || text.equals("]")) {
                at = opening(tokens, at);
                starts.add(at);
                if (at == 0
                        || !tokens.get(at - 1).isName()
                                && !(text.equals("]")
                                        && BRACKETS.contains(tokens.get(at - 1).text()))) {
                    break;
                }
                at--;
                continue;
            }
            while (at >= 2
                    && tokens.get(at).isName()
                    && tokens.get(at - 1).text().equals(".")
                    && tokens.get(at - 2).isName()) {
                at -= 2;
            }
            starts.add(at);
            if (at < 3 || !isCast(tokens, at - 2)) {
                break;
            }
            at -= 3;
        }
        return List.copyOf(starts);
    }

    private static int opening(List<SqlText.Token> tokens, int closing) {
        int depth = 0;
        for (int i = closing; i >= 0; i--) {
            String text = tokens.get(i).text();
            depth += text.equals(")") || text.equals("]") ? 1 : text.equals("(") || text.equals("[") ? -1 : 0;
            if (depth == 0) {
                return i;
            }
        }
        return 0;
    }
}

package dev.olapsync.model;

import dev.olapsync.postgres.Sql;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The text of a SELECT with the definitions of its views in place of their names, so that columns can be added to the
 * lists of the views. The analysis of the new text by Postgres shows whether it is understood.
 */
final class ViewText {

    private final CatalogTables tables;

    ViewText(CatalogTables tables) {
        this.tables = tables;
    }

    /** Views of views too, which Postgres does not let refer to each other in a circle. */
    String expanded(String text) throws SQLException {
        String before = text;
        String after = once(before);
        while (!after.equals(before)) {
            before = after;
            after = once(before);
        }
        return after;
    }

    private String once(String text) throws SQLException {
        TreeMap<Integer, SelectText.Leaf> views = new TreeMap<>(Comparator.reverseOrder());
        for (SelectText.Leaf leaf :
                new SelectText(text).leaves().filter(SelectText.Leaf::isTable).toList()) {
            if (view(leaf).isPresent()) {
                views.put(leaf.nameStart(), leaf);
            }
        }
        StringBuilder out = new StringBuilder(text);
        for (SelectText.Leaf leaf : views.values()) {
            String alias = leaf.alias() != null ? "" : " AS " + Sql.identifier(leaf.refersAs());
            out.replace(
                    leaf.nameStart(),
                    end(text, leaf),
                    "(" + tables.select(view(leaf).orElseThrow().oid()) + ")" + alias);
        }
        return out.toString();
    }

    private Optional<Table> view(SelectText.Leaf leaf) throws SQLException {
        return tables.find(leaf.name().stream().map(Sql::identifier).collect(Collectors.joining(".")))
                .filter(Table::isView);
    }

    /** The end of a name of words with points between them. */
    private static int end(String text, SelectText.Leaf leaf) {
        List<SqlText.Token> words = new SqlText(text)
                .tokens().stream()
                        .filter(token -> token.start() >= leaf.nameStart())
                        .limit(2L * leaf.name().size() - 1)
                        .toList();
        SqlText.Token last = words.get(words.size() - 1);
        return last.start() + last.text().length();
    }
}

package dev.olapsync.model;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A text with UNION ALL as several texts, in each of which one SELECT returns rows and the others have LIMIT 0. So the
 * names and types of the columns stay those that Postgres determines for the whole.
 */
final class UnionText {

    private UnionText() {}

    /** The queries of a text with more than one SELECT. */
    static List<SelectText.Query> unions(SelectText parts) {
        return parts.queries().filter(query -> query.blocks().size() > 1).toList();
    }

    static List<String> parts(String text, SelectText.Query union) {
        List<String> parts = new ArrayList<>();
        for (int active = 0; active < union.blocks().size(); active++) {
            Map<Integer, String> inserts = new TreeMap<>(Comparator.reverseOrder());
            for (int i = 0; i < union.blocks().size(); i++) {
                if (i != active) {
                    SelectText.Block block = union.blocks().get(i);
                    inserts.put(block.start(), "(");
                    inserts.put(end(text, block), " LIMIT 0)");
                }
            }
            StringBuilder part = new StringBuilder(text);
            inserts.forEach(part::insert);
            parts.add(part.toString());
        }
        return parts;
    }

    /** The place before an ORDER BY, which belongs to the union. */
    private static int end(String text, SelectText.Block block) {
        int end = Stream.of("order", "limit", "offset", "fetch")
                .flatMap(word -> block.clause(word).stream())
                .min(Comparator.naturalOrder())
                .orElse(block.end());
        while (end > block.start() && Character.isWhitespace(text.charAt(end - 1))) {
            end--;
        }
        return end;
    }
}

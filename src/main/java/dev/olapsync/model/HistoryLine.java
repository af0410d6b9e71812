package dev.olapsync.model;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The comment {@code -- history: true} before the SELECT of a model. */
final class HistoryLine {

    private static final Pattern LINE = Pattern.compile("--\\s*history\\s*:(.*)", Pattern.CASE_INSENSITIVE);

    private HistoryLine() {}

    /** Whether a file has the line, also a wrong one. */
    static boolean isIn(String content) {
        return new SqlText(content).comments().stream().anyMatch(comment -> LINE.matcher(comment.text())
                .matches());
    }

    /**
     * Whether the model asks for a history. Every other value, or place, is a problem, so that a mistake is noticed.
     */
    static boolean isIn(SqlText text, Problems problems) {
        boolean asked = false;
        for (SqlText.Token comment : text.comments()) {
            Matcher line = LINE.matcher(comment.text());
            if (!line.matches()) {
                continue;
            }
            asked = true;
            if (!line.group(1).strip().equals("true")) {
                problems.add(
                        comment.start(),
                        "'" + line.group(1).strip() + "' is no value of history: write -- history: true,"
                                + " or remove the line");
            } else if (comment.start() > text.begin()) {
                problems.add(
                        comment.start(),
                        "-- history: true stands behind the begin of the SELECT: move it to the line before");
            }
        }
        return asked;
    }
}

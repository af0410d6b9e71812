package dev.olapsync.devstack;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The text of a ClickHouse request, cut into the statement and the data of an INSERT that may follow it. Bytes are kept as
 * Latin-1 characters: what matters here is ASCII, and data may be anything.
 */
final class ClickHouseStatement {

    private static final Pattern TOKEN = Pattern.compile("""
            (?<space>\\s+ | --[^\\n]* | \\#[\\ !][^\\n]* | /\\*.*?\\*/)
            | (?<quoted>'(?:[^'\\\\]|\\\\.|'')*+' | "(?:[^"\\\\]|\\\\.|"")*+" | `(?:[^`\\\\]|\\\\.|``)*+`)
            | (?<word>[A-Za-z_][A-Za-z0-9_]*)
            | (?<other>.)""", Pattern.COMMENTS | Pattern.DOTALL);
    private static final Pattern OUTPUT_FORMAT =
            Pattern.compile("\\bFORMAT\\s+(\\w+)\\s*(?:SETTINGS\\b[^()]*)?;?\\s*$", Pattern.CASE_INSENSITIVE);

    private final String text;
    private final Matcher token;
    private int settingsStart = -1;
    private int formatStart = -1;
    private String format;
    private int dataStart = -1;
    private int inputStart = -1;
    private int inputEnd;
    private String inputStructure;

    ClickHouseStatement(byte[] bytes) {
        text = new String(bytes, StandardCharsets.ISO_8859_1);
        token = TOKEN.matcher(text);
        if (word("INSERT")) {
            findData();
        }
    }

    /** Whether it is an INSERT whose data stands behind it, not one from a SELECT or a file. */
    boolean takesData() {
        return dataStart >= 0;
    }

    /** Where the data begins, in bytes. */
    int dataStart() {
        return dataStart;
    }

    /** The INSERT with its data in a file instead. */
    byte[] insertFrom(Path file) {
        if (inputStart >= 0) {
            String source = "file(" + ClickHouseEngine.literal(file.toString()) + ", " + format + ", ";
            return latin1(text.substring(0, inputStart) + source + inputStructure + ", 'none')"
                    + text.substring(inputEnd, formatStart));
        }
        int end = settingsStart >= 0 ? settingsStart : formatStart;
        String infile = " FROM INFILE " + ClickHouseEngine.literal(file.toString()) + " COMPRESSION 'none' ";
        byte[] head = latin1(text.substring(0, end));
        byte[] middle = infile.getBytes(StandardCharsets.UTF_8);
        byte[] tail = latin1(text.substring(end, formatStart) + " FORMAT " + format);
        byte[] sql = new byte[head.length + middle.length + tail.length];
        System.arraycopy(head, 0, sql, 0, head.length);
        System.arraycopy(middle, 0, sql, head.length, middle.length);
        System.arraycopy(tail, 0, sql, head.length + middle.length, tail.length);
        return sql;
    }

    /** The format that the statement names for its result, or the given one. */
    String outputFormat(String byDefault) {
        Matcher clause = OUTPUT_FORMAT.matcher(text);
        return clause.find() ? clause.group(1) : byDefault;
    }

    private void findData() {
        boolean more = next();
        if (more && isWord("INTO")) {
            more = next();
        }
        if (more && (isWord("TABLE") || isWord("FUNCTION"))) {
            more = next();
        }
        int depth = 0;
        // the current token is the table's name, which may be any word
        while (more && (more = next())) {
            if (isOther('.')) {
                more = next();
            } else if (isOther('(')) {
                depth++;
            } else if (isOther(')')) {
                depth--;
            } else if (depth > 0) {
                continue;
            } else if (isWord("SELECT")) {
                findInput();
                return;
            } else if (isWord("WITH") || isWord("WATCH") || isWord("FROM")) {
                return;
            } else if (isWord("SETTINGS")) {
                settingsStart = token.start();
            } else if (isWord("VALUES")) {
                formatStart = token.start();
                format = "Values";
                dataStart = token.end();
                return;
            } else if (isWord("FORMAT")) {
                findFormat();
                return;
            }
        }
    }

    /** {@code INSERT INTO t SELECT ... FROM input('structure') ... FORMAT x}: the data goes through the SELECT. */
    private void findInput() {
        while (next()) {
            if (isWord("INPUT")) {
                int start = token.start();
                if (next() && isOther('(') && next() && token.group("quoted") != null) {
                    inputStructure = token.group();
                    if (next() && isOther(')')) {
                        inputStart = start;
                        inputEnd = token.end();
                    }
                }
            } else if (isWord("FORMAT") && inputStart >= 0) {
                findFormat();
                return;
            }
        }
    }

    private void findFormat() {
        formatStart = token.start();
        if (next()) {
            format = token.group();
            dataStart = afterFormat(token.end());
        }
    }

    /** ClickHouse's rule: blanks on the line of the format's name do not belong to the data, nor does one line end. */
    private int afterFormat(int position) {
        int start = position;
        while (start < text.length() && " \t\f".indexOf(text.charAt(start)) >= 0) {
            start++;
        }
        if (start < text.length() && text.charAt(start) == '\r') {
            start++;
        }
        if (start < text.length() && text.charAt(start) == '\n') {
            start++;
        }
        return start;
    }

    private boolean word(String expected) {
        return next() && isWord(expected);
    }

    private boolean next() {
        while (token.find()) {
            if (token.group("space") == null) {
                return true;
            }
        }
        return false;
    }

    private boolean isWord(String expected) {
        return expected.equalsIgnoreCase(token.group("word"));
    }

    private boolean isOther(char expected) {
        String other = token.group("other");
        return other != null && other.charAt(0) == expected;
    }

    private static byte[] latin1(String part) {
        return part.getBytes(StandardCharsets.ISO_8859_1);
    }
}

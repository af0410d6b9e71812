package dev.olapsync.model;

import dev.olapsync.postgres.Sql;
import java.util.ArrayList;
import java.util.LinkedList;
import java.util.List;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** SQL as a sequence of code, string literals, quoted identifiers and comments, as Postgres' lexer sees it. */
final class SqlText {

    public enum Kind {
        CODE,
        STRING,
        IDENTIFIER,
        COMMENT
    }

    record Piece(Kind kind, int start, int end) {}

    /** A word, a quoted identifier, a literal, a number or a character. */
    record Token(int start, String text, Kind kind) {

        boolean isName() {
            return kind == Kind.IDENTIFIER
                    || kind == Kind.CODE && Character.isUnicodeIdentifierStart(text.charAt(0))
                    || text.startsWith("_");
        }

        /** The token as Postgres resolves it. */
        String name() {
            return Sql.unquoted(text);
        }
    }

    /**
     * A text that looks like a function call: a name before a parenthesis.
     *
     * @param name with its schema, if any
     */
    record Call(int start, List<String> name, int arguments) {}

    private static final Pattern TOKEN = Pattern.compile("[\\p{L}_][\\p{L}\\p{N}_$]*|\\d[\\w.]*|\\S");
    private static final Pattern DOLLAR_QUOTE = Pattern.compile("\\$(?:[\\p{L}_][\\p{L}\\d_]*)?\\$");
    private static final Pattern PARAMETER = Pattern.compile("(?<![\\w$])\\$(\\d+)");

    private final String sql;
    private final List<Piece> pieces;

    SqlText(String sql) {
        this.sql = sql;
        this.pieces = split(sql);
    }

    /** The first statement without its semicolon and without comments after it. */
    String firstStatement() {
        String statement = sql.substring(0, semicolon().orElse(sql.length()));
        List<Piece> own = split(statement);
        int last = own.size();
        while (last > 0
                && (own.get(last - 1).kind == Kind.COMMENT
                        || text(statement, own.get(last - 1)).isBlank())) {
            last--;
        }
        return last == 0 ? "" : statement.substring(0, own.get(last - 1).end).stripTrailing();
    }

    /** The start of a second statement. */
    OptionalInt secondStatement() {
        OptionalInt semicolon = semicolon();
        if (semicolon.isEmpty()) {
            return semicolon;
        }
        for (Piece piece : pieces) {
            if (piece.kind == Kind.COMMENT) {
                continue;
            }
            for (int i = Math.max(piece.start, semicolon.getAsInt() + 1); i < piece.end; i++) {
                if (!Character.isWhitespace(sql.charAt(i)) && sql.charAt(i) != ';') {
                    return OptionalInt.of(i);
                }
            }
        }
        return OptionalInt.empty();
    }

    private OptionalInt semicolon() {
        return pieces.stream()
                .filter(p -> p.kind == Kind.CODE)
                .mapToInt(p -> sql.substring(p.start, p.end).indexOf(';') < 0 ? -1 : sql.indexOf(';', p.start))
                .filter(i -> i >= 0)
                .findFirst();
    }

    /** The offset of a keyword outside of parentheses, or the start of the statement if it has none. */
    int keyword(String regex) {
        StringBuilder topLevel = new StringBuilder(" ".repeat(sql.length()));
        int depth = 0;
        for (Piece piece : pieces) {
            for (int i = piece.start; piece.kind == Kind.CODE && i < piece.end; i++) {
                char c = sql.charAt(i);
                depth += c == '(' ? 1 : c == ')' ? -1 : 0;
                if (depth == 0) {
                    topLevel.setCharAt(i, c);
                }
            }
        }
        Matcher matcher = Pattern.compile("(?i)\\b(?:" + regex + ")\\b").matcher(topLevel);
        return matcher.find() ? matcher.start() : begin();
    }

    /** The offset of the first character that is neither white space nor part of a comment. */
    int begin() {
        for (Piece piece : pieces) {
            for (int i = piece.start; piece.kind != Kind.COMMENT && i < piece.end; i++) {
                if (!Character.isWhitespace(sql.charAt(i))) {
                    return i;
                }
            }
        }
        return 0;
    }

    /** The text without comments. */
    List<Token> tokens() {
        List<Token> tokens = new ArrayList<>();
        for (Piece piece : pieces) {
            if (piece.kind == Kind.CODE) {
                Matcher matcher = TOKEN.matcher(sql).region(piece.start, piece.end);
                while (matcher.find()) {
                    tokens.add(new Token(matcher.start(), matcher.group(), Kind.CODE));
                }
            } else if (piece.kind != Kind.COMMENT) {
                tokens.add(new Token(piece.start, text(sql, piece), piece.kind));
            }
        }
        return tokens;
    }

    /** The comments, with their dashes or slashes and stars. */
    List<Token> comments() {
        return pieces.stream()
                .filter(piece -> piece.kind == Kind.COMMENT)
                .map(piece -> new Token(piece.start, text(sql, piece), Kind.COMMENT))
                .toList();
    }

    /** Unquoted words that are neither qualified nor an alias after AS. */
    List<Token> bareWords() {
        List<Token> tokens = tokens();
        List<Token> bare = new ArrayList<>();
        for (int i = 0; i < tokens.size(); i++) {
            String before = i == 0 ? "" : tokens.get(i - 1).text();
            if (tokens.get(i).kind() == Kind.CODE
                    && tokens.get(i).isName()
                    && !before.equals(".")
                    && !before.equalsIgnoreCase("AS")) {
                bare.add(tokens.get(i));
            }
        }
        return bare;
    }

    /** All texts that look like function calls, including keywords and types before parentheses. */
    List<Call> calls() {
        List<Token> tokens = tokens();
        List<Call> calls = new ArrayList<>();
        for (int i = 0; i + 1 < tokens.size(); i++) {
            if (tokens.get(i).isName() && tokens.get(i + 1).text().equals("(")) {
                LinkedList<String> name = new LinkedList<>(List.of(tokens.get(i).name()));
                int first = i;
                while (first >= 2
                        && tokens.get(first - 1).text().equals(".")
                        && tokens.get(first - 2).isName()) {
                    first -= 2;
                    name.addFirst(tokens.get(first).name());
                }
                calls.add(new Call(tokens.get(first).start(), List.copyOf(name), arguments(tokens, i + 2)));
            }
        }
        return calls;
    }

    private static int arguments(List<Token> tokens, int first) {
        int depth = 0;
        int commas = 0;
        for (int i = first; i < tokens.size(); i++) {
            String token = tokens.get(i).text();
            if (token.equals(")") && depth == 0) {
                return i == first ? 0 : commas + 1;
            }
            depth += token.equals("(") || token.equals("[") ? 1 : token.equals(")") || token.equals("]") ? -1 : 0;
            commas += token.equals(",") && depth == 0 ? 1 : 0;
        }
        return commas + 1;
    }

    /**
     * The statement for camel-jdbc with named parameters: {@code $1} becomes {@code :?k1}; a question mark in code is
     * doubled for pgjdbc; and {@code :?} in literals and names, which Camel would treat as a parameter too, is written
     * differently.
     */
    String camel() {
        return jdbc(":?k$1");
    }

    /** The place of the first parameter. */
    OptionalInt parameter() {
        return pieces.stream()
                .filter(piece -> piece.kind == Kind.CODE)
                .flatMapToInt(piece -> {
                    Matcher matcher = PARAMETER.matcher(sql).region(piece.start, piece.end);
                    return matcher.find() ? IntStream.of(matcher.start()) : IntStream.empty();
                })
                .findFirst();
    }

    /** The same text for the driver, which treats a question mark in code as a parameter. */
    String forDriver() {
        return pieces.stream()
                .map(piece -> piece.kind == Kind.CODE ? text(sql, piece).replace("?", "??") : text(sql, piece))
                .collect(Collectors.joining());
    }

    /** The statement for plain JDBC: {@code $1}, {@code $2} ..., which must be in that order, become {@code ?}. */
    String jdbc() {
        return jdbc("?");
    }

    private String jdbc(String parameter) {
        StringBuilder out = new StringBuilder();
        for (Piece piece : pieces) {
            String text = text(sql, piece);
            switch (piece.kind) {
                case CODE ->
                    out.append(PARAMETER.matcher(text.replace("?", "??")).replaceAll(parameter));
                // two literals on two lines are one literal
                case STRING -> out.append(text.replace(":?", ":'\n'?"));
                case IDENTIFIER ->
                    out.append(
                            text.contains(":?")
                                    ? "U&" + text.replace("\\", "\\\\").replace("?", "\\003F")
                                    : text);
                case COMMENT -> out.append(' ');
            }
        }
        return out.toString();
    }

    private static String text(String sql, Piece piece) {
        return sql.substring(piece.start, piece.end);
    }

    private static List<Piece> split(String sql) {
        List<Piece> pieces = new ArrayList<>();
        int code = 0;
        int i = 0;
        while (i < sql.length()) {
            Kind kind;
            int end;
            char c = sql.charAt(i);
            if (c == '\'') {
                kind = Kind.STRING;
                end = quoted(sql, i, '\'', escapes(sql, i));
            } else if (c == '"') {
                kind = Kind.IDENTIFIER;
                end = quoted(sql, i, '"', false);
            } else if (sql.startsWith("--", i)) {
                kind = Kind.COMMENT;
                int newLine = sql.indexOf('\n', i);
                end = newLine < 0 ? sql.length() : newLine;
            } else if (sql.startsWith("/*", i)) {
                kind = Kind.COMMENT;
                end = blockComment(sql, i);
            } else if (c == '$' && !partOfName(sql, i - 1) && dollarQuote(sql, i) > i) {
                kind = Kind.STRING;
                end = dollarQuote(sql, i);
            } else {
                i++;
                continue;
            }
            if (code < i) {
                pieces.add(new Piece(Kind.CODE, code, i));
            }
            pieces.add(new Piece(kind, i, end));
            i = end;
            code = end;
        }
        if (code < sql.length()) {
            pieces.add(new Piece(Kind.CODE, code, sql.length()));
        }
        return pieces;
    }

    private static boolean partOfName(String sql, int i) {
        return i >= 0 && (Character.isLetterOrDigit(sql.charAt(i)) || sql.charAt(i) == '_' || sql.charAt(i) == '$');
    }

    private static boolean escapes(String sql, int quote) {
        return quote > 0
                && (sql.charAt(quote - 1) == 'E' || sql.charAt(quote - 1) == 'e')
                && !partOfName(sql, quote - 2);
    }

    private static int quoted(String sql, int start, char quote, boolean escapes) {
        int i = start + 1;
        while (i < sql.length()) {
            if (sql.charAt(i) == '\\' && escapes) {
                i++;
            } else if (sql.charAt(i) == quote) {
                if (i + 1 < sql.length() && sql.charAt(i + 1) == quote) {
                    i++;
                } else {
                    return i + 1;
                }
            }
            i++;
        }
        return sql.length();
    }

    private static int blockComment(String sql, int start) {
        int depth = 0;
        int i = start;
        while (i < sql.length()) {
            if (sql.startsWith("/*", i)) {
                depth++;
                i += 2;
            } else if (sql.startsWith("*/", i)) {
                depth--;
                i += 2;
                if (depth == 0) {
                    return i;
                }
            } else {
                i++;
            }
        }
        return sql.length();
    }

    private static int dollarQuote(String sql, int start) {
        Matcher opening = DOLLAR_QUOTE.matcher(sql).region(start, sql.length());
        if (!opening.lookingAt()) {
            return start;
        }
        int closing = sql.indexOf(opening.group(), opening.end());
        return closing < 0 ? sql.length() : closing + opening.group().length();
    }
}

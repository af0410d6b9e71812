package dev.olapsync.devstack;

import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An error of the embedded engine as a ClickHouse server words and numbers it. */
final class ClickHouseError {

    private static final Pattern CODE = Pattern.compile("Code: (\\d+)\\. DB::Exception: ");
    private static final Pattern NAME = Pattern.compile("\\(([A-Z0-9_]+)\\)\\s*$");
    /** The embedded engine wraps an error inside INSERT ... FROM INFILE in a second one, and names the file. */
    private static final Pattern WRAPPED = Pattern.compile(
            "^(Code: \\d+\\. DB::Exception: )\\1(.*) \\(version [^)]*\\)\\. \\([A-Z0-9_]+\\)\\s*$", Pattern.DOTALL);

    private static final Pattern INFILE = Pattern.compile(
            "\\n?: \\(in file/uri [^)]*\\)|: While executing File: data for INSERT was parsed from file");

    /** The following sets are those of ClickHouse's exceptionCodeToHTTPStatus.cpp. */
    private static final Set<String> FORBIDDEN =
            Set.of("UNKNOWN_USER", "WRONG_PASSWORD", "AUTHENTICATION_FAILED", "SET_NON_GRANTED_ROLE", "ACCESS_DENIED");

    private static final Set<String> BAD_REQUEST = Set.of(
            "BAD_ARGUMENTS",
            "CANNOT_COMPILE_REGEXP",
            "CANNOT_PARSE_TEXT",
            "CANNOT_PARSE_ESCAPE_SEQUENCE",
            "CANNOT_PARSE_QUOTED_STRING",
            "CANNOT_PARSE_DATE",
            "CANNOT_PARSE_DATETIME",
            "CANNOT_PARSE_NUMBER",
            "CANNOT_PARSE_DOMAIN_VALUE_FROM_STRING",
            "CANNOT_PARSE_IPV4",
            "CANNOT_PARSE_IPV6",
            "CANNOT_PARSE_INPUT_ASSERTION_FAILED",
            "CANNOT_PARSE_UUID",
            "DUPLICATE_COLUMN",
            "ILLEGAL_COLUMN",
            "UNKNOWN_ELEMENT_IN_AST",
            "UNKNOWN_TYPE_OF_AST_NODE",
            "THERE_IS_NO_COLUMN",
            "TOO_DEEP_AST",
            "TOO_BIG_AST",
            "UNEXPECTED_AST_STRUCTURE",
            "SYNTAX_ERROR",
            "INCORRECT_DATA",
            "TYPE_MISMATCH",
            "VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE");
    private static final Set<String> NOT_FOUND = Set.of(
            "UNKNOWN_TABLE",
            "UNKNOWN_FUNCTION",
            "UNKNOWN_IDENTIFIER",
            "UNKNOWN_TYPE",
            "UNKNOWN_STORAGE",
            "UNKNOWN_DATABASE",
            "UNKNOWN_SETTING",
            "UNKNOWN_DIRECTION_OF_SORTING",
            "UNKNOWN_AGGREGATE_FUNCTION",
            "UNKNOWN_FORMAT",
            "UNKNOWN_DATABASE_ENGINE",
            "UNKNOWN_TYPE_OF_QUERY",
            "UNKNOWN_ROLE");

    private final String text;
    private final int code;
    private final String name;

    ClickHouseError(String engineText, String version) {
        String unwrapped =
                INFILE.matcher(WRAPPED.matcher(engineText).replaceFirst("$1$2")).replaceAll("");
        Matcher codeMatcher = CODE.matcher(unwrapped);
        Matcher nameMatcher = NAME.matcher(unwrapped);
        text = unwrapped.strip() + " (version " + version + " (official build))\n";
        code = codeMatcher.find() ? Integer.parseInt(codeMatcher.group(1)) : 1001;
        name = nameMatcher.find() ? nameMatcher.group(1) : "STD_EXCEPTION";
    }

    int code() {
        return code;
    }

    String text() {
        return text;
    }

    int httpStatus() {
        if (FORBIDDEN.contains(name)) {
            return 403;
        }
        if (BAD_REQUEST.contains(name)) {
            return 400;
        }
        if (NOT_FOUND.contains(name)) {
            return 404;
        }
        return switch (name) {
            case "REQUIRED_PASSWORD" -> 401;
            case "TIMEOUT_EXCEEDED" -> 408;
            case "QUERY_IS_TOO_LARGE" -> 413;
            case "NOT_IMPLEMENTED" -> 501;
            case "SOCKET_TIMEOUT", "CANNOT_OPEN_FILE", "CANNOT_SCHEDULE_TASK" -> 503;
            default -> 500;
        };
    }
}

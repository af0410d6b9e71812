package dev.olapsync.verify;

import dev.olapsync.model.OutputColumn;

/**
 * A text that is too long to be in memory with others is compared by its digest: both sides write the digest instead of
 * the text.
 */
public final class LongText {

    private static final int CHARACTERS = 4_000;

    private LongText() {}

    private static boolean canBe(OutputColumn column) {
        return !column.key()
                && switch (column.type().kind()) {
                    // Postgres does not count the trailing blanks of a char(n)
                    case STRING ->
                        column.postgresType().equals("text")
                                || column.postgresType().startsWith("character varying");
                    case TEXT_FORM, JSON_TEXT -> true;
                    default -> false;
                };
    }

    public static String inPostgres(OutputColumn column, String text) {
        return !canBe(column)
                ? text
                : "CASE WHEN length(" + text + ") > " + CHARACTERS + " THEN 'md5 ' || md5(convert_to(" + text
                        + ", 'UTF8')) || ' of ' || length(" + text + ") || ' characters' ELSE " + text + " END";
    }

    public static String inClickHouse(OutputColumn column, String text) {
        return !canBe(column)
                ? text
                : "if(lengthUTF8(" + text + ") > " + CHARACTERS + ", concat('md5 ', lower(hex(MD5(" + text
                        + "))), ' of ', toString(lengthUTF8(" + text + ")), ' characters'), " + text + ")";
    }
}

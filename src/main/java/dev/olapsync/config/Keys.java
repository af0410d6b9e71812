package dev.olapsync.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Reads the values of keys in their types. A wrong value throws an {@code IllegalArgumentException} that names the key.
 *
 * @param values null for a key that is not set
 */
record Keys(UnaryOperator<String> values) {

    /** Suffix of the key of a password: the key of the file that contains it. */
    static final String FILE = ".file";

    String text(String key, String otherwise) {
        String value = values.apply(key);
        return value == null ? otherwise : value.trim();
    }

    /**
     * The content of the file that {@code <key>.file} names, without a line end at its end; otherwise the value of the
     * key.
     */
    String secret(String key, String otherwise) {
        String file = values.apply(key + FILE);
        if (file == null || file.isBlank()) {
            return text(key, otherwise);
        }
        try {
            return Files.readString(Path.of(file.trim())).replaceFirst("\\R\\z", "");
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    key + FILE + ": " + file.trim() + " cannot be read: "
                            + e.getClass().getSimpleName()
                            + ". Name the file that holds the password and nothing else.",
                    e);
        }
    }

    /** A relative folder is looked up in the working directory, then in the distribution. */
    Path folder(String key, String otherwise) {
        Path folder = Path.of(text(key, otherwise));
        String home = System.getProperty("olap-sync.home");
        return Files.exists(folder) || home == null ? folder : Path.of(home).resolve(folder);
    }

    boolean flag(String key, boolean otherwise) {
        String value = text(key, String.valueOf(otherwise));
        if (!value.equals("true") && !value.equals("false")) {
            throw new IllegalArgumentException(key + " must be true or false, not '" + value + "'");
        }
        return value.equals("true");
    }

    <E extends Enum<E>> E oneOf(String key, E otherwise) {
        Map<String, E> choices = new LinkedHashMap<>();
        for (E choice : otherwise.getDeclaringClass().getEnumConstants()) {
            choices.put(choice.name().toLowerCase(Locale.ROOT), choice);
        }
        String value = values.apply(key);
        if (value == null) {
            return otherwise;
        }
        E chosen = choices.get(value.trim());
        if (chosen == null) {
            throw new IllegalArgumentException(
                    key + " must be " + String.join(" or ", choices.keySet()) + ", not '" + value + "'");
        }
        return chosen;
    }

    int number(String key, int otherwise) {
        return Math.toIntExact(bigNumber(key, otherwise));
    }

    long bigNumber(String key, long otherwise) {
        String value = values.apply(key);
        if (value == null) {
            return otherwise;
        }
        try {
            return Long.parseLong(value.trim());
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(key + " must be a whole number, not '" + value + "'", e);
        }
    }
}

package dev.olapsync.config;

import java.util.LinkedHashMap;
import java.util.Map;

/** The environment variables that are keys of the configuration. */
public final class Variables {

    private Variables() {}

    /** By their names: {@code integer}, {@code boolean} or {@code string}, as the values that the key accepts. */
    public static Map<String, String> types() {
        Map<String, String> types = new LinkedHashMap<>();
        KnownKeys.all().stream().sorted().forEach(key -> types.put(SettingsSources.variable(key), type(key)));
        return types;
    }

    private static String type(String key) {
        if (accepts(key, "x")) {
            return "string";
        }
        return accepts(key, "1") ? "integer" : accepts(key, "true") ? "boolean" : "string";
    }

    private static boolean accepts(String key, String value) {
        try {
            KnownKeys.check(name -> name.equals(key) ? value : null, name -> "");
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}

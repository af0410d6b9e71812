package dev.olapsync.model;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names of the generations of a model: {@code order_fact} is the first, {@code order_fact-2} the second. No file can have such a
 * name.
 */
public final class GenerationName {

    /** Behind the number stands what a model that is a part of its file has behind the file's name. */
    private static final Pattern LATER = Pattern.compile("([^-]+)-(\\d+)(.*)");

    private GenerationName() {}

    /** @param number from 1 */
    public static String of(String model, int number) {
        return number == 1 ? model : model + "-" + number;
    }

    /** The name of the model, which readers use. */
    public static String model(String name) {
        Matcher later = LATER.matcher(name);
        return later.matches() ? later.group(1) + later.group(3) : name;
    }

    /** From 1. */
    public static int number(String name) {
        Matcher later = LATER.matcher(name);
        return later.matches() ? Integer.parseInt(later.group(2)) : 1;
    }
}

package dev.olapsync.model;

import java.nio.charset.StandardCharsets;

/**
 * Version cut-offs: for each model the version below which no row counts any more. They are output rows of a model of
 * their own, so they are published and loaded like all others, and their order among the rows does not matter.
 */
public final class VersionCutoffs {

    /** The name of this model; no file can have it, because model names begin with a letter. */
    public static final String MODEL = "_truncates";

    private VersionCutoffs() {}

    /** The version cut-off of a model, without its version. */
    public static byte[] row(String model) {
        return ("{\"model\":\"" + model + "\"}").getBytes(StandardCharsets.UTF_8);
    }
}

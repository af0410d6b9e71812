package dev.olapsync.model;

import java.nio.file.Path;

/**
 * Something in a model file that keeps the pipeline from starting.
 *
 * @param file the model file
 * @param line 1-based
 * @param column 1-based, in characters
 * @param message what is wrong, why, and what to write instead
 */
public record ModelError(Path file, int line, int column, String message) {

    @Override
    public String toString() {
        return file + ":" + line + ":" + column + ": " + message;
    }
}

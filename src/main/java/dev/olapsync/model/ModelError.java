package dev.olapsync.model;

import java.nio.file.Path;

/**
 * An error in a model file that prevents a start.
 *
 * @param file the model file
 * @param line from 1
 * @param column from 1, in characters
 * @param message what is wrong, why, and what to write instead
 */
public record ModelError(Path file, int line, int column, String message) {

    @Override
    public String toString() {
        return file + ":" + line + ":" + column + ": " + message;
    }
}

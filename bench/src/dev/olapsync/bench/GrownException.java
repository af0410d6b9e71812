package dev.olapsync.bench;

/** A figure has grown more than is allowed. The message says which one, by how much, and what to do. */
final class GrownException extends Exception {

    private static final long serialVersionUID = 1;

    GrownException(String message) {
        super(message);
    }
}

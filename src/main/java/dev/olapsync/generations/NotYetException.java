package dev.olapsync.generations;

/** A generation has to wait. The message contains the reason and the remedy. */
final class NotYetException extends Exception {

    private static final long serialVersionUID = 1L;

    NotYetException(String message) {
        super(message);
    }
}

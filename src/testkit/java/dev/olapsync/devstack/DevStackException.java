package dev.olapsync.devstack;

/** A part of the dev stack cannot start; the message says why and what to do, fit to be shown as it is. */
public final class DevStackException extends RuntimeException {

    public DevStackException(String message) {
        super(message);
    }

    public DevStackException(String message, Throwable cause) {
        super(message, cause);
    }
}

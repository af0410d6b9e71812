package dev.olapsync.demo;

/** The demo cannot go on; the message says why, fit to be shown as it is. */
final class DemoException extends Exception {

    DemoException(String message) {
        super(message);
    }
}

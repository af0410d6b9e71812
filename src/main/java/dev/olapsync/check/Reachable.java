package dev.olapsync.check;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.util.Optional;

/** Checks whether a server listens at an address, before a client is used that would retry and log each attempt. */
final class Reachable {

    static final int PATIENCE_MILLIS = 5_000;

    private Reachable() {}

    /** Why nothing can be reached there; empty if a server listens. */
    static Optional<String> problem(String host, int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, port), PATIENCE_MILLIS);
            return Optional.empty();
        } catch (UnknownHostException e) {
            return Optional.of("there is no host of this name");
        } catch (IOException e) {
            return Optional.of(e.getMessage());
        }
    }
}

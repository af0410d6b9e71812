package dev.olapsync.devstack;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ThreadLocalRandom;

/** TCP ports on the loopback interface. */
public final class Ports {

    /** The byte at a port's number is locked by the JVM that has taken the port, until that JVM ends. */
    private static final FileChannel TAKEN = taken();

    private Ports() {}

    /**
     * A free port below the range from which the system takes the ports of outgoing connections: a service that is down for
     * a moment would otherwise lose its port to a client, even to one that is trying to reach it. No second call gets the
     * same one, neither here nor in another JVM.
     */
    public static int free() {
        for (int attempt = 0; attempt < 200; attempt++) {
            int port = ThreadLocalRandom.current().nextInt(20_000, 32_000);
            if (take(port) && isFree(port)) {
                return port;
            }
        }
        throw new DevStackException("No free port found between 20000 and 32000.");
    }

    static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean take(int port) {
        try {
            return TAKEN.tryLock(port, 1, false) != null;
        } catch (OverlappingFileLockException e) {
            // this JVM has it already
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static FileChannel taken() {
        Path file = Path.of(
                System.getProperty("java.io.tmpdir"), "olap-sync-ports-" + System.getProperty("user.name") + ".lock");
        try {
            return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new DevStackException("Cannot note which ports are taken in " + file + ": " + e.getMessage(), e);
        }
    }
}

package dev.olapsync.devstack;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/** TCP ports on the loopback interface. */
final class Ports {

    private static final int FORKS = 4;
    /** Of the test JVMs that run at the same time, from 1. */
    private static final int FORK = Integer.getInteger("surefire.forkNumber", 0) % FORKS;

    private Ports() {
    }

    /**
     * A free port below the range from which the system takes the ports of outgoing connections: a service that is down for
     * a moment would otherwise lose its port to a client, even to one that is trying to reach it. Test JVMs that run at the
     * same time do not get the same port.
     */
    static int free() {
        for (int attempt = 0; attempt < 200; attempt++) {
            int port = ThreadLocalRandom.current().nextInt(20_000 / FORKS, 32_000 / FORKS) * FORKS + FORK;
            if (isFree(port)) {
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
}

package dev.olapsync.faults;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.DelayQueue;
import java.util.concurrent.Delayed;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Stands between the pipeline and a server on the loopback interface, and can cut the connections, delay what is sent, or
 * let nothing through, as a network does. Thread-safe.
 */
final class TcpProxy implements AutoCloseable {

    private static final int CHUNK = 1 << 16;
    /** How many a connection holds in each direction before it makes the sender wait. */
    private static final int CHUNKS = 64;

    private final int target;
    private final ServerSocket listener;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private volatile Duration delay = Duration.ZERO;
    private volatile boolean refusing;
    private boolean holding;

    /**
     * @param port to listen at; 0 for any
     * @param target port to connect to
     */
    TcpProxy(int port, int target) throws IOException {
        this.target = target;
        listener = new ServerSocket();
        listener.setReuseAddress(true);
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        daemon(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    /** Ends all connections; with a reset, as a firewall would. */
    void cut() {
        sockets.forEach(TcpProxy::reset);
    }

    /** Whether new connections end at once; those that exist stay. */
    void refuse(boolean on) {
        refusing = on;
    }

    /** Whether nothing goes through, in neither direction, while the connections stay. */
    synchronized void hold(boolean on) {
        holding = on;
        notifyAll();
    }

    /** How long everything takes, in each direction. */
    void delay(Duration time) {
        delay = time;
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                if (refusing) {
                    reset(client);
                } else {
                    daemon(() -> connect(client));
                }
            } catch (IOException e) {
                if (!listener.isClosed()) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }

    private void connect(Socket client) {
        Socket server = new Socket();
        try {
            server.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target));
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
        } catch (IOException e) {
            // the server is down: the client is to see that
            reset(client);
            return;
        }
        sockets.add(client);
        sockets.add(server);
        forward(client, server);
        forward(server, client);
    }

    private void forward(Socket from, Socket to) {
        DelayQueue<Chunk> way = new DelayQueue<>();
        Semaphore room = new Semaphore(CHUNKS);
        daemon(() -> read(from, to, way, room));
        daemon(() -> write(from, to, way, room));
    }

    private void read(Socket from, Socket to, DelayQueue<Chunk> way, Semaphore room) {
        byte[] buffer = new byte[CHUNK];
        // never before what was sent earlier, also when the delay becomes shorter
        long due = System.nanoTime();
        try {
            InputStream in = from.getInputStream();
            int length;
            while ((length = in.read(buffer)) >= 0) {
                room.acquire();
                due = Math.max(due + 1, System.nanoTime() + delay.toNanos());
                way.add(new Chunk(Arrays.copyOf(buffer, length), due));
            }
        } catch (IOException e) {
            end(from, to);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            way.add(new Chunk(null, due + 1));
        }
    }

    private void write(Socket from, Socket to, DelayQueue<Chunk> way, Semaphore room) {
        try {
            OutputStream out = to.getOutputStream();
            for (Chunk chunk = way.take(); chunk.bytes != null; chunk = way.take()) {
                awaitOpen();
                out.write(chunk.bytes);
                room.release();
            }
            awaitOpen();
            to.shutdownOutput();
            if (from.isOutputShutdown()) {
                end(from, to);
            }
        } catch (IOException e) {
            end(from, to);
            room.release(CHUNKS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void awaitOpen() throws InterruptedException {
        while (holding) {
            wait();
        }
    }

    private void end(Socket from, Socket to) {
        reset(from);
        reset(to);
        sockets.remove(from);
        sockets.remove(to);
    }

    private static void reset(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
        } catch (IOException e) {
            // it is closed already
            return;
        }
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void daemon(Runnable task) {
        Thread thread = new Thread(task, "proxy");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        listener.close();
        hold(false);
        cut();
    }

    /** @param bytes null for the end of the stream */
    private record Chunk(byte[] bytes, long dueNanos) implements Delayed {

        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(dueNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            return Long.compare(dueNanos, ((Chunk) other).dueNanos);
        }
    }
}

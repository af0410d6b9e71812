package dev.olapsync.clickhouse;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Comparator;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * The running requests to a server, and the time since their last progress. A request without progress for too long is
 * given up. Thread safe.
 */
final class ClickHouseRequests implements AutoCloseable {

    private final Duration limit;
    private final Runnable cut;
    private final Set<Request> pending = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "requests");
        thread.setDaemon(true);
        return thread;
    });

    /**
     * @param limit maximum time without progress
     * @param cut closes all connections, so that a waiting thread continues
     */
    ClickHouseRequests(Duration limit, Runnable cut) {
        this.limit = limit;
        this.cut = cut;
        long pause = Math.max(1, limit.toMillis() / 100);
        watch.scheduleWithFixedDelay(this::giveUp, pause, pause, TimeUnit.MILLISECONDS);
    }

    /** The caller closes it when it has the answer. */
    Request begin() {
        Request request = new Request();
        pending.add(request);
        return request;
    }

    /** The longest time without progress of all running requests with content; empty if there is none. */
    Optional<Duration> standing() {
        return pending.stream()
                .filter(request -> request.hasContent)
                .map(Request::standing)
                .max(Comparator.naturalOrder());
    }

    private void giveUp() {
        boolean late = false;
        for (Request request : pending) {
            if (request.standing().compareTo(limit) > 0 && !request.givenUp) {
                request.givenUp = true;
                late = true;
            }
        }
        if (late) {
            cut.run();
        }
    }

    @Override
    public void close() {
        watch.shutdownNow();
    }

    final class Request implements AutoCloseable {

        private volatile long moved = System.nanoTime();
        /** While the rows are being read from their source, the request does not wait for the server. */
        private volatile boolean reading;

        private volatile boolean givenUp;
        private volatile boolean hasContent;
        private volatile boolean read;
        private volatile boolean ended;
        private volatile boolean sourceFailed;

        boolean isGivenUp() {
            return givenUp;
        }

        /** Whether a part of the content has been read. */
        boolean hasRead() {
            return read;
        }

        /** Whether the request failed because its content could not be read. */
        boolean isOfSource() {
            return sourceFailed;
        }

        private Duration standing() {
            return reading ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - moved);
        }

        /**
         * The content that the request sends: each read of a part counts as progress. The HTTP client sends a request once more if it
         * is answered with 429 or 503; its content is gone then, and an INSERT without rows would be acknowledged.
         */
        InputStream sending(InputStream content) {
            hasContent = true;
            return new FilterInputStream(content) {

                @Override
                public int read() throws IOException {
                    return moving(super::read);
                }

                @Override
                public int read(byte[] buffer, int offset, int length) throws IOException {
                    return moving(() -> super.read(buffer, offset, length));
                }
            };
        }

        private int moving(Read part) throws IOException {
            if (ended) {
                throw new IOException("the server did not take the rows (HTTP 429 or 503)");
            }
            read = true;
            reading = true;
            try {
                int got = part.read();
                ended = got < 0;
                return got;
            } catch (IOException | RuntimeException e) {
                sourceFailed = true;
                throw e;
            } finally {
                moved = System.nanoTime();
                reading = false;
            }
        }

        @Override
        public void close() {
            pending.remove(this);
        }
    }

    @FunctionalInterface
    private interface Read {

        int read() throws IOException;
    }
}

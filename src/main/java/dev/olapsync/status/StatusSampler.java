package dev.olapsync.status;

import dev.olapsync.pipeline.Metrics;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Queries the state of the pipeline periodically: every ten seconds, every two seconds while a page is open. Keeps one
 * hour of samples. Thread safe.
 */
final class StatusSampler implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(StatusSampler.class);
    private static final long PAUSE_MILLIS = 10_000;
    private static final long WATCHED_PAUSE_MILLIS = 2_000;
    private static final long HOUR_MILLIS = Duration.ofHours(1).toMillis();

    /** @param number increases by one with each sample */
    record Sample(long number, Status status) {}

    /**
     * One point of the curves; null for an unknown value.
     *
     * @param time in milliseconds since 1970
     * @param lagMillis p99 of the slowest model in the last ten seconds
     * @param rows written since the start, without those of the initial load
     */
    record Point(long time, long lagMillis, long rows, Long waiting, Long keptBytes, Long limitBytes) {

        static Point of(Status status, long time) {
            List<Metrics.Loaded> loaded =
                    status.models().stream().map(Status.Model::loaded).toList();
            Status.Slot slot = status.slot();
            return new Point(
                    time,
                    loaded.stream().mapToLong(Metrics.Loaded::p99Millis).max().orElse(0),
                    loaded.stream().mapToLong(Metrics.Loaded::rows).sum(),
                    status.routes().stream()
                            .map(Status.Route::waiting)
                            .filter(waiting -> waiting != null)
                            .reduce(Long::sum)
                            .orElse(null),
                    slot == null ? null : slot.keptBytes(),
                    slot == null ? null : slot.limitBytes());
        }
    }

    private final Supplier<Status> status;
    private final Consumer<Status> listener;
    private final Thread thread = new Thread(this::sample, "status-sampler");
    private final Deque<Point> hour = new ArrayDeque<>();
    private Sample last = new Sample(0, null);
    private int watchers;

    /** @param listener receives each status, on the thread of the sampler */
    StatusSampler(Supplier<Status> status, Consumer<Status> listener) {
        this.status = status;
        this.listener = listener;
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    private void sample() {
        try {
            while (true) {
                sampleOnce();
                pause();
            }
        } catch (InterruptedException e) {
            LOG.debug("Nobody is asked any more");
        }
    }

    private void sampleOnce() {
        try {
            Status now = status.get();
            listener.accept(now);
            add(now, System.currentTimeMillis());
        } catch (RuntimeException e) {
            // the next sample retries; olap_status_time_seconds shows that this one is missing
            LOG.warn("The status cannot be sampled: {}", e.getMessage());
        }
    }

    private synchronized void add(Status now, long time) {
        last = new Sample(last.number() + 1, now);
        if (hour.isEmpty() || time - hour.getLast().time() >= PAUSE_MILLIS) {
            hour.add(Point.of(now, time));
        }
        while (time - hour.getFirst().time() > HOUR_MILLIS) {
            hour.removeFirst();
        }
        notifyAll();
    }

    private synchronized void pause() throws InterruptedException {
        long begin = System.nanoTime();
        long passed = 0;
        while (passed < (watchers > 0 ? WATCHED_PAUSE_MILLIS : PAUSE_MILLIS)) {
            wait((watchers > 0 ? WATCHED_PAUSE_MILLIS : PAUSE_MILLIS) - passed);
            passed = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
        }
    }

    /** A viewer must call {@link #leave} at the end. */
    synchronized void watch() {
        watchers++;
        notifyAll();
    }

    synchronized void leave() {
        watchers--;
    }

    /** The first sample after this one, or the same sample after this time. */
    synchronized Sample after(long number, Duration patience) throws InterruptedException {
        long end = System.nanoTime() + patience.toNanos();
        for (long left = patience.toMillis(); last.number() <= number && left > 0; ) {
            wait(left);
            left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
        }
        return last;
    }

    synchronized List<Point> hour() {
        return List.copyOf(hour);
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}

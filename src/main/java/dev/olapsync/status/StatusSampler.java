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
 * Asks how the pipeline is, again and again: every ten seconds, every two seconds while somebody looks on. Keeps an hour of it. Thread
 * safe.
 */
final class StatusSampler implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(StatusSampler.class);
    private static final long PAUSE_MILLIS = 10_000;
    private static final long WATCHED_PAUSE_MILLIS = 2_000;
    private static final long HOUR_MILLIS = Duration.ofHours(1).toMillis();

    /** @param number grows by one with each */
    record Sample(long number, Status status) {}

    /**
     * One point of the curves; null is what was not known.
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

    /** @param listener gets each status, on the sampler's thread */
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
            // the next one tries again; olap_status_time_seconds shows that there is none
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

    /** Who watches calls {@link #leave} at the end. */
    synchronized void watch() {
        watchers++;
        notifyAll();
    }

    synchronized void leave() {
        watchers--;
    }

    /** The first sample behind this one, or the same after so long. */
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

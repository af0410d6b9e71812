package dev.olapsync.pipeline;

import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.clickhouse.ClickHouse.ClickHouseException;
import dev.olapsync.tables.Epochs;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The epoch of a process: the latest one when it was read first. It stays the same until the routes begin again, see {@link
 * #takeLatest}. Thread safe.
 */
public final class OwnEpoch {

    private static final int NOT_READ = -1;

    private final Supplier<ClickHouse> clickHouse;
    private final int least;
    private volatile int own = NOT_READ;
    private volatile int latest = NOT_READ;
    private volatile String delay = "";

    /** @param least lower limit, from the settings */
    OwnEpoch(Supplier<ClickHouse> clickHouse, int least) {
        this.clickHouse = clickHouse;
        this.least = least;
    }

    /** @throws ClickHouseException if it was not read before and cannot be read */
    public int number() {
        return own == NOT_READ ? read() : own;
    }

    private synchronized int read() {
        if (own == NOT_READ) {
            own = Math.max(least, epochs().latest());
        }
        return own;
    }

    private Epochs epochs() {
        return new Epochs(clickHouse.get());
    }

    /** Reads which epoch is the latest; that of this process, if it has a greater one by its settings. */
    public void look() {
        int begun = epochs().latest();
        if (begun < number()) {
            epochs().begin(number(), "olap.epoch");
        }
        latest = begun;
    }

    /** Whether a later epoch has begun: what this process does is of no use any more. */
    public boolean isOver() {
        return own != NOT_READ && latest > own;
    }

    /** @throws IllegalStateException if a later epoch has begun */
    public void requireCurrent() {
        if (isOver()) {
            throw new IllegalStateException(over());
        }
    }

    /**
     * A process with an older epoch may have other models, and would miss rows that this record makes dirty. The epoch is unknown in
     * ClickHouse if that was emptied or restored.
     *
     * @throws IllegalStateException if the record is of a later epoch, which is the latest from then on
     */
    public void requireNotBefore(int ofRecord) {
        if (ofRecord > 0 && ofRecord > number()) {
            epochs().begin(ofRecord, "a record of this epoch was read");
            latest = Math.max(latest, ofRecord);
            throw new IllegalStateException(over());
        }
    }

    /** Why this process is not in the latest epoch; empty if it is. */
    public Optional<String> problem() {
        return isOver() ? Optional.of(over() + delay) : Optional.empty();
    }

    /** @param why the latest epoch cannot be taken yet; null if it can */
    public void delayed(String why) {
        delay = why == null ? "" : " " + why;
    }

    private String over() {
        return "Epoch " + latest + " has begun, and this process still has epoch " + own + ": its routes begin again.";
    }

    /** Only while nothing runs that has asked for the number. */
    synchronized void takeLatest() {
        own = NOT_READ;
        delay = "";
    }
}

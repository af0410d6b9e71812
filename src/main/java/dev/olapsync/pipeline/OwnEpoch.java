package dev.olapsync.pipeline;

import dev.olapsync.clickhouse.ClickHouse.ClickHouseException;
import dev.olapsync.postgres.Position;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.IntSupplier;
import java.util.function.ObjIntConsumer;
import java.util.function.Supplier;

/**
 * The epoch of a process: the latest one when it was read first. It stays the same until the routes begin again, see {@link
 * #takeLatest}. Thread safe.
 */
public final class OwnEpoch {

    private static final int NOT_READ = -1;

    private final IntSupplier begun;
    private final Supplier<OptionalInt> registered;
    private final ObjIntConsumer<String> register;
    private final int least;
    private volatile int own = NOT_READ;
    private volatile int latest = NOT_READ;
    private volatile String delay = "";

    /**
     * @param least lower limit, from the settings
     * @param begun reads the latest epoch in ClickHouse, wherever it is found there
     * @param registered reads the latest epoch in the registry; empty if there is no registry
     * @param register makes an epoch known to all processes, with the reason
     */
    OwnEpoch(int least, IntSupplier begun, Supplier<OptionalInt> registered, ObjIntConsumer<String> register) {
        this.least = least;
        this.begun = begun;
        this.registered = registered;
        this.register = register;
    }

    /** @throws ClickHouseException if it was not read before and cannot be read */
    public int number() {
        return own == NOT_READ ? read() : own;
    }

    private synchronized int read() {
        if (own == NOT_READ) {
            own = Math.max(least, begun.getAsInt());
        }
        return own;
    }

    /** Reads which epoch is the latest. The registry has that of this process from then on. */
    public void look() {
        OptionalInt known = registered.get();
        if (known.isEmpty() || known.getAsInt() < number()) {
            register.accept("a process began it", number());
        }
        latest = known.orElse(NOT_READ);
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
     * ClickHouse if that was emptied or restored. A number that cannot be an epoch is a matter of its record.
     *
     * @throws IllegalStateException if the record is of a later epoch, which is the latest from then on
     */
    public void requireNotBefore(int ofRecord) {
        if (ofRecord > 0 && ofRecord <= Position.GREATEST_EPOCH && ofRecord > number()) {
            register.accept("a record of this epoch was read", ofRecord);
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

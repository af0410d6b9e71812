package dev.olapsync.backfill;

import dev.olapsync.postgres.Position;
import java.math.BigInteger;

/** What the history of a model has of the time before its rows are read. */
public interface EarlierVersions {

    /** The rows are read with the lowest version of the epoch: the history has what older epochs have written. */
    static EarlierVersions ofOlderEpochs(int epoch) {
        return new EarlierVersions() {

            @Override
            public BigInteger below() {
                return Position.start(epoch).version();
            }

            @Override
            public void complete(BigInteger below) {
                // they are there
            }
        };
    }

    /** Called when the load begins. The rows that are read get this version in the history. */
    BigInteger below() throws Exception;

    /**
     * When it returns, the earlier versions are there, and all that changes with a lower version have done can be read. Called before
     * the first row is read, and again after an interruption.
     */
    void complete(BigInteger below) throws Exception;
}

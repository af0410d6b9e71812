package dev.olapsync.postgres;

import java.sql.SQLException;

/** The {@link Replica} did not answer a statement. It is out of use for some seconds, so the primary answers a repetition. */
public final class ReplicaException extends SQLException {

    private static final long serialVersionUID = 1;

    ReplicaException(String problem, SQLException cause) {
        super(problem, cause);
    }
}

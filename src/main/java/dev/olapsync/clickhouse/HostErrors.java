package dev.olapsync.clickhouse;

import dev.olapsync.clickhouse.ClickHouse.ClickHouseException;
import java.util.Set;

/**
 * What an error says about the server that a request was sent to.
 *
 * @see <a href="https://github.com/ClickHouse/ClickHouse/blob/master/src/Common/ErrorCodes.cpp">ClickHouse:
 *     ErrorCodes.cpp</a>
 */
final class HostErrors {

    enum Verdict {
        /** Another server would give the same answer. */
        OF_REQUEST,
        /** The replicas are not ready yet; they will be in a moment. */
        BUSY,
        /** This server cannot serve requests; another one may. */
        OF_HOST
    }

    /** Of what stands in front of a server that is down: bad gateway, service unavailable, gateway timeout. */
    private static final Set<Integer> UNAVAILABLE = Set.of(502, 503, 504);

    private static final Set<Integer> NOT_READY = Set.of(
            286, // UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE: another INSERT into the table is not on a majority of the
            // replicas yet
            289); // REPLICA_IS_NOT_IN_QUORUM: this replica does not have the last INSERT yet

    private static final Set<Integer> CANNOT_SERVE = Set.of(
            209, // SOCKET_TIMEOUT
            210, // NETWORK_ERROR
            225, // NO_ZOOKEEPER
            236, // ABORTED, while the server shuts down
            242, // TABLE_IS_READ_ONLY: no connection to Keeper
            279, // ALL_CONNECTION_TRIES_FAILED
            319, // UNKNOWN_STATUS_OF_INSERT: written here, perhaps not to a majority of the replicas
            999); // KEEPER_EXCEPTION

    private static final int READONLY = 164;
    private static final String INACTIVE = "Replica is not active";

    private HostErrors() {}

    static Verdict verdict(ClickHouseException e) {
        if (NOT_READY.contains(e.code())) {
            return Verdict.BUSY;
        }
        boolean noAnswer = e.code() == 0 && (e.status() == 0 || UNAVAILABLE.contains(e.status()));
        boolean inactive = e.code() == READONLY && e.getMessage().contains(INACTIVE);
        return noAnswer || inactive || CANNOT_SERVE.contains(e.code()) ? Verdict.OF_HOST : Verdict.OF_REQUEST;
    }
}

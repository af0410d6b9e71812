package dev.olapsync.workload;

import java.sql.SQLException;

/** What is done in a transaction. It is called again, in a new one, after a deadlock. */
@FunctionalInterface
interface TransactionBody {

    void run(Transaction transaction) throws SQLException;
}

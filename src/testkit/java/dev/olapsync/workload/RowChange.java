package dev.olapsync.workload;

/** What happened to a row of which table. An update of a primary key is an update. */
public record RowChange(String table, Operation operation) {

    public enum Operation {
        INSERT,
        UPDATE,
        DELETE
    }
}

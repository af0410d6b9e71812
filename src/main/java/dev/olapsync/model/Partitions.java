package dev.olapsync.model;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The partitions of tables at some moment. A partition that is attached or detached with its rows leaves no record in the log.
 *
 * @param all their oids
 * @param attached those with rows that were attached, or belong to a partition that was; others were created as what they are
 */
public record Partitions(Set<Long> all, Set<Long> attached) {

    /** A type of the rows of a table is as old as the table, whatever is done to the table later. */
    private static final String SQL = """
            SELECT t.relid::bigint, pg_relation_size(t.relid) > 0 AND EXISTS (
              SELECT FROM pg_partition_ancestors(t.relid) AS a JOIN pg_catalog.pg_inherits AS i ON i.inhrelid = a.relid
              JOIN pg_catalog.pg_type AS y ON y.typrelid = a.relid WHERE i.xmin::text <> y.xmin::text)
            FROM unnest('{%s}'::oid[]) AS p(oid) CROSS JOIN LATERAL pg_partition_tree(p.oid) AS t WHERE t.isleaf AND t.level > 0""";

    /** Those of the tables that some models read. */
    public static Partitions of(List<Model> models, Connection postgres) throws SQLException {
        Set<Long> tables = models.stream()
                .flatMap(model -> model.schema().partitioned().stream())
                .collect(Collectors.toSet());
        Set<Long> all = new HashSet<>();
        Set<Long> attached = new HashSet<>();
        try (Statement statement = postgres.createStatement();
                ResultSet row = statement.executeQuery(SQL.formatted(list(tables)))) {
            while (row.next()) {
                all.add(row.getLong(1));
                if (row.getBoolean(2)) {
                    attached.add(row.getLong(1));
                }
            }
        }
        return new Partitions(all, attached);
    }

    /** Whether rows have come or gone with partitions since then. One that does not exist any more does not count. */
    public boolean haveOtherRows(Partitions before, Connection postgres) throws SQLException {
        if (attached.stream().anyMatch(partition -> !before.all().contains(partition))) {
            return true;
        }
        List<Long> gone = new ArrayList<>(before.all());
        gone.removeAll(all);
        if (gone.isEmpty()) {
            return false;
        }
        try (Statement statement = postgres.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.oid = ANY ('{" + list(gone)
                                + "}'::oid[]) AND pg_relation_size(c.oid) > 0)")) {
            row.next();
            return row.getBoolean(1);
        }
    }

    private static String list(Collection<Long> oids) {
        return oids.stream().map(String::valueOf).collect(Collectors.joining(","));
    }
}

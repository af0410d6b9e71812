package dev.olapsync.model;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the rows of a model depend on and what can change without a record in the log and without a change of a table: the
 * functions of users that it calls, the values of its enums, and the partitions of its tables. Immutable and thread safe.
 *
 * @param definitions the functions and the values of enums, a line for each
 * @param partitions the oids of the partitions
 * @param filled those of the partitions that had rows
 * @param attached those of the partitions that have rows and were attached, or belong to a partition that was; others were
 *     created as what they are. Empty in what was {@link #parse}d.
 */
public record UnloggedFacts(
        SortedSet<String> definitions, SortedSet<Long> partitions, SortedSet<Long> filled, SortedSet<Long> attached) {

    private static final String PARTITION = "partition ";
    /** The version of this form. */
    private static final String HEADER = "1";

    private static final String FILLED = " filled";
    private static final String DEFINITIONS = """
            SELECT 'function ' || p.oid || ' ' || md5(concat_ws(' ', p.prolang, p.provolatile, p.proisstrict, p.prosrc, p.probin,
              p.prosqlbody, p.proconfig)) FROM pg_catalog.pg_proc AS p WHERE p.oid >= 16384 AND p.oid = ANY ('{%s}'::oid[])
            UNION ALL
            SELECT 'enum ' || e.oid || ' ' || e.enumlabel FROM pg_catalog.pg_enum AS e WHERE e.enumtypid IN (
              SELECT unnest(ARRAY[t.oid, t.typelem]) FROM pg_catalog.pg_type AS t WHERE t.oid = ANY ('{%s}'::oid[]))""";
    /** A type of the rows of a table is as old as the table, whatever is done to the table later. */
    private static final String PARTITIONS = """
            SELECT t.relid::bigint, s.filled, s.filled AND EXISTS (
              SELECT FROM pg_partition_ancestors(t.relid) AS a JOIN pg_catalog.pg_inherits AS i ON i.inhrelid = a.relid
              JOIN pg_catalog.pg_type AS y ON y.typrelid = a.relid WHERE i.xmin::text <> y.xmin::text)
            FROM unnest('{%s}'::oid[]) AS p(oid) CROSS JOIN LATERAL pg_partition_tree(p.oid) AS t
            CROSS JOIN LATERAL (SELECT pg_relation_size(t.relid) > 0 AS filled) AS s WHERE t.isleaf AND t.level > 0""";

    /**
     * As they are in the catalog now.
     *
     * @param functions oids, also those of functions of Postgres itself
     * @param types oids, of which some may be enums or arrays of enums
     * @param tables the oids of partitioned tables
     */
    static UnloggedFacts read(
            Collection<Long> functions, Collection<Long> types, Collection<Long> tables, Connection postgres)
            throws SQLException {
        SortedSet<String> definitions = new TreeSet<>();
        SortedSet<Long> partitions = new TreeSet<>();
        SortedSet<Long> filled = new TreeSet<>();
        SortedSet<Long> attached = new TreeSet<>();
        try (Statement statement = postgres.createStatement()) {
            try (ResultSet row = statement.executeQuery(DEFINITIONS.formatted(list(functions), list(types)))) {
                while (row.next()) {
                    definitions.add(row.getString(1));
                }
            }
            if (!tables.isEmpty()) {
                try (ResultSet row = statement.executeQuery(PARTITIONS.formatted(list(tables)))) {
                    while (row.next()) {
                        partitions.add(row.getLong(1));
                        if (row.getBoolean(2)) {
                            filled.add(row.getLong(1));
                        }
                        if (row.getBoolean(3)) {
                            attached.add(row.getLong(1));
                        }
                    }
                }
            }
        }
        return of(definitions, partitions, filled, attached);
    }

    private static UnloggedFacts of(
            SortedSet<String> definitions,
            SortedSet<Long> partitions,
            SortedSet<Long> filled,
            SortedSet<Long> attached) {
        return new UnloggedFacts(
                Collections.unmodifiableSortedSet(definitions),
                Collections.unmodifiableSortedSet(partitions),
                Collections.unmodifiableSortedSet(filled),
                Collections.unmodifiableSortedSet(attached));
    }

    /** @param lines see {@link #lines} */
    public static UnloggedFacts parse(List<String> lines) {
        SortedSet<String> definitions = new TreeSet<>();
        SortedSet<Long> partitions = new TreeSet<>();
        SortedSet<Long> filled = new TreeSet<>();
        for (String line : lines) {
            if (line.startsWith(PARTITION)) {
                String[] words = line.split(" ");
                partitions.add(Long.valueOf(words[1]));
                if (words.length > 2) {
                    filled.add(Long.valueOf(words[1]));
                }
            } else if (!line.equals(HEADER)) {
                definitions.add(line);
            }
        }
        return of(definitions, partitions, filled, new TreeSet<>());
    }

    /** As they are stored beside the rows, in an order of their own; never empty. */
    public List<String> lines() {
        return Stream.of(
                        Stream.of(HEADER),
                        definitions.stream(),
                        partitions.stream().map(oid -> PARTITION + oid + (filled.contains(oid) ? FILLED : "")))
                .flatMap(lines -> lines)
                .toList();
    }

    /**
     * Whether rows have become others without a record in the log since then: a definition has been replaced, or rows have
     * come or gone with a partition. Further definitions and further empty partitions do not matter.
     */
    public boolean haveOtherRows(UnloggedFacts before, Connection postgres) throws SQLException {
        if (!definitions.containsAll(before.definitions) || !before.partitions.containsAll(attached)) {
            return true;
        }
        Set<Long> gone = new TreeSet<>(before.partitions);
        gone.removeAll(partitions);
        if (gone.isEmpty()) {
            return false;
        }
        List<Long> dropped = new ArrayList<>(gone);
        try (Statement statement = postgres.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT c.oid::bigint, pg_relation_size(c.oid) > 0 FROM pg_catalog.pg_class AS c WHERE c.oid = ANY ('{"
                                + list(gone) + "}'::oid[])")) {
            while (row.next()) {
                dropped.remove(Long.valueOf(row.getLong(1)));
                if (row.getBoolean(2)) {
                    return true;
                }
            }
        }
        return dropped.stream().anyMatch(before.filled::contains);
    }

    private static String list(Collection<Long> oids) {
        return oids.stream().map(String::valueOf).collect(Collectors.joining(","));
    }
}

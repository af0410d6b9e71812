package dev.olapsync.model;

import dev.olapsync.postgres.TableName;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A table as the catalog of Postgres describes it.
 *
 * @param oid {@code pg_class.oid}: its identity under any name
 * @param kind {@code pg_class.relkind}
 * @param persistence {@code pg_class.relpersistence}
 * @param root the partitioned table if this is a partition, null otherwise
 * @param inherited whether other tables inherit from this one
 * @param uniqueKeys valid unique indexes over plain columns, the primary key first
 * @param replicaIdentity the columns whose old values a change contains
 * @param wholeIdentity whether the replica identity is FULL, so that each change contains the whole old row
 * @param identityKey the index whose columns identify a row in a change, null if there is none
 */
record Table(
        TableName name,
        long oid,
        char kind,
        char persistence,
        TableName root,
        boolean inherited,
        List<Column> columns,
        List<UniqueKey> uniqueKeys,
        Set<String> replicaIdentity,
        boolean wholeIdentity,
        UniqueKey identityKey) {

    /**
     * @param type never a domain: its base type instead
     * @param typeName in the form of {@code format_type}, the base type of a domain
     * @param deterministic whether only identical texts are equal in the collation of the column
     * @param collation as SQL writes it; null if it is that of the database, or the type has none
     * @param entry the column in {@code pg_attribute} as one text: number, name, type, modifier and, unless it is
     *     that of the database or of the type, collation
     */
    record Column(
            String name,
            Type type,
            int modifier,
            String typeName,
            boolean notNull,
            boolean generated,
            boolean deterministic,
            String collation,
            String entry) {

        /** SQL for the {@link #entry()} of a row {@code a} of {@code pg_attribute}. */
        static final String ENTRY = "concat_ws(' ', a.attnum, a.attname, a.atttypid, a.atttypmod, "
                + " CASE WHEN a.attcollation NOT IN (0, 'pg_catalog.\"default\"'::regcollation)"
                + " AND a.atttypid <> 'pg_catalog.name'::regtype THEN a.attcollation END)";
    }

    /** @param modifier the modifier that a domain over this type adds, -1 for none */
    record Type(long oid, String schema, String name, char kind, boolean array, int modifier) {

        boolean isBuiltIn() {
            return schema.equals("pg_catalog");
        }
    }

    /** @param deferrable whether two rows can have the same key for a moment */
    record UniqueKey(String index, List<Column> columns, boolean deferrable) {

        /**
         * SQL that is true if an index {@code i} of {@code pg_index} is unique over plain columns, by the operators of
         * their types: among the operator classes for these types, those of Postgres itself and the default classes.
         */
        static final String UNIQUE = "i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL"
                + " AND (16384 > ALL (i.indclass) OR NOT EXISTS (SELECT FROM pg_catalog.pg_opclass AS o"
                + " WHERE o.oid = ANY (i.indclass) AND o.oid >= 16384 AND NOT o.opcdefault))";

        /**
         * SQL that is true if it considers at least those values equal that are equal in the collations of the columns.
         */
        static final String COLLATED = "NOT EXISTS (SELECT FROM generate_series(0, i.indnkeyatts - 1) AS p"
                + " JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[p]"
                + " JOIN pg_catalog.pg_collation AS l ON l.oid = a.attcollation"
                + " WHERE i.indcollation[p] <> a.attcollation AND NOT l.collisdeterministic)";

        /** SQL that is true if changes can contain the key of an index {@code i}: Postgres ignores all others. */
        static final String LOGGED = "i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL";

        /** SQL for the numbers of the columns of the key of an index {@code i}: columns of INCLUDE are not logged. */
        static final String NUMBERS = "(string_to_array(i.indkey::text, ' ')::int2[])[:i.indnkeyatts]";

        /** SQL for their names, which are the same in all partitions, unlike the numbers. */
        static final String NAMES = "ARRAY(SELECT a.attname::text FROM generate_series(0, i.indnkeyatts - 1) AS p"
                + " JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[p])";
    }

    Optional<Column> column(String column) {
        return columns.stream().filter(c -> c.name().equals(column)).findFirst();
    }

    /** A column by its number in the catalog; columns before it may have been dropped. */
    Column columnAt(int number) {
        return columns.stream()
                .filter(column -> column.entry().startsWith(number + " "))
                .findFirst()
                .orElseThrow();
    }

    /** Whether it is a view whose definition can stand in its place. */
    boolean isView() {
        return kind == 'v' && !isOfTheSystem();
    }

    boolean isOfTheSystem() {
        return name.schema().equals("pg_catalog") || name.schema().equals("information_schema");
    }

    /** Why changes of the table cannot be read, and what to do; empty if they can. */
    Optional<String> refusal() {
        if (isOfTheSystem()) {
            return Optional.of("a system table, whose changes are not in the log; name a table of your own");
        }
        if (kind != 'r' && kind != 'p') {
            String what =
                    switch (kind) {
                        case 'm' -> "a materialized view";
                        case 'f' -> "a foreign table";
                        default -> "no table";
                    };
            return Optional.of(what + ", and only changes of tables are in the log; name the tables behind it");
        }
        if (persistence == 't') {
            return Optional.of("a temporary table, whose changes are not in the log; name a permanent table");
        }
        if (persistence == 'u') {
            return Optional.of("an unlogged table, whose changes are not in the log; run ALTER TABLE " + name.quoted()
                    + " SET LOGGED");
        }
        if (root != null) {
            return Optional.of("a partition, whose changes come under the name of the partitioned table; name " + root);
        }
        return inherited
                ? Optional.of("a table from which others inherit, whose changes come under their own names;"
                        + " use partitions instead of inheritance")
                : Optional.empty();
    }

    /** Whether the old values of a key are in every change. */
    boolean identifies(UniqueKey key) {
        return key.columns().stream().map(Column::name).allMatch(replicaIdentity::contains);
    }

    static String names(List<Column> columns) {
        return columns.stream().map(Column::name).collect(Collectors.joining(", ", "(", ")"));
    }

    boolean partitioned() {
        return kind == 'p';
    }
}

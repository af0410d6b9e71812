package dev.olapsync.differential;

import dev.olapsync.postgres.Sql;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;

/** A generated table. */
final class RandomTable {

    /** @param name quoted */
    record Column(String name, ValueType type, boolean notNull) {

        String definition() {
            return name + " " + type.sql + (notNull ? " NOT NULL" : "");
        }
    }

    /** Columns that name a row of another table, or of the same one. */
    record Reference(RandomTable to, List<Column> columns) {}

    /** What Postgres writes into the log of the old row. */
    private enum Identity {
        PRIMARY_KEY,
        FULL,
        UNIQUE_INDEX
    }

    private final String name;
    private final List<Column> primaryKey = new ArrayList<>();
    /** Unique and not null; identifies the rows instead of the primary key, or can be referred to. */
    private final Column code;

    private final Identity identity;
    private final boolean partitioned;
    private final List<Reference> references = new ArrayList<>();
    private final List<Column> data = new ArrayList<>();
    private final String constraints;

    /** @param earlier tables that it may refer to, besides itself */
    RandomTable(int number, List<RandomTable> earlier, Random random) {
        name = Names.table(number, random);
        List<ValueType> keyTypes =
                List.of(ValueType.values()).stream().filter(type -> type.key).toList();
        for (int i = random.nextInt(3) == 0 ? 2 : 1; i > 0; i--) {
            primaryKey.add(
                    new Column(Names.column("k" + i, random), keyTypes.get(random.nextInt(keyTypes.size())), true));
        }
        partitioned = random.nextInt(6) == 0;
        identity = List.of(
                        Identity.PRIMARY_KEY,
                        Identity.PRIMARY_KEY,
                        Identity.FULL,
                        Identity.FULL,
                        Identity.FULL,
                        partitioned ? Identity.FULL : Identity.UNIQUE_INDEX)
                .get(random.nextInt(6));
        code = partitioned || identity == Identity.PRIMARY_KEY && random.nextInt(4) > 0
                ? null
                : new Column(Names.column("code", random), keyTypes.get(random.nextInt(keyTypes.size())), true);
        for (int i = 1 + random.nextInt(5); i > 0; i--) {
            data.add(new Column(
                    Names.column("d" + i, random),
                    ValueType.values()[random.nextInt(ValueType.values().length)],
                    random.nextInt(3) == 0));
        }
        constraints = references(earlier, random);
    }

    private String references(List<RandomTable> earlier, Random random) {
        StringBuilder foreignKeys = new StringBuilder();
        int count = earlier.isEmpty() ? random.nextInt(2) : 1 + random.nextInt(3);
        for (int i = 0; i < count; i++) {
            RandomTable to =
                    earlier.isEmpty() || random.nextInt(8) == 0 ? this : earlier.get(random.nextInt(earlier.size()));
            boolean notNull = to != this && random.nextInt(4) == 0;
            List<Column> columns = new ArrayList<>();
            for (Column key : to.target()) {
                columns.add(new Column(
                        Names.column("r" + i + columns.size(), random),
                        key.type().referring(random),
                        notNull));
            }
            references.add(new Reference(to, columns));
            if (random.nextInt(2) == 0) {
                String action = notNull
                        ? "CASCADE"
                        : List.of("CASCADE", "SET NULL", "NO ACTION").get(random.nextInt(3));
                foreignKeys
                        .append(", FOREIGN KEY (")
                        .append(names(columns))
                        .append(") REFERENCES ")
                        .append(to.name)
                        .append(" (")
                        .append(names(to.target()))
                        .append(") ON DELETE ")
                        .append(action)
                        .append(" ON UPDATE CASCADE")
                        .append(random.nextInt(3) == 0 ? " DEFERRABLE INITIALLY DEFERRED" : "");
            }
        }
        return foreignKeys.toString();
    }

    /** Quoted. */
    String name() {
        return name;
    }

    /** What joins equate: in every change, and unique. */
    List<Column> target() {
        return code != null && identity != Identity.PRIMARY_KEY ? List.of(code) : primaryKey;
    }

    /** What a model of this table has to have among its columns. */
    List<Column> key() {
        return identity == Identity.UNIQUE_INDEX ? List.of(code) : primaryKey;
    }

    List<Column> primaryKey() {
        return primaryKey;
    }

    List<Reference> references() {
        return references;
    }

    List<Column> data() {
        return data;
    }

    List<Column> columns() {
        List<Column> columns = new ArrayList<>(primaryKey);
        if (code != null) {
            columns.add(code);
        }
        references.forEach(reference -> columns.addAll(reference.columns()));
        columns.addAll(data);
        return columns;
    }

    /** Statements that create it. */
    List<String> create() {
        List<String> statements = new ArrayList<>();
        statements.add("CREATE TABLE " + name + " ("
                + columns().stream().map(Column::definition).collect(Collectors.joining(", "))
                + ", PRIMARY KEY (" + names(primaryKey) + ")" + (code == null ? "" : ", UNIQUE (" + code.name() + ")")
                + constraints
                + ")"
                + (partitioned ? " PARTITION BY HASH (" + primaryKey.get(0).name() + ")" : ""));
        for (int i = 0; partitioned && i < 2; i++) {
            statements.add("CREATE TABLE " + partition(i) + " PARTITION OF " + name
                    + " FOR VALUES WITH (MODULUS 2, REMAINDER " + i + ")");
        }
        if (identity == Identity.FULL) {
            statements.add("ALTER TABLE " + name + " REPLICA IDENTITY FULL");
            for (int i = 0; partitioned && i < 2; i++) {
                statements.add("ALTER TABLE " + partition(i) + " REPLICA IDENTITY FULL");
            }
        } else if (identity == Identity.UNIQUE_INDEX) {
            String index = Sql.identifier("identity of " + name);
            statements.add("CREATE UNIQUE INDEX " + index + " ON " + name + " (" + code.name() + ")");
            statements.add("ALTER TABLE " + name + " REPLICA IDENTITY USING INDEX " + index);
        }
        for (Reference reference : references) {
            statements.add("CREATE INDEX ON " + name + " (" + names(reference.columns()) + ")");
        }
        return statements;
    }

    private String partition(int number) {
        return Sql.identifier("part " + number + " of " + name);
    }

    /** Whether all columns of old rows are in the log, also those that refer to others. */
    boolean isWhole() {
        return identity == Identity.FULL;
    }

    /** A history refuses a text that is equal to Debezium's placeholder. */
    boolean canHaveHistory() {
        return isWhole()
                && columns().stream().map(Column::type).noneMatch(type -> type == ValueType.ARRAY || type.isText());
    }

    static String names(List<Column> columns) {
        return columns.stream().map(Column::name).collect(Collectors.joining(", "));
    }
}

package dev.olapsync.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which alterations of its tables a compiled model notices. */
class ReadSchemaTest {

    private static final String SCHEMA = """
            CREATE TYPE mood AS ENUM ('sad', 'happy');
            CREATE DOMAIN money_amount AS numeric(10,2);
            CREATE TABLE customers (id int PRIMARY KEY, code text UNIQUE, "na'me :?k1" varchar(40) NOT NULL, spare text, how mood);
            ALTER TABLE customers REPLICA IDENTITY FULL;
            CREATE TABLE regions (obsolete text, older text, id int, kind text, name text, PRIMARY KEY (id, kind)) PARTITION BY LIST (kind);
            CREATE TABLE regions_a PARTITION OF regions FOR VALUES IN ('a');
            CREATE TABLE orders (id int PRIMARY KEY, other int UNIQUE NOT NULL, customer_code text, region int, total numeric(10,2),
              amount money_amount, note varchar(20), placed timestamp, quantity int NOT NULL DEFAULT 1, currency text, spare text);
            ALTER TABLE regions DROP obsolete, DROP older;
            CREATE FUNCTION twice(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 * 2';
            CREATE FUNCTION other(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1';
            INSERT INTO customers VALUES (1, 'c1', 'one');
            INSERT INTO orders VALUES (1, 1, 'c1', 1, 1, 1, '7');
            """;

    @TempDir
    private Path folder;

    private Connection postgres;
    private Model model;

    @BeforeEach
    void create() throws Exception {
        postgres = TestDatabase.create("read_schema");
        TestDatabase.execute(postgres, SCHEMA);
        TestDatabase.write(folder, "order_fact", """
                SELECT o.id, c."na'me :?k1" AS name, c.how, o.total, o.amount, o.note, o.placed, twice(o.quantity) AS double, r.name AS region
                FROM orders o
                LEFT JOIN customers c ON c.code = o.customer_code
                LEFT JOIN regions r ON r.id = o.region AND r.kind = 'a'
                WHERE o.currency IS NULL OR o.currency <> 'x'""");
        model = Models.load(folder, postgres).all().get(0);
        assertThat(model.schema().isCurrent(postgres)).isTrue();
        assertThat(model.schema().factsNow(postgres)).isEqualTo(model.schema().facts());
    }

    /** Its days and texts of timestamptz would be others. */
    @Test
    void anotherTimeZone() throws Exception {
        TestDatabase.execute(postgres, "SET TimeZone = 'Europe/Berlin'");
        assertThat(model.schema().isCurrent(postgres)).isFalse();
        assertThat(SchemaChangedException.of(model, postgres))
                .hasMessageContaining("new: olap.timezone is Europe/Berlin");
    }

    /** They are no facts: what was loaded goes on until the next generation has been built. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "CREATE OR REPLACE FUNCTION twice(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 + $1' | true",
                "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue' | true",
                "ALTER TYPE mood ADD VALUE 'so so' | false",
                "CREATE OR REPLACE FUNCTION other(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 + 1' | false",
                "CREATE OR REPLACE FUNCTION twice(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 * 2' | false"
            })
    void functionsAndValuesOfEnums(String alter, boolean replaced) throws Exception {
        alter(alter);
        UnloggedFacts before = UnloggedFacts.parse(model.schema().unlogged().lines());
        assertThat(model.schema().unloggedNow(postgres).haveOtherRows(before, postgres))
                .isEqualTo(replaced);
        assertThat(model.schema().isCurrent(postgres)).isTrue();
    }

    @AfterEach
    void close() throws SQLException {
        postgres.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ALTER TABLE orders ADD channel text NOT NULL DEFAULT 'web'",
                "ALTER TABLE orders RENAME spare TO spare_two",
                "ALTER TABLE orders ALTER spare TYPE int USING 1",
                "ALTER TABLE customers DROP spare",
                "ALTER TABLE orders ALTER quantity DROP DEFAULT, ALTER quantity DROP NOT NULL, ALTER note SET STATISTICS 10",
                "ALTER TABLE orders ALTER note SET STORAGE EXTERNAL, ALTER note SET NOT NULL",
                "ALTER TABLE orders REPLICA IDENTITY FULL",
                "ALTER TABLE orders DROP CONSTRAINT orders_pkey, ADD PRIMARY KEY (id)",
                "ALTER TABLE orders DROP CONSTRAINT orders_pkey, ADD PRIMARY KEY (id) INCLUDE (note)",
                "ALTER TABLE customers ADD UNIQUE (code); ALTER TABLE customers DROP CONSTRAINT customers_code_key",
                "ALTER TABLE orders DROP CONSTRAINT orders_other_key",
                "CREATE TABLE regions_b PARTITION OF regions FOR VALUES IN ('b')",
                "ALTER TYPE mood ADD VALUE 'so so'",
                "TRUNCATE orders",
                "VACUUM FULL orders",
                "REINDEX TABLE CONCURRENTLY orders"
            })
    void whatItDoesNotReadMayChange(String alter) throws SQLException {
        alter(alter);
        assertThat(model.schema().isCurrent(postgres)).isTrue();
        assertThat(model.schema().factsNow(postgres)).isEqualTo(model.schema().facts());
        assertThat(LookUps.run(postgres, model.lookUps().get(0), List.of(List.of("1"))))
                .hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ALTER TABLE orders RENAME note TO remark | column note",
                "ALTER TABLE orders DROP note | column note",
                "ALTER TABLE orders DROP note; ALTER TABLE orders ADD note varchar(20) | column note",
                "ALTER TABLE orders RENAME currency TO c; ALTER TABLE orders RENAME spare TO currency | column currency",
                "ALTER TABLE orders ALTER quantity TYPE bigint | column quantity of type bigint",
                "ALTER TABLE orders ALTER total TYPE numeric(14,4) | column total of type numeric(14,4)",
                "ALTER TABLE orders ALTER amount TYPE numeric(10,2) | column amount of type numeric(10,2)",
                "ALTER TABLE orders ALTER note TYPE int USING note::int | column note of type integer",
                "ALTER TABLE orders ALTER note TYPE varchar(30) | column note of type character varying(30)",
                "ALTER TABLE orders ALTER placed TYPE timestamptz | column placed of type timestamp with time zone",
                "ALTER TABLE customers RENAME \"na'me :?k1\" TO name | column na'me :?k1",
                "ALTER TABLE orders ALTER customer_code TYPE varchar(9) | column customer_code",
                "ALTER TABLE orders DROP CONSTRAINT orders_pkey; ALTER TABLE orders ADD PRIMARY KEY (other) | unique key (id)",
                "ALTER TABLE orders REPLICA IDENTITY USING INDEX orders_other_key | (id) in its replica identity",
                "ALTER TABLE orders DROP CONSTRAINT orders_pkey, ADD PRIMARY KEY (id) DEFERRABLE | (id) in its replica identity",
                "ALTER TABLE orders DROP CONSTRAINT orders_pkey, ADD PRIMARY KEY (other) INCLUDE (id), ADD UNIQUE (id) | (id) in its replica identity",
                "ALTER TABLE orders ALTER note TYPE varchar(20) COLLATE \"C\" | column note",
                "ALTER TABLE orders REPLICA IDENTITY NOTHING | (id) in its replica identity",
                "ALTER TABLE customers DROP CONSTRAINT customers_code_key | unique key (code)",
                "ALTER TABLE customers REPLICA IDENTITY DEFAULT | (code) in its replica identity",
                "ALTER TABLE regions_a REPLICA IDENTITY NOTHING | (id) in its replica identity",
                "ALTER TABLE orders RENAME TO purchases | public.orders is the table",
                "CREATE SCHEMA elsewhere; ALTER TABLE orders SET SCHEMA elsewhere | public.orders is the table",
                "ALTER TABLE orders RENAME TO old; CREATE TABLE orders (LIKE old INCLUDING ALL) | public.orders is the table",
                "DROP TABLE customers; | public.customers is the table",
                "ALTER TYPE mood RENAME TO m; CREATE TYPE mood AS ENUM ('sad', 'happy'); ALTER TABLE customers ALTER how TYPE mood USING how::text::mood"
                        + " | column how of type"
            })
    void whatItReadsMayNot(String alter, String named) throws Exception {
        alter(alter);
        assertThat(model.schema().isCurrent(postgres)).isFalse();
        assertThat(SchemaChangedException.of(model, postgres))
                .hasMessageContaining(named)
                .hasMessageContaining("order_fact.sql")
                .hasMessageContaining("olap-sync rebuild --all");
    }

    /** One statement asks for all models; a table that is gone gives NULL. */
    @Test
    void ofSeveralModelsOnlyThoseWhoseTablesAreAltered() throws Exception {
        TestDatabase.write(folder, "a_customers", "SELECT id, spare FROM customers");
        TestDatabase.write(folder, "z_customers", "SELECT id, code FROM customers");
        Models models = Models.load(folder, postgres);
        assertThat(models.altered(postgres)).isEmpty();

        alter("ALTER TABLE customers DROP spare");
        assertThat(models.altered(postgres)).extracting(Model::name).containsExactly("a_customers");

        alter("DROP TABLE orders");
        assertThat(models.altered(postgres)).extracting(Model::name).containsExactly("a_customers", "order_fact");
        assertThat(models.without(Set.of("a_customers", "order_fact", "z_customers"))
                        .altered(postgres))
                .isEmpty();
    }

    /** The answer is of the snapshot that the rows are read in, even if the alteration has to be waited for. */
    @Test
    void aLookUpThatWaitsForAnAlterationNoticesIt() throws Exception {
        try (Connection other = TestDatabase.again(postgres)) {
            other.setAutoCommit(false);
            TestDatabase.execute(other, "ALTER TABLE orders ALTER quantity TYPE bigint USING quantity * 2");
            CompletableFuture<String> lookUp = CompletableFuture.supplyAsync(() -> {
                try {
                    return LookUps.strings(
                                    postgres,
                                    "SELECT " + model.schema().condition() + " || ' ' || quantity FROM orders")
                            .get(0);
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            });
            await().until(() -> !LookUps.strings(
                            other, "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'orders'::regclass")
                    .isEmpty());
            other.commit();
            assertThat(lookUp.join()).isEqualTo("false 2");
        }
    }

    private void alter(String statements) throws SQLException {
        for (String statement : statements.split("; ?")) {
            TestDatabase.execute(postgres, statement);
        }
    }
}

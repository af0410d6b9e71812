package dev.olapsync.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.olapsync.postgres.Publication;
import dev.olapsync.postgres.TableName;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every way in which a model can be wrong has its own message at its own place. */
class RefusalTest {

    private static final String SCHEMA = """
            CREATE TABLE c (id bigint PRIMARY KEY, name text, code text UNIQUE, kind text NOT NULL DEFAULT '', joined date);
            CREATE TABLE o (id bigint PRIMARY KEY, c_id bigint, c_code text, status text, placed timestamptz, tags text[], j jsonb,
              c_float float8, c_text text, amount numeric(10,2));
            CREATE TABLE a (id bigint, c_id bigint, kind text, active boolean, street text, PRIMARY KEY (c_id, kind));
            CREATE TABLE no_key (id bigint, c_id bigint);
            CREATE TABLE nothing (id bigint PRIMARY KEY);
            ALTER TABLE nothing REPLICA IDENTITY NOTHING;
            CREATE TABLE covering (id bigint, code text NOT NULL UNIQUE, PRIMARY KEY (id) INCLUDE (code));
            CREATE TABLE f (id float8 PRIMARY KEY);
            CREATE TABLE n (id numeric PRIMARY KEY);
            CREATE TABLE js (id jsonb PRIMARY KEY);
            CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
            CREATE TABLE ci (id text COLLATE nocase PRIMARY KEY);
            CREATE TABLE texts (id bigint PRIMARY KEY, plain text, german text COLLATE "de-x-icu", caseless text COLLATE nocase);
            CREATE TABLE german (id text COLLATE "de-x-icu" PRIMARY KEY);
            CREATE TABLE finer (id bigint PRIMARY KEY, code text COLLATE nocase NOT NULL);
            CREATE UNIQUE INDEX ON finer (code COLLATE "C");
            ALTER TABLE finer REPLICA IDENTITY FULL;
            CREATE FUNCTION finer_cmp(int, int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 - $2';
            CREATE OPERATOR ## (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq);
            CREATE OPERATOR CLASS own_ops FOR TYPE int USING btree AS OPERATOR 3 ##, FUNCTION 1 finer_cmp(int, int);
            CREATE TABLE own (id bigint PRIMARY KEY, code int NOT NULL);
            CREATE UNIQUE INDEX ON own (code own_ops);
            ALTER TABLE own REPLICA IDENTITY FULL;
            CREATE TABLE blanks (id bpchar PRIMARY KEY);
            CREATE TABLE generated (n int, id int GENERATED ALWAYS AS (n + 1) STORED PRIMARY KEY);
            CREATE SEQUENCE se;
            CREATE VIEW v AS SELECT * FROM c;
            CREATE VIEW keyless AS SELECT name FROM c;
            CREATE VIEW totals AS SELECT status, count(*) AS n FROM o GROUP BY status;
            CREATE MATERIALIZED VIEW mv AS SELECT * FROM c;
            CREATE TEMP TABLE temporary (id bigint PRIMARY KEY);
            CREATE UNLOGGED TABLE unlogged (id bigint PRIMARY KEY);
            CREATE TABLE parent (id bigint PRIMARY KEY);
            CREATE TABLE child () INHERITS (parent);
            CREATE TABLE p (id bigint PRIMARY KEY) PARTITION BY RANGE (id);
            CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
            CREATE FUNCTION reads_a_table(bigint) RETURNS text STABLE LANGUAGE sql AS 'SELECT name FROM c WHERE id = $1';
            CREATE DOMAIN looked_up AS text CHECK (reads_a_table(length(VALUE)) IS NULL);
            CREATE TYPE own_cast AS (id bigint, name text);
            CREATE FUNCTION own_cast_text(own_cast) RETURNS text STABLE LANGUAGE sql AS 'SELECT name FROM c WHERE id = $1.id';
            CREATE CAST (own_cast AS text) WITH FUNCTION own_cast_text(own_cast) AS ASSIGNMENT;
            CREATE FUNCTION stable_operator(bigint, int) RETURNS bigint STABLE LANGUAGE sql AS 'SELECT $1';
            CREATE OPERATOR ### (LEFTARG = bigint, RIGHTARG = int, FUNCTION = stable_operator);
            CREATE FUNCTION volatile_one(bigint) RETURNS bigint LANGUAGE sql AS 'SELECT $1';
            """;

    private static Connection postgres;

    @TempDir
    private Path folder;

    @BeforeAll
    static void createTables() throws SQLException {
        postgres = TestDatabase.create("refusals");
        TestDatabase.execute(postgres, SCHEMA);
    }

    @AfterAll
    static void close() throws SQLException {
        postgres.close();
    }

    private List<ModelError> errors(String... models) {
        for (int i = 0; i < models.length; i++) {
            TestDatabase.write(folder, "m" + i, models[i]);
        }
        return catchThrowableOfType(ModelException.class, () -> Models.load(folder, postgres))
                .errors();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            SELECT id FRM o                                          | 1 | 15 | syntax error at or near "o"
            SELECT id FROM o WHERE                                   | 1 | 23 | syntax error at end of input
            SELECT id, 'a                                            | 1 |  1 | Unterminated string literal
            SELECT id FROM o; SELECT id FROM c                       | 1 | 19 | a second statement
            DELETE FROM o                                            | 1 |  1 | a model is one SELECT with columns, and this is none
            VALUES (1)                                               | 1 |  1 | no FROM
            SELECT id FROM o UNION SELECT id FROM c                  | 1 | 18 | UNION compares each row with all others; write UNION ALL
            SELECT id FROM o EXCEPT SELECT id FROM c                 | 1 | 18 | write EXISTS or NOT EXISTS
            SELECT id FROM o HAVING true                             | 1 |  8 | must appear in the GROUP BY clause
            SELECT count(*) AS n FROM o                              | 1 |  1 | an aggregate over all rows
            SELECT sum(amount) FILTER (WHERE true) AS n FROM o       | 1 |  1 | an aggregate over all rows
            SELECT id, string_agg(status, ',') AS s FROM o           | 1 |  8 | must appear in the GROUP BY clause
            SELECT id, row_number() OVER () AS n FROM o              | 1 | 25 | write PARTITION BY the key
            SELECT id, sum(amount) OVER (ORDER BY id) AS n FROM o    | 1 | 24 | write PARTITION BY the key
            SELECT id, rank() OVER w AS n FROM o WINDOW w AS ()      | 1 | 19 | write PARTITION BY the key
            SELECT status, array_agg(id ORDER BY id) AS s FROM o GROUP BY status | 1 | 16 | a roll-up can have its groups, and count, sum, min
            SELECT status, stddev(amount) AS s FROM o GROUP BY status| 1 | 16 | a roll-up can have its groups, and count, sum, min
            SELECT grouping(status) AS g FROM o GROUP BY status      | 1 |  8 | GROUPING: a model has one grouping
            SELECT * FROM totals                                     | 1 | 15 | totals groups rows by values that are not the key of a table: one change could touch any group; write its SELECT
            SELECT x.s FROM (SELECT DISTINCT status AS s FROM o) x   | 1 | 17 | x groups rows by values that are not the key
            SELECT x.id FROM (SELECT id FROM o UNION ALL SELECT id FROM c) x, (SELECT id FROM o UNION ALL SELECT id FROM c) y | 1 | 36 | more than one UNION ALL: write a model for each
            SELECT x.status FROM (SELECT id, status FROM o GROUP BY id) x | 1 | 46 | the key of public.o is not among the output columns: add o.id to the SELECT list
            SELECT id FROM o LIMIT 1                                 | 1 | 18 | LIMIT, OFFSET and FETCH:
            SELECT id FROM o OFFSET 1                                | 1 | 18 | LIMIT, OFFSET and FETCH:
            SELECT id FROM o FETCH FIRST 1 ROW ONLY                  | 1 | 18 | LIMIT, OFFSET and FETCH:
            SELECT id FROM o FOR UPDATE                              | 1 | 18 | FOR UPDATE and its like
            SELECT id INTO x FROM o                                  | 1 | 11 | INTO:
            SELECT id FROM ONLY o                                    | 1 | 16 | ONLY:
            SELECT o.id FROM o RIGHT JOIN c ON c.id = o.c_id         | 1 | 18 | finds rows by (c_id) of public.o, which is not in the table's replica identity
            SELECT o.id FROM o FULL JOIN c ON c.id = o.c_id          | 1 | 20 | FULL JOIN:
            SELECT o.id FROM o CROSS JOIN c                          | 1 | 31 | no equality leads from c (public.c) to the key (id) of o (public.o)
            SELECT o.id FROM o NATURAL JOIN c                        | 1 | 20 | NATURAL JOIN:
            SELECT o.id FROM o JOIN (c JOIN a ON a.c_id=c.id) ON true| 1 | 18 | no equality leads from o
            SELECT o.id FROM o JOIN c JOIN a ON a.c_id=c.id ON true  | 1 | 18 | no equality leads from o
            SELECT g FROM generate_series(1, 2) g                    | 1 |  1 | no FROM
            SELECT id FROM (VALUES (1)) AS x (id)                    | 1 |  1 | no FROM
            SELECT 1 AS x                                            | 1 |  1 | no FROM
            SELECT id FROM o TABLESAMPLE system (1)                  | 1 | 16 | TABLESAMPLE:
            """)
    void whatAModelIsNot(String sql, int line, int column, String message) {
        check(sql, line, column, message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            SELECT o.id, (SELECT string_agg(a.street, ',') FROM a WHERE a.c_id = o.c_id) AS s FROM o                  | 1 | 22 | the order of its values is not defined; write string_agg(... ORDER BY ...) with the key, for example ORDER BY a.c_id, a.kind
            SELECT o.id, (SELECT array_agg(a.id ORDER BY a.active) FROM a WHERE a.c_id = o.c_id) AS s FROM o          | 1 | 22 | where several rows are equal in ORDER BY
            SELECT o.id, (SELECT sum(a.id::float8) FROM a WHERE a.c_id = o.c_id) AS s FROM o                          | 1 | 22 | sum() over double precision depends on the order in which rows are read; write sum(...::numeric)
            SELECT o.id, (SELECT mode() WITHIN GROUP (ORDER BY a.street) FROM a WHERE a.c_id = o.c_id) AS s FROM o    | 1 | 22 | which of several values it takes is not defined
            SELECT o.id, (SELECT a.street FROM a WHERE a.c_id = o.c_id LIMIT 1) AS s FROM o                           | 1 | 60 | LIMIT takes rows whose order is not defined: end ORDER BY with the key, for example ORDER BY a.c_id, a.kind
            SELECT DISTINCT ON (c_id) c_id, street FROM a ORDER BY c_id, active                                       | 1 | 8 | DISTINCT ON takes rows whose order is not defined
            SELECT id, status::regclass::oid AS t FROM o                                                              | 1 | 1 | regclass() depends on the session, not on the row or reads other tables
            SELECT o.id, (SELECT count(*) FROM a) AS n FROM o                                                         | 1 | 36 | no equality leads from a (public.a) to the key (id) of o (public.o)
            SELECT status, count(*) AS n FROM o GROUP BY status HAVING max(status) > 'x'                              | 1 | 53 | HAVING of a roll-up can compare its integers
            SELECT a.c_id, a.kind FROM a, c WHERE NOT EXISTS (SELECT FROM o WHERE o.id = c.id AND o.id = a.c_id)      | 1 | 31 | no equality leads from c
            SELECT c.id, (SELECT count(*) FROM o x WHERE x.c_id = c.id) AS n FROM c                                   | 1 | 36 | run ALTER TABLE "public"."o" REPLICA IDENTITY FULL
            SELECT status, sum(c_float) AS s FROM o GROUP BY status                                                   | 1 | 16 | sum() over double precision
            SELECT status, avg(amount) AS s FROM o GROUP BY status                                                    | 1 | 16 | a roll-up can have its groups, and count, sum, min, max
            SELECT c_float, count(*) AS n FROM o GROUP BY c_float                                                     | 1 | 38 | groups by c_float of type double precision, where equal values can be spelled differently
            WITH RECURSIVE r AS (SELECT id FROM o UNION ALL SELECT id FROM r) SELECT id FROM r                        | 1 | 6 | how far a row reaches is not known
            """)
    void resultsThatDependOnMoreThanTheirRows(String sql, int line, int column, String message) {
        check(sql, line, column, message);
    }

    /** Postgres says what they mean. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT id, name COLLATE \"C\" AS x FROM c",
                "TABLE o",
                "(SELECT id FROM o)",
                "WITH x AS (SELECT 1) SELECT id FROM o",
                "SELECT DISTINCT id FROM o",
                "SELECT id FROM o GROUP BY id",
                "SELECT id, (SELECT 1) AS x FROM o",
                "SELECT id FROM o WHERE EXISTS (SELECT 1)",
                "SELECT id FROM o WHERE id IN (SELECT id FROM c)",
                "SELECT id FROM o WHERE id = ANY (SELECT id FROM c)",
                "SELECT id, CASE WHEN true THEN (SELECT 1) END AS x FROM o",
                "SELECT id, tags[(SELECT 1)] AS x FROM o",
                "SELECT id, coalesce(id, (SELECT 1)) AS x FROM o",
                "SELECT id FROM (SELECT * FROM o) o",
                "SELECT o.id FROM o JOIN (SELECT * FROM c) c ON c.id=c_id",
                "SELECT o.id FROM o, LATERAL (SELECT 1) x",
                "SELECT id, unnest(tags) AS t FROM o",
                "SELECT id, generate_series(1, 2) AS t FROM o",
                "SELECT id, jsonb_array_elements(j) AS t FROM o",
                "SELECT id FROM o ORDER BY id",
                "SELECT o.id FROM o, c WHERE c.id = o.c_id",
                "SELECT o.id FROM o JOIN c USING (id)",
                "SELECT x FROM o AS o (x)",
                "SELECT id, id FROM o",
                "SELECT c_id FROM o",
                "SELECT id + 0 AS id FROM o",
                "SELECT c_id FROM a",
                "SELECT id FROM v",
                "SELECT c.id FROM c LEFT JOIN a ON a.c_id = c.id",
                "SELECT c.id FROM c JOIN o ON o.c_id = c.id",
                "SELECT o.id FROM o JOIN c ON c.id = o.c_id + 1",
                "SELECT o.id FROM o JOIN n ON n.id = o.c_float",
                "SELECT o.id FROM o JOIN c ON c.id = (o.j->>'c')::bigint"
            })
    void whatAModelMayBe(String sql) throws Exception {
        TestDatabase.write(folder, "m", sql);
        assertThat(Models.load(folder, postgres).all()).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            SELECT id FROM payments                                  | 1 | 16 | relation "payments" does not exist
            SELECT id, stat FROM o                                   | 1 | 12 | column "stat" does not exist
            SELECT o.id FROM o JOIN c ON c.idd = o.c_id              | 1 | 30 | column c.idd does not exist. Perhaps you meant
            SELECT o.id FROM o JOIN c ON c.id = x.c_id               | 1 | 37 | missing FROM-clause entry for table "x"
            SELECT id, no_such(id) AS x FROM o                       | 1 | 12 | function no_such(bigint) does not exist
            SELECT id FROM o JOIN c ON c.id = o.c_id                 | 1 |  8 | column reference "id" is ambiguous
            SELECT o.id FROM o JOIN o ON o.id = o.c_id               | 1 |  1 | table name "o" specified more than once
            SELECT o.id, c.id FROM o JOIN c ON c.id = o.c_id         | 1 | 14 | two output columns are named id
            SELECT * FROM o JOIN c ON c.id = o.c_id                  | 1 |  8 | two output columns are named id
            SELECT id, c_id + 1 FROM o                               | 1 | 12 | the column has no name: add AS
            SELECT id, c_id AS _version FROM o                       | 1 | 12 | the name _version is taken
            SELECT id, c_id AS _row_exists FROM o                    | 1 | 12 | the name _row_exists is taken by ClickHouse
            SELECT id, c_id AS _block_number FROM o                  | 1 | 12 | the name _block_number is taken by ClickHouse
            SELECT id, c_id AS _deleted FROM o                       | 1 | 12 | the name _deleted is taken
            SELECT id FROM no_key                                    | 1 | 16 | public.no_key has no primary key
            SELECT id FROM nothing                                   | 1 | 16 | has REPLICA IDENTITY NOTHING: once it is published, Postgres refuses each UPDATE and DELETE of it; run ALTER TABLE "public"."nothing" REPLICA IDENTITY DEFAULT
            SELECT id FROM mv                                        | 1 | 16 | public.mv is a materialized view
            SELECT id FROM temporary                                 | 1 | 16 | is a temporary table
            SELECT id FROM unlogged                                  | 1 | 16 | "unlogged" SET LOGGED
            SELECT id FROM parent                                    | 1 | 16 | from which others inherit
            SELECT id FROM p1                                        | 1 | 16 | name public.p
            SELECT oid, relname FROM pg_class                        | 1 | 26 | a system table
            SELECT id FROM f                                         | 1 | 16 | of type double precision, where equal values can be spelled differently
            SELECT id FROM n                                         | 1 | 16 | of type numeric, where equal values can be spelled differently
            SELECT id FROM js                                        | 1 | 16 | of type jsonb, where equal values
            SELECT id FROM generated                                 | 1 | 16 | is generated, so that its values are not in the log
            SELECT id FROM ci                                        | 1 | 16 | with a nondeterministic collation
            SELECT id FROM blanks                                    | 1 | 16 | of type bpchar, where equal values can be spelled differently
            SELECT id, ctid FROM o                                   | 1 | 12 | ctid is a system column
            SELECT id, o AS whole FROM o                             | 1 | 12 | o stands for a whole row
            SELECT id, o.upper FROM c o                              | 1 | 12 | column o.upper does not exist
            """)
    void whatTheTablesDoNotGive(String sql, int line, int column, String message) {
        check(sql, line, column, message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            SELECT o.id FROM o JOIN no_key k ON k.c_id = o.c_id      | 1 | 25 | run ALTER TABLE "public"."no_key" REPLICA IDENTITY FULL
            SELECT o.id FROM o JOIN c ON c.id > o.c_id               | 1 | 25 | no equality leads from c (public.c) to the key (id) of o (public.o)
            SELECT o.id FROM o JOIN c ON c.id = o.c_id OR c.id = 1   | 1 | 25 | no equality leads from c (public.c) to the key (id) of o (public.o)
            SELECT o.id FROM o JOIN c ON NOT c.id = o.c_id           | 1 | 25 | no equality leads from c (public.c) to the key (id) of o (public.o)
            SELECT o.id FROM o JOIN c ON o.id = o.c_id               | 1 | 25 | no equality leads from c (public.c) to the key (id) of o (public.o)
            SELECT o.id FROM o JOIN c ON c.id = 1                    | 1 | 25 | no equality leads from c (public.c) to the key (id) of o (public.o)
            SELECT o.id FROM o JOIN c ON c.code = o.c_code           | 1 | 25 | run ALTER TABLE "public"."c" REPLICA IDENTITY FULL
            SELECT o.id FROM o JOIN covering c ON c.code = o.c_code  | 1 | 25 | (code) of public.covering, which is not in the table's replica identity
            SELECT t.id FROM texts t JOIN german g ON g.id=t.caseless| 1 | 48 | whose collations differ
            SELECT o.id FROM o JOIN f ON f.id = o.c_float            | 1 | 25 | whose values in change events cannot be compared with those in the table; join on another column
            """)
    void joinsThatAreNotToOneRow(String sql, int line, int column, String message) {
        check(sql, line, column, message);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            SELECT id, now() AS t FROM o                             | 1 | 12 | now() depends on the time of the query
            SELECT id, current_date AS t FROM o                      | 1 | 12 | current_date depends on the time of the query
            SELECT id, current_timestamp AS t FROM o                 | 1 | 12 | current_timestamp depends on the time
            SELECT id, localtimestamp AS t FROM o                    | 1 | 12 | localtimestamp depends on the time
            SELECT id, localtimestamp(3) AS t FROM o                 | 1 | 12 | localtimestamp depends on the time
            SELECT id, age(placed) AS t FROM o                       | 1 | 12 | age() depends on the time
            SELECT id FROM o WHERE placed > 'yesterday'              | 1 | 33 | 'yesterday' as a date depends on the time
            SELECT id, date 'today' AS t FROM o                      | 1 | 12 | 'today' as a date depends on the time
            SELECT id, clock_timestamp() AS t FROM o                 | 1 | 12 | clock_timestamp() is volatile
            SELECT id, random() AS t FROM o                          | 1 | 12 | random() is volatile
            SELECT id, gen_random_uuid() AS t FROM o                 | 1 | 12 | gen_random_uuid() is volatile
            SELECT id, volatile_one(id) AS t FROM o                  | 1 | 12 | volatile_one() is volatile
            SELECT id, public.volatile_one(id) AS t FROM o           | 1 | 12 | public.volatile_one() is volatile
            SELECT id, reads_a_table(id) AS t FROM o                 | 1 | 12 | reads_a_table() is STABLE: it may read tables
            SELECT id, current_user AS t FROM o                      | 1 | 12 | current_user depends on the session
            SELECT id, current_setting('a') AS t FROM o              | 1 | 12 | current_setting() depends on the session
            SELECT id, pg_backend_pid() AS t FROM o                  | 1 | 12 | pg_backend_pid() depends on the session
            SELECT id, version() AS t FROM o                         | 1 | 12 | version() depends on the session
            SELECT id, status::regclass AS t FROM o                  | 1 |  1 | regclass() depends on the session, not on the row or reads other tables
            SELECT id, date(status) AS t FROM o                      | 1 |  1 | reads 'now', 'today' and the like
            SELECT id, tags::date[] AS t FROM o                      | 1 | 16 | reads 'now', 'today' and the like
            SELECT id, to_tsvector(status) AS t FROM o               | 1 | 12 | to_tsvector() depends on the session
            SELECT id, kind::looked_up AS t FROM o JOIN (SELECT id AS c, kind FROM c) k ON k.c = o.c_id | 1 | 1 | reads_a_table() is STABLE
            SELECT id, ROW(id, status)::own_cast::text AS t FROM o   | 1 |  1 | own_cast_text() is STABLE
            SELECT id, id ### 1 AS t FROM o                          | 1 |  1 | stable_operator() is STABLE
            SELECT id, nextval('se') AS t FROM o                      | 1 | 12 | nextval() is volatile
            SELECT id, $1 AS t FROM o                                | 1 | 12 | is a parameter, and a model has none
            SELECT id, :x AS t FROM o                                | 1 | 12 | syntax error at or near ":"
            """)
    void whatIsNotRepeatable(String sql, int line, int column, String message) {
        check(sql, line, column, message);
    }

    /** No corner of the syntax hides a call. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "(now())",
                "-extract(epoch from now())",
                "CASE WHEN true THEN now() END",
                "CASE now() WHEN now() THEN 1 END",
                "CASE WHEN now() > placed THEN 1 END",
                "CASE WHEN true THEN 1 ELSE extract(epoch from now()) END",
                "coalesce(placed, now())",
                "placed + (now() - placed)",
                "now()::text",
                "CAST(now() AS text)",
                "extract(year FROM now())",
                "now() AT TIME ZONE 'UTC'",
                "placed IN (placed, now())",
                "now() IN (placed)",
                "placed BETWEEN placed AND now()",
                "now()::text LIKE 'x'",
                "status LIKE now()::text",
                "now() IS NULL",
                "NOT now() IS NULL",
                "ARRAY[now()]",
                "(ARRAY[now()])[1]",
                "tags[extract(day from now())::int]",
                "tags[1:extract(day from now())::int]",
                "j -> now()::text",
                "j ->> now()::text",
                "j @> to_jsonb(now())",
                "row(now())",
                "trim(both ' ' from now()::text)",
                "trim(now()::text)",
                "position('1' in now()::text)",
                "substring(now()::text from 1 for 2)",
                "overlay(status placing now()::text from 1)",
                "status || now()",
                "(placed, now()) OVERLAPS (placed, now())",
                "placed IS DISTINCT FROM now()",
                "now() > placed AND true",
                "true OR now() > placed",
                "status ~ now()::text",
                "json_build_object('k', now())",
                "json_object('k': now())",
                "json_array(now())",
                "greatest(placed, now())",
                "nullif(placed, now())",
                "upper(left(now()::text, 4))",
                "status SIMILAR TO now()::text",
                "make_interval(days => extract(day from now())::int)",
                "(now() > placed) IS TRUE",
                "(now() > placed) IS UNKNOWN",
                "1 = ANY(ARRAY[extract(day from now())])",
                "concat_ws(',', now())",
                "xmlelement(name x, now())"
            })
    void callsAreFoundEverywhere(String expression) {
        assertThat(errors("SELECT id, " + expression + " AS x FROM o")).anySatisfy(error -> assertThat(error.message())
                .matches("(now\\(\\) depends on the time|column .* has pseudo-type record).*"));
    }

    private void check(String sql, int line, int column, String message) {
        assertThat(errors(sql)).anySatisfy(error -> {
            assertThat(error.message()).contains(message);
            assertThat(List.of(error.line(), error.column())).containsExactly(line, column);
            assertThat(error.file()).isEqualTo(folder.resolve("m0.sql"));
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "  \n", "-- only a comment\n", ";"})
    void anEmptyFile(String content) {
        assertThat(errors(content))
                .singleElement()
                .extracting(ModelError::message)
                .asString()
                .contains("the file is empty");
    }

    @Test
    void placesAreCountedThroughLinesTabsCommentsAndWideCharacters() {
        assertThat(errors("-- a model\n\n/* of\n orders */ SELECT id,\n\t'Ж€😀' AS x, now() AS t\nFROM o\n"))
                .singleElement()
                .hasToString(folder.resolve("m0.sql") + ":5:14: now() depends on the time of the query, so the rows"
                        + " would change without a change in the tables; compute it in ClickHouse when reading");
        assertThat(errors("-- a model\n\n/* of\n orders */ SELECT id,\n\t'Ж€😀' AS x, stat\nFROM o\n"))
                .singleElement()
                .satisfies(error ->
                        assertThat(List.of(error.line(), error.column())).containsExactly(5, 14));
    }

    @Test
    void allErrorsOfAllFilesComeAtOnce() {
        assertThat(errors(
                        "SELECT id, now() AS a, random() AS b FROM o LIMIT 1", "SELECT id FROM mv", "SELECT id FROM o"))
                .extracting(error -> error.file().getFileName() + ":" + error.column())
                .containsExactly("m0.sql:12", "m0.sql:24", "m0.sql:45", "m1.sql:16");
    }

    @Test
    void aStatementThatPostgresDoesNotAcceptDoesNotHideTheNextModelsErrors() {
        String tooMany =
                IntStream.rangeClosed(2, 1664).mapToObj(i -> ", 1 AS c" + i).collect(Collectors.joining());
        assertThat(errors("SELECT id" + tooMany + " FROM o", "SELECT id FROM mv"))
                .extracting(ModelError::message)
                .satisfiesExactly(
                        error -> assertThat(error).contains("tables can have at most 1600 columns"),
                        error -> assertThat(error).contains("public.mv is a materialized view"));
    }

    @Test
    void aFileThatIsNotUtf8() throws Exception {
        Files.write(folder.resolve("latin.sql"), new byte[] {'S', (byte) 0xe4});
        assertThat(errors())
                .singleElement()
                .hasToString(folder.resolve("latin.sql") + ":1:1: the file is not UTF-8 text: save it as UTF-8");
    }

    @Test
    void namesThatCannotBeThoseOfTopicsAndTables() {
        TestDatabase.write(folder, "my model", "SELECT id FROM o");
        TestDatabase.write(folder, "m0_rows", "SELECT id FROM o");
        assertThat(errors("SELECT id FROM o"))
                .extracting(error -> error.file().getFileName() + " " + error.message())
                .satisfiesExactly(
                        error -> assertThat(error)
                                .startsWith("m0_rows.sql the name m0_rows is that of the storage table"),
                        error -> assertThat(error)
                                .startsWith("my model.sql the file's name is that of a table and of a topic"));
    }

    @Test
    void noFolderAndNoModels() {
        assertThat(errors())
                .singleElement()
                .extracting(ModelError::message)
                .asString()
                .contains("the folder holds no model");
        assertThat(catchThrowableOfType(ModelException.class, () -> Models.load(folder.resolve("none"), postgres)))
                .hasMessageContaining("no such folder");
    }

    @Test
    void aPartitionWithoutTheJoinKeyInItsReplicaIdentity() throws SQLException {
        TestDatabase.execute(postgres, """
                CREATE TABLE q (id bigint PRIMARY KEY) PARTITION BY RANGE (id);
                CREATE TABLE q1 PARTITION OF q FOR VALUES FROM (0) TO (10);
                ALTER TABLE q1 REPLICA IDENTITY NOTHING""");
        check("SELECT o.id FROM o JOIN q ON q.id = o.c_id", 1, 25, "REPLICA IDENTITY DEFAULT");
        check("SELECT id FROM q", 1, 16, "ALTER TABLE \"public\".\"q1\" REPLICA IDENTITY DEFAULT");
    }

    /** Publishing a table must not make the application's statements fail. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            id int PRIMARY KEY DEFERRABLE                                  | DEFAULT         | DEFERRABLE, which is no replica identity
            id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, x int        | NOTHING         | has REPLICA IDENTITY NOTHING
            id int PRIMARY KEY                                             | NOTHING         | REPLICA IDENTITY DEFAULT
            id int                                                         | DEFAULT         | has no primary key
            id int PRIMARY KEY, v int GENERATED ALWAYS AS (id + 1) VIRTUAL | FULL            | virtual generated column v
            id int NOT NULL                                                | USING INDEX one | lost the index
            """)
    void aTableThatPostgresWouldNotLetChangeOnceItIsPublished(String columns, String identity, String message)
            throws SQLException {
        TestDatabase.execute(
                postgres,
                "DROP TABLE IF EXISTS guarded; CREATE TABLE guarded (" + columns + ");"
                        + " CREATE UNIQUE INDEX one ON guarded (id)");
        if (identity.startsWith("USING")) {
            TestDatabase.execute(postgres, "ALTER TABLE guarded ADD PRIMARY KEY (id)");
        }
        TestDatabase.execute(postgres, "ALTER TABLE guarded REPLICA IDENTITY " + identity + "; DROP INDEX one");
        assertThat(Publishable.refusal(postgres, new TableName("public", "guarded")))
                .get()
                .asString()
                .contains(message, "guarded", "run ALTER");
        check("SELECT id FROM guarded", 1, 16, message.startsWith("lost") ? "lost the index" : message);
        // what Postgres does
        TestDatabase.execute(
                postgres, "INSERT INTO guarded (id) VALUES (1); CREATE PUBLICATION guarded FOR TABLE guarded");
        assertThatExceptionOfType(SQLException.class)
                .isThrownBy(() -> TestDatabase.execute(postgres, "DELETE FROM guarded"));
        TestDatabase.execute(postgres, "DROP TABLE guarded; DROP PUBLICATION guarded");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            id int PRIMARY KEY                                                       | DEFAULT
            id int PRIMARY KEY DEFERRABLE                                            | FULL
            id int                                                                   | FULL
            id int NOT NULL UNIQUE, v int GENERATED ALWAYS AS (1) VIRTUAL            | USING INDEX guarded_id_key
            id int PRIMARY KEY, s int GENERATED ALWAYS AS (id + 1) STORED            | FULL
            """)
    void aTableThatPostgresLetsChange(String columns, String identity) throws SQLException {
        TestDatabase.execute(
                postgres,
                "DROP TABLE IF EXISTS guarded; CREATE TABLE guarded (" + columns + "); ALTER TABLE guarded"
                        + " REPLICA IDENTITY " + identity + "; INSERT INTO guarded (id) VALUES (1)");
        TableName guarded = new TableName("public", "guarded");
        assertThat(Publishable.refusal(postgres, guarded)).isEmpty();
        Publication publication = new Publication("guarded");
        publication.ensure(postgres, List.of(guarded));
        TestDatabase.execute(postgres, "UPDATE guarded SET id = 2; DROP PUBLICATION guarded");
        // one that an older version has created
        TestDatabase.execute(
                postgres, "CREATE PUBLICATION guarded FOR TABLE guarded WITH (publish_via_partition_root = true)");
        publication.ensure(postgres, List.of(guarded));
        assertThat(publication.missing(postgres, List.of(guarded))).isEmpty();
        TestDatabase.execute(postgres, "DELETE FROM guarded; DROP TABLE guarded; DROP PUBLICATION guarded");
    }

    @Test
    void aRoleThatMustNotMakeTemporaryViews() throws SQLException {
        TestDatabase.execute(postgres, """
                REVOKE TEMPORARY ON DATABASE refusals FROM PUBLIC;
                CREATE ROLE without_temporary;
                GRANT SELECT ON o TO without_temporary""");
        TestDatabase.write(folder, "m", "SELECT id FROM o");
        try (Connection session = TestDatabase.again(postgres)) {
            TestDatabase.execute(session, "SET ROLE without_temporary");
            assertThatExceptionOfType(ModelException.class)
                    .isThrownBy(() -> Models.load(folder, session))
                    .withMessageContainingAll(
                            "m.sql:1:1: ERROR: permission denied to create temporary tables in database \"refusals\"",
                            "run GRANT TEMPORARY ON DATABASE refusals TO without_temporary");
        } finally {
            TestDatabase.execute(postgres, """
                    GRANT TEMPORARY ON DATABASE refusals TO PUBLIC;
                    DROP OWNED BY without_temporary;
                    DROP ROLE without_temporary""");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"ddl_command_start", "ddl_command_end"})
    void anEventTriggerThatRefusesViews(String event) throws SQLException {
        TestDatabase.execute(postgres, """
                CREATE FUNCTION frozen() RETURNS event_trigger LANGUAGE plpgsql AS $$
                BEGIN RAISE EXCEPTION 'no DDL on Fridays'; END $$;
                CREATE EVENT TRIGGER no_views ON %s WHEN TAG IN ('CREATE VIEW') EXECUTE FUNCTION frozen()""".formatted(event));
        try {
            check("SELECT id FROM o", 1, 1, "the event trigger no_views refuses CREATE VIEW: ERROR: no DDL on Fridays");
            check("SELECT id FROM o", 1, 1, "let its function return when current_user is the role of olap-sync");
        } finally {
            TestDatabase.execute(postgres, "DROP EVENT TRIGGER no_views; DROP FUNCTION frozen()");
        }
    }

    @Test
    void theConnectionIsLeftAsItWas() throws SQLException {
        errors("SELECT id FROM nowhere", "SELECT id FROM o ORDER BY");
        assertThat(postgres.getAutoCommit()).isTrue();
        assertThat(postgres.isReadOnly()).isFalse();
    }
}

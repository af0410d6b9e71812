package dev.olapsync.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every way in which a publication can leave out changes of the tables that it holds. */
class PublicationGapsTest {

    private static final List<TableName> TABLES = Stream.of("plain", "Parted")
            .map(name -> new TableName("public", name))
            .toList();

    private static EmbeddedPostgres postgres;
    private static Connection connection;

    private final PublicationGaps gaps = new PublicationGaps("Own \"one\"");

    @BeforeAll
    static void start() throws Exception {
        postgres = EmbeddedPostgres.builder()
                .setServerConfig("wal_level", "logical")
                .start();
        connection = postgres.getPostgresDatabase().getConnection();
    }

    @AfterAll
    static void stop() throws Exception {
        connection.close();
        postgres.close();
    }

    @BeforeEach
    void create() throws SQLException {
        execute(
                "DROP SCHEMA public CASCADE; CREATE SCHEMA public; DROP PUBLICATION IF EXISTS \"Own \"\"one\"\"\"",
                "CREATE TABLE plain (id int PRIMARY KEY, v int)",
                "CREATE TABLE \"Parted\" (id int PRIMARY KEY, v int) PARTITION BY RANGE (id)",
                "CREATE TABLE part PARTITION OF \"Parted\" FOR VALUES FROM (0) TO (10)");
    }

    private static void execute(String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private List<String> found() throws SQLException {
        return gaps.find(connection, TABLES).stream()
                .map(PublicationGaps.Gap::found)
                .toList();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "FOR ALL TABLES WITH (publish_via_partition_root)",
                "FOR TABLES IN SCHEMA public WITH (publish_via_partition_root)",
                "FOR TABLE plain, \"Parted\" WITH (publish_via_partition_root)"
            })
    void theseLeaveOutNothing(String publication) throws SQLException {
        execute("CREATE PUBLICATION \"Own \"\"one\"\"\" " + publication);
        assertThat(found()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "FOR ALL TABLES | names of the partitions",
                "FOR TABLES IN SCHEMA public | names of the partitions",
                "FOR ALL TABLES WITH (publish_via_partition_root, publish = 'insert, update, delete') | kinds of changes",
                "FOR TABLE plain, \"Parted\" WITH (publish_via_partition_root, publish = 'insert, delete, truncate') | kinds of changes",
                "FOR TABLE plain, \"Parted\" WHERE (id > 3) WITH (publish_via_partition_root) | rows or columns of public.Parted",
                "FOR TABLE plain (id), \"Parted\" WITH (publish_via_partition_root) | rows or columns of public.plain"
            })
    void theseLeaveOutChanges(String publication, String what) throws SQLException {
        execute("CREATE PUBLICATION \"Own \"\"one\"\"\" " + publication);
        assertThat(found()).singleElement().asString().contains(what);
    }

    @Test
    void theRemediesEndIt() throws SQLException {
        execute("CREATE PUBLICATION \"Own \"\"one\"\"\" FOR TABLE plain (id), \"Parted\" WITH (publish = 'insert')");
        assertThat(found()).hasSize(3);
        for (PublicationGaps.Gap gap : gaps.find(connection, TABLES)) {
            execute(gap.remedy());
        }
        assertThat(found()).isEmpty();
    }

    @Test
    void partsWhoseChangesDoNotComeUnderTheNameOfTheTable() throws SQLException {
        execute(
                "CREATE PUBLICATION \"Own \"\"one\"\"\" FOR ALL TABLES WITH (publish_via_partition_root)",
                "CREATE TABLE \"Child\" () INHERITS (plain)",
                "CREATE UNLOGGED TABLE u PARTITION OF \"Parted\" FOR VALUES FROM (20) TO (30)",
                "CREATE FOREIGN DATA WRAPPER w",
                "CREATE SERVER s FOREIGN DATA WRAPPER w",
                "CREATE FOREIGN TABLE f (id int NOT NULL, v int) SERVER s");
        assertThat(found())
                .hasSize(2)
                .anyMatch(gap -> gap.contains("public.\"Child\""))
                .anyMatch(gap -> gap.contains("public.u "));
        execute("DROP FOREIGN DATA WRAPPER w CASCADE");
    }

    @Test
    void aMarkStaysForAsLongAsNothingCanHaveBeenLeftOut() throws SQLException {
        execute("CREATE PUBLICATION \"Own \"\"one\"\"\" FOR TABLE plain, \"Parted\" WITH (publish_via_partition_root)");
        Map<String, String> marks = gaps.marks(connection, TABLES);
        assertThat(marks).containsOnlyKeys("public.plain", "public.Parted");
        execute(
                "CREATE TABLE other (id int)",
                "ALTER PUBLICATION \"Own \"\"one\"\"\" ADD TABLE other",
                "ALTER PUBLICATION \"Own \"\"one\"\"\" DROP TABLE other",
                "VACUUM FREEZE pg_publication",
                "VACUUM FULL pg_publication");
        assertThat(gaps.marks(connection, TABLES)).isEqualTo(marks);

        execute(
                "ALTER PUBLICATION \"Own \"\"one\"\"\" DROP TABLE plain",
                "ALTER PUBLICATION \"Own \"\"one\"\"\" ADD TABLE plain");
        Map<String, String> again = gaps.marks(connection, TABLES);
        assertThat(again.get("public.plain")).isNotEqualTo(marks.get("public.plain"));
        assertThat(again.get("public.Parted")).isEqualTo(marks.get("public.Parted"));

        execute(
                "ALTER PUBLICATION \"Own \"\"one\"\"\" SET (publish = 'insert')",
                "ALTER PUBLICATION \"Own \"\"one\"\"\" SET (publish = 'insert, update, delete, truncate')");
        assertThat(gaps.marks(connection, TABLES).get("public.Parted")).isNotEqualTo(marks.get("public.Parted"));
    }
}

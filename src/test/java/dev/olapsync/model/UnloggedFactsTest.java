package dev.olapsync.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Partitions that come and go, while the pipeline runs or not. */
class UnloggedFactsTest {

    private Connection postgres;

    @BeforeEach
    void create() throws Exception {
        postgres = TestDatabase.create("unlogged_facts");
        TestDatabase.execute(
                postgres,
                "CREATE TABLE visit (id int, day int) PARTITION BY RANGE (day);"
                        + " CREATE TABLE filled PARTITION OF visit FOR VALUES FROM (0) TO (10);"
                        + " CREATE TABLE empty PARTITION OF visit FOR VALUES FROM (10) TO (20);"
                        + " INSERT INTO visit VALUES (1, 1);"
                        + " CREATE TABLE other_filled (LIKE visit); INSERT INTO other_filled VALUES (25, 25);"
                        + " CREATE TABLE other_empty (LIKE visit)");
    }

    @AfterEach
    void close() throws SQLException {
        postgres.close();
    }

    private UnloggedFacts read() throws SQLException {
        try (Statement statement = postgres.createStatement();
                ResultSet row = statement.executeQuery("SELECT 'visit'::regclass::oid::bigint")) {
            row.next();
            return UnloggedFacts.read(Set.of(), Set.of(), Set.of(row.getLong(1)), postgres);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "CREATE TABLE next PARTITION OF visit FOR VALUES FROM (30) TO (40) | false",
                "ALTER TABLE visit ATTACH PARTITION other_filled FOR VALUES FROM (20) TO (30) | true",
                "ALTER TABLE visit ATTACH PARTITION other_empty FOR VALUES FROM (20) TO (30) | false",
                "ALTER TABLE visit DETACH PARTITION filled | true",
                "ALTER TABLE visit DETACH PARTITION empty | false",
                "DROP TABLE filled | true",
                "DROP TABLE empty | false",
                "INSERT INTO visit VALUES (11, 11) | false",
                "DELETE FROM visit | false"
            })
    void rowsThatComeOrGoWithAPartition(String alteration, boolean others) throws SQLException {
        List<String> stored = read().lines();
        TestDatabase.execute(postgres, alteration);
        assertThat(read().haveOtherRows(UnloggedFacts.parse(stored), postgres)).isEqualTo(others);
    }

    /** The rows of a partition that was attached empty came through the log, but go with the partition. */
    @ParameterizedTest
    @CsvSource({"false, ''", "true, ALTER TABLE visit DETACH PARTITION other_empty", "true, DROP TABLE other_empty"})
    void aPartitionThatIsFilledLater(boolean others, String alteration) throws SQLException {
        UnloggedFacts before = read();
        TestDatabase.execute(postgres, "ALTER TABLE visit ATTACH PARTITION other_empty FOR VALUES FROM (20) TO (30)");
        UnloggedFacts attached = read();
        assertThat(attached.haveOtherRows(before, postgres)).isFalse();
        TestDatabase.execute(postgres, "INSERT INTO visit VALUES (21, 21)");
        UnloggedFacts filled = read();
        assertThat(filled.haveOtherRows(attached, postgres)).isFalse();
        TestDatabase.execute(postgres, alteration);
        assertThat(read().haveOtherRows(UnloggedFacts.parse(filled.lines()), postgres))
                .isEqualTo(others);
    }
}

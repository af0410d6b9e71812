package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A role that may replicate and read the tables, and nothing else: what examples/postgres-role.sql grants. */
class LeastPrivilegeTest {

    @ParameterizedTest
    @ValueSource(strings = {"copy", "snapshot"})
    void thePipelineNeedsNoMore(String source) throws Exception {
        try (Scenario school = Scenario.example("school", "privilege", "student_contact")) {
            String role = "reader_" + source + "_" + ProcessHandle.current().pid();
            school.postgres(
                    "CREATE ROLE " + role + " LOGIN REPLICATION",
                    "REVOKE ALL ON SCHEMA public FROM PUBLIC",
                    "GRANT USAGE ON SCHEMA public TO " + role,
                    "GRANT SELECT ON student, contact, scenario_marker TO " + role,
                    "CREATE PUBLICATION olap_sync FOR TABLE student, contact, scenario_marker",
                    "INSERT INTO student VALUES (1, 'Dan')",
                    "INSERT INTO contact VALUES (1, 1, '123')");
            school.set("postgres.user", role)
                    .set("olap.load.source", source)
                    .start()
                    .awaitLoaded();
            school.postgres("UPDATE student SET name = 'Daniel'");
            school.awaitInSync();
            assertThat(school.clickHouse("SELECT name FROM student_contact")).containsExactly("Daniel");
        }
    }
}

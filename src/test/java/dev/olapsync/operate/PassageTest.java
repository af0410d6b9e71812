package dev.olapsync.operate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.olapsync.OlapSync;
import dev.olapsync.scenario.Scenario;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class PassageTest {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /** They take the lane of hot parents twice: to be listed, and to be read. */
    @Test
    void waitsForTheChildrenOfHotParents() throws Exception {
        try (Scenario school = Scenario.of("passage", Files.readString(Path.of("examples/school/schema.sql")),
                Path.of("models/school/student_contact.sql"))) {
            school.postgres("INSERT INTO student VALUES (1, 'old')",
                    "INSERT INTO contact SELECT i, 1, i FROM generate_series(1, 400000) i");
            school.start().awaitLoaded();
            try (Passage passage = new Passage(OlapSync.of(school.camel().getCamelContext()))) {
                school.postgres("UPDATE student SET name = 'new'");
                passage.loaded(PATIENCE);
                assertThat(school.clickHouse("SELECT countIf(name = 'new') FROM student_contact")).containsExactly("400000");
            }
        }
    }
}

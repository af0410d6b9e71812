package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.olapsync.pipeline.RecordHeaders;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

/** Deleted keys leave their tables while the pipeline runs. */
class TombstoneRemovalTest {

    private static final Duration PATIENCE = Duration.ofMinutes(3);

    @Test
    void everyKeyIsDeleted() throws Exception {
        try (Scenario school = Scenario.example("school", "tombstones", "student_contact")) {
            school.model(
                    "student_contact",
                    "-- metadata: op\n" + Files.readString(Path.of("models/school/student_contact.sql")));
            school.set("olap.tombstones.keep.seconds", 1);
            school.postgres(
                    "INSERT INTO student SELECT i, 's' || i FROM generate_series(1, 100) i",
                    "INSERT INTO contact SELECT i, i % 100 + 1, i::text FROM generate_series(1, 20000) i");
            school.start().awaitLoaded();
            String version = school.clickHouse("SELECT max(_version) FROM student_contact_rows")
                    .get(0);

            school.postgres("DELETE FROM contact WHERE contact_id > 5");
            school.awaitInSync();
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(school.clickHouse("SELECT count() FROM student_contact_rows"))
                            .containsExactly("5"));

            // as a process would that was suspended with old versions of the rows
            String read = versionOfTwo(school);
            school.publish(List.of(row(school, 9, version), row(school, 2, version)));
            await().atMost(PATIENCE).untilAsserted(() -> assertThat(versionOfTwo(school))
                    .as("it is read again")
                    .isNotEqualTo(read));
            assertThat(school.clickHouse("SELECT count() FROM student_contact")).containsExactly("5");
            assertThat(school.clickHouse("SELECT _op FROM student_contact WHERE contact_id = 2"))
                    .containsExactly("read");
            school.postgres("UPDATE student SET name = name || '!'", "INSERT INTO contact VALUES (9, 7, '9')");
            school.awaitInSync();
            assertThat(school.readDeadLetters()).isEmpty();
            assertThat(school.command("verify")).contains("VERDICT: in sync");

            school.postgres("DELETE FROM contact", "DELETE FROM student");
            school.awaitInSync();
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(school.clickHouse("SELECT count() FROM student_contact_rows"))
                            .containsExactly("0"));
        }
    }

    private static String versionOfTwo(Scenario school) {
        return school.clickHouse("SELECT max(_version) FROM student_contact_rows WHERE contact_id = 2")
                .get(0);
    }

    private static ProducerRecord<byte[], byte[]> row(Scenario school, int contact, String version) {
        String json = "{\"student_id\":1,\"contact_id\":" + contact
                + ",\"name\":\"old\",\"contact_number\":\"9\",\"_version\":" + version + ",\"_deleted\":0}";
        ProducerRecord<byte[], byte[]> row = new ProducerRecord<>(
                school.topicOf("student_contact"),
                Integer.toString(contact).getBytes(StandardCharsets.UTF_8),
                json.getBytes(StandardCharsets.UTF_8));
        row.headers().add(RecordHeaders.COMMIT_MILLIS, new byte[Long.BYTES]);
        return row;
    }
}

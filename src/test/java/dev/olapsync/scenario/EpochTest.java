package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.olapsync.kafka.Topics;
import dev.olapsync.pipeline.OlapSync;
import java.sql.SQLException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.apache.camel.Consumer;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.health.HealthCheckAware;
import org.apache.camel.health.HealthCheckHelper;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.junit.jupiter.api.Test;

/** A slot that was lost, a model that was changed: nothing goes on in silence, and a new epoch repairs it. */
class EpochTest {

    private static Scenario school() throws Exception {
        Scenario school = Scenario.example("school", "epoch", "student_contact");
        school.postgres(
                "INSERT INTO student SELECT i, 'student ' || i FROM generate_series(1, 50) i",
                "INSERT INTO contact SELECT i, 1 + i % 50, i FROM generate_series(1, 500) i");
        school.start().awaitLoaded();
        school.awaitInSync();
        return school;
    }

    @Test
    void lostSlot() throws Exception {
        try (Scenario school = school()) {
            school.stop();
            dropSlot(school);
            school.postgres(
                    "UPDATE student SET name = 'new name' WHERE student_id <= 10",
                    "DELETE FROM contact WHERE contact_id > 400",
                    "UPDATE contact SET contact_id = 1000 WHERE contact_id = 1",
                    "INSERT INTO contact VALUES (501, 50, 'new')");
            school.start();
            await().during(Duration.ofSeconds(3)).until(() -> isDown(school, "replication slot"));
            assertThat(school.clickHouse("SELECT count() FROM student_contact")).containsExactly("500");
            school.stop();

            assertThat(school.command("rebuild", "--all")).contains("Epoch 1 begins: everything is loaded once more.");
            school.start().awaitLoaded();
            school.awaitInSync();
            assertThat(school.clickHouse("SELECT count() FROM student_contact")).containsExactly("401");
            school.postgres("UPDATE student SET name = 'newer' WHERE student_id = 1");
            school.awaitInSync();
        }
    }

    /** One command, and nothing is restarted or edited. */
    @Test
    void lostSlotWhileThePipelineRuns() throws Exception {
        try (Scenario school = school()) {
            takeSlot(school);
            await().until(() -> isDown(school, "does not exist"));
            school.postgres(
                    "UPDATE student SET name = 'unseen' WHERE student_id <= 10",
                    "DELETE FROM contact WHERE contact_id > 400");
            rebuildAll(school, 1);
            assertThat(school.clickHouse("SELECT count() FROM student_contact WHERE name = 'unseen'"))
                    .containsExactly("80");

            takeSlot(school);
            await().until(() -> isDown(school, "does not exist"));
            school.postgres("UPDATE student SET name = 'unseen again' WHERE student_id <= 10");
            rebuildAll(school, 2);
        }
    }

    private static void rebuildAll(Scenario school, int epoch) throws Exception {
        CamelContext context = school.camel().getCamelContext();
        assertThat(school.command("rebuild", "--all")).contains("Epoch " + epoch + " begins");
        school.awaitLoaded();
        school.postgres("UPDATE student SET name = 'newer' WHERE student_id = 20");
        school.awaitInSync();
        await("UP").until(school::down, String::isEmpty);
        assertThat(school.epoch()).isEqualTo(epoch);
        assertThat(school.camel().getCamelContext()).isSameAs(context);
        assertThat(OlapSync.of(context).epoch()).isEqualTo(epoch);
    }

    /** What was changed between the old slot and the new one is in neither. */
    @Test
    void slotMadeAgain() throws Exception {
        try (Scenario school = school()) {
            school.stop();
            school.postgres("UPDATE student SET name = 'unseen' WHERE student_id <= 10");
            dropSlot(school);
            school.postgres("SELECT pg_create_logical_replication_slot('"
                    + school.settings().postgres().slot() + "', 'pgoutput')");
            school.start();
            await().until(() -> isDown(school, "recreated or moved by hand"));
            rebuildAll(school, 1);
            assertThat(school.clickHouse("SELECT count() FROM student_contact WHERE name = 'unseen'"))
                    .containsExactly("100");
        }
    }

    /** Neither before its first attempt nor between two: what looks at it now and then must not see it UP. */
    @Test
    void captureIsNotHealthyBetweenAttemptsThatFail() throws Exception {
        try (Scenario school = school()) {
            school.stop();
            dropSlot(school);
            school.start();
            Set<HealthCheck.State> states = EnumSet.noneOf(HealthCheck.State.class);
            awaitCapture(school, states, "does not exist");
            school.postgres("SELECT pg_create_logical_replication_slot('"
                    + school.settings().postgres().slot() + "', 'pgoutput')");
            awaitCapture(school, states, "recreated or moved by hand");
            dropSlot(school);
            awaitCapture(school, states, "does not exist");
            assertThat(states).containsExactly(HealthCheck.State.DOWN);
        }
    }

    /** Asks all the time, and notes all answers. */
    private static void awaitCapture(Scenario school, Set<HealthCheck.State> states, String reason) {
        Consumer capture = school.camel().getCamelContext().getRoute("capture").getConsumer();
        HealthCheck check = ((HealthCheckAware) capture).getHealthCheck();
        await(reason).pollInterval(Duration.ofMillis(1)).until(() -> {
            HealthCheck.Result result = check.call();
            states.add(result.getState());
            return result.getMessage().orElse("").contains(reason);
        });
    }

    /** With the slot, as Postgres can keep it on standbys. The old primary may have had commits that this one has not. */
    @Test
    void promotedStandby() throws Exception {
        try (Scenario school = school()) {
            school.stack().postgres().promote();
            school.postgres("UPDATE student SET name = 'after' WHERE student_id <= 10");
            await().until(() -> isDown(school, "another server, a promoted standby or a restored backup"));
            school.stop();
            school.start();
            await().until(() -> isDown(school, "another server, a promoted standby or a restored backup"));
            assertThat(school.clickHouse("SELECT count() FROM student_contact WHERE name = 'after'"))
                    .containsExactly("0");

            rebuildAll(school, 1);
            assertThat(school.clickHouse("SELECT count() FROM student_contact WHERE name = 'after'"))
                    .containsExactly("100");
        }
    }

    /** One that was paused, replaced by another, and wakes up. */
    @Test
    void positionsThatAnOldCapturePublishesLate() throws Exception {
        try (Scenario school = school()) {
            for (int epoch : List.of(0, 1)) {
                school.set("olap.epoch", epoch);
                if (epoch > 0) {
                    school.stop();
                    school.start().awaitLoaded();
                }
                school.postgres("UPDATE student SET name = 'seen' WHERE student_id <= 10");
                school.awaitInSync();
                school.topics().deliverCapturedPosition(0, 1);
                school.stop();
                school.start();
                school.awaitInSync();
                assertThat(isDown(school, "")).isFalse();

                school.stop();
                school.topics().deliverCapturedPosition(0, 1);
                school.postgres(
                        "UPDATE student SET name = 'unseen' WHERE student_id <= 10",
                        "SELECT pg_replication_slot_advance('"
                                + school.settings().postgres().slot() + "', pg_current_wal_lsn())");
                school.postgres("SELECT pg_replication_slot_advance('"
                        + school.settings().postgres().slot() + "', pg_current_wal_lsn())");
                school.start();
                await().until(() -> isDown(school, "recreated or moved by hand"));
            }
        }
    }

    /** Made again or not: what had waited in it is lost. */
    @Test
    void topicDeleted() throws Exception {
        try (Scenario school = school()) {
            deleteTopic(school);
            await().until(() ->
                    isDown(school, "deleted since it was first used: topic " + school.topicOf("student_contact")));
            school.stop();
            school.start();
            await().until(() ->
                    isDown(school, "deleted since it was first used: topic " + school.topicOf("student_contact")));

            rebuildAll(school, 1);
        }
    }

    /** Without an operator; but not for the same loss again, which could go on for ever. */
    @Test
    void aLossIsFollowedByARebuildIfTheSettingsSaySo() throws Exception {
        try (Scenario school = school()) {
            school.stop();
            dropSlot(school);
            school.postgres("UPDATE student SET name = 'unseen' WHERE student_id <= 10");
            school.set("olap.rebuild.after.loss", "auto").start();
            await("the first epoch").until(() -> school.epoch() == 1);
            school.awaitLoaded();
            school.awaitInSync();
            assertThat(school.clickHouse("SELECT count() FROM student_contact WHERE name = 'unseen'"))
                    .containsExactly("100");
            await("UP").until(school::down, String::isEmpty);

            deleteTopic(school);
            await("the second epoch").until(() -> school.epoch() == 2);
            school.awaitLoaded();
            school.postgres("UPDATE student SET name = 'newer' WHERE student_id = 20");
            school.awaitInSync();
            await("UP").until(school::down, String::isEmpty);

            deleteTopic(school);
            await().until(() -> isDown(school, "deleted since it was first used"));
            await().during(Duration.ofSeconds(12)).until(() -> school.epoch() == 2);
            assertThat(school.clickHouse("SELECT count() FROM _epochs FINAL WHERE startsWith(reason, 'lost: ')"))
                    .containsExactly("2");
        }
    }

    private static void deleteTopic(Scenario school) throws Exception {
        try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, school.brokers()))) {
            admin.deleteTopics(List.of(school.topicOf("student_contact"))).all().get();
        }
    }

    @Test
    void changedModel() throws Exception {
        try (Scenario school = school()) {
            school.stop();
            school.model(
                    "student_contact",
                    "SELECT c.student_id, c.contact_id, c.contact_number AS name,"
                            + " s.name AS contact_number FROM contact c JOIN student s ON s.student_id = c.student_id");
            school.set("olap.epoch", 1).start().awaitLoaded();
            school.awaitInSync();
            assertThat(school.clickHouse("SELECT name FROM student_contact WHERE contact_id = 1"))
                    .containsExactly("1");
        }
    }

    /** Left behind by a model that was taken away, or ahead of one that this process does not have yet. */
    @Test
    void rowsOfAnUnknownModelBecomeDeadLetters() throws Exception {
        try (Scenario school = school()) {
            try (Topics topics = new Topics(school.settings())) {
                topics.ensure(school.topicOf("elsewhere"));
            }
            school.deliverRow("elsewhere", "{\"id\":1,\"_version\":5,\"_deleted\":0}");
            school.awaitInSync();
            assertThat(school.command("dlq", "list"))
                    .contains("the model elsewhere is not configured here", "1 dead letter");
        }
    }

    /** From a pipeline that runs. */
    private static void takeSlot(Scenario school) {
        await("the end of the slot").ignoreExceptions().until(() -> {
            school.postgres("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active"
                    + " AND slot_name = '" + school.settings().postgres().slot() + "'");
            dropSlot(school);
            return true;
        });
    }

    private static void dropSlot(Scenario school) throws SQLException {
        school.postgres("SELECT pg_drop_replication_slot('"
                + school.settings().postgres().slot() + "')");
    }

    private static boolean isDown(Scenario school, String reason) {
        return HealthCheckHelper.invoke(school.camel().getCamelContext()).stream()
                .anyMatch(result -> result.getState() == HealthCheck.State.DOWN
                        && result.getMessage().orElse("").contains(reason));
    }
}

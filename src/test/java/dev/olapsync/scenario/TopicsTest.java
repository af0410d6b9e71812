package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.pipeline.RecordHeaders;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.apache.camel.main.Main;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What retention, an operator or another pipeline can do to the topics: it is noticed, and a new epoch repairs it. */
class TopicsTest {

    private static final String SCHEMA = """
            CREATE TABLE town (id int PRIMARY KEY, name text NOT NULL);
            CREATE TABLE person (id int PRIMARY KEY, town int, name text NOT NULL);
            """;

    private static Scenario people() throws Exception {
        Scenario people = Scenario.of("topics", SCHEMA)
                .model(
                        "inhabitant",
                        "SELECT p.id, p.name, t.name AS town FROM person p LEFT JOIN town t ON t.id = p.town");
        people.postgres(
                "INSERT INTO town SELECT i, 'town ' || i FROM generate_series(1, 5) i",
                "INSERT INTO person SELECT i, 1 + i % 5, 'person ' || i FROM generate_series(1, 50) i");
        people.start().awaitLoaded();
        people.awaitInSync();
        return people;
    }

    private static Admin admin(Scenario people) {
        return Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, people.brokers()));
    }

    private static String topic(Scenario people, String rest) {
        return people.name() + "." + rest;
    }

    private static void awaitDown(Scenario people, String reason) {
        await(reason).until(() -> people.down().contains(reason));
    }

    private static void awaitUp(Scenario people) {
        await("UP").until(people::down, String::isEmpty);
    }

    private static void repair(Scenario people) throws Exception {
        people.command("rebuild", "--all");
        people.awaitLoaded();
        people.awaitInSync();
        awaitUp(people);
    }

    @ParameterizedTest
    @CsvSource({"enrich, cdc.public.person", "load, olap.inhabitant"})
    void recordsThatExpiredBeforeTheyWereRead(String route, String topic) throws Exception {
        try (Scenario people = people()) {
            people.camel().getCamelContext().getRouteController().stopRoute(route);
            people.postgres("UPDATE person SET name = 'unseen' WHERE id <= 20");
            await().until(() -> people.lag(people.name() + "-" + route, topic(people, topic)) == 20);
            people.topics().deleteRecords(topic(people, topic));
            awaitDown(people, "are deleted already");
            people.camel().getCamelContext().getRouteController().startRoute(route);
            String lost = " gone before the group " + people.name() + "-" + route + " had read ";
            awaitDown(people, lost);
            assertThat(people.down())
                    .contains(
                            "records are lost: topic " + topic(people, topic) + ", partition ",
                            "Run 'olap-sync rebuild --all'");
            people.postgres("UPDATE person SET name = 'seen' WHERE id > 20");
            people.awaitQuiet();
            assertThat(people.differences()).hasSize(20);
            people.stop();
            people.start();
            awaitDown(people, lost);
            repair(people);
        }
    }

    /** What a group has committed expires too, and then it looks as if it had never read. */
    @Test
    void recordsThatExpiredWithTheOffsets() throws Exception {
        try (Scenario people = people()) {
            people.postgres("UPDATE person SET name = 'seen'");
            people.awaitQuiet();
            people.stop();
            try (Admin admin = admin(people)) {
                await().ignoreExceptions()
                        .untilAsserted(() -> admin.deleteConsumerGroups(List.of(people.name() + "-enrich"))
                                .all()
                                .get());
            }
            people.topics().deleteRecords(topic(people, "cdc.public.person"));
            people.start();
            awaitDown(people, "gone before the group " + people.name() + "-enrich had read ");
            repair(people);
        }
    }

    @Test
    void topicsThatAreSetSoThatTheyLoseRecords() throws Exception {
        try (Scenario people = people()) {
            awaitUp(people);
            misset(
                    people,
                    new Misset("cdc.public.person", "cleanup.policy", "compact", "delete"),
                    new Misset("olap.inhabitant", "cleanup.policy", "compact,delete", "delete"),
                    new Misset("olap.dlq", "cleanup.policy", "compact", "delete"),
                    new Misset("cdc-captured", "cleanup.policy", "delete", "compact"));
            misset(
                    people,
                    new Misset("olap-fanout", "retention.bytes", "1000000", "-1"),
                    new Misset("cdc.public.town", "retention.ms", "60000", "604800000"),
                    new Misset("cdc.message", "max.message.bytes", "1000000", "34603008"),
                    new Misset("olap._truncates", "unclean.leader.election.enable", "true", "false"));
        }
    }

    @Test
    void aRetentionWithALimitIsNotOneWithoutALimit() throws Exception {
        try (Scenario people = people()) {
            people.stop();
            people.set("olap.topic.retention.millis", -1).start();
            awaitDown(people, "has retention.ms=604800000, not -1");
        }
    }

    private record Misset(String name, String setting, String wrong, String right) {

        String found(Scenario people) {
            return "topic " + topic(people, name) + " has " + setting + "=" + wrong + ", not " + right;
        }

        String remedy(Scenario people) {
            return "kafka-configs --alter --topic " + topic(people, name) + " --add-config " + setting + "=" + right;
        }
    }

    /** No more than the health shows at once. */
    private static void misset(Scenario people, Misset... topics) throws Exception {
        for (Misset topic : topics) {
            people.topics().alterTopic(topic(people, topic.name()), topic.setting(), topic.wrong());
        }
        for (Misset topic : topics) {
            awaitDown(people, topic.found(people));
        }
        String down = people.down();
        String checked = people.execute("check").printed();
        for (Misset topic : topics) {
            assertThat(down).contains(topic.remedy(people));
            assertThat(checked).contains("FAIL  " + topic.found(people), topic.remedy(people));
            people.topics().alterTopic(topic(people, topic.name()), topic.setting(), topic.right());
        }
        awaitUp(people);
    }

    /** The setting of older versions: it is a lower limit, and the latest epoch counts. */
    @Test
    void anEpochThatIsSetBack() throws Exception {
        try (Scenario people = people()) {
            people.stop();
            people.set("olap.epoch", 2).start().awaitLoaded();
            people.awaitInSync();
            people.stop();
            people.postgres("UPDATE person SET name = 'while it was stopped' WHERE id = 1");
            people.set("olap.epoch", 1).start();
            people.postgres("UPDATE person SET name = 'seen' WHERE id > 40");
            people.awaitInSync();
            awaitUp(people);
            assertThat(people.epoch()).isEqualTo(2);
            assertThat(people.execute("check").printed())
                    .contains("ok    initial load: the models are those that have been loaded in epoch 2");
        }
    }

    @Test
    void rowsOfAnEpochThatIsUnknownByNow() throws Exception {
        try (Scenario people = people()) {
            people.stop();
            people.set("olap.epoch", 2).start().awaitLoaded();
            people.awaitInSync();
            people.stop();
            people.set("olap.epoch", 0);
            for (String table : List.of("_epochs", "_loads", "_topics", "_truncates_rows")) {
                people.clickHouseExecute("DROP TABLE IF EXISTS " + table);
            }
            String refused = "The epoch is 0, but ClickHouse has rows of epoch 2";
            assertThat(people.execute("check").printed()).contains(refused);
            Scenario.Ended run = people.execute("run");
            assertThat(run.printed()).contains("FAIL  " + refused, "Run 'olap-sync rebuild --all'");
            assertThat(run.code()).isEqualTo(2);
            assertThat(people.command("rebuild", "--all")).contains("Epoch 3 begins");
            people.start().awaitLoaded();
            people.awaitInSync();
            awaitUp(people);
        }
    }

    /** What was captured before has greater versions than what an epoch that begins with nothing would write. */
    @Test
    void anEmptyClickHouse() throws Exception {
        try (Scenario people = people()) {
            people.command("rebuild", "--all");
            people.awaitLoaded();
            people.awaitInSync();
            people.stop();
            try (Connection clickHouse = people.stack().clickHouse().connect();
                    Statement statement = clickHouse.createStatement()) {
                statement.execute("DROP DATABASE " + people.name());
                statement.execute("CREATE DATABASE " + people.name());
            }
            people.start();
            await("the epoch").until(people::epoch, Integer.valueOf(1)::equals);
            people.awaitLoaded();
            people.awaitInSync();
            awaitUp(people);
        }
    }

    /** By the setting of older versions, in a process that only loads. */
    @Test
    void anEpochThatIsRaisedElsewhere() throws Exception {
        try (Scenario people = people()) {
            Main beside = people.beside("load", Map.of("olap.epoch", "1"));
            try {
                await("the epoch").until(people::epoch, Integer.valueOf(1)::equals);
                people.awaitLoaded();
                people.postgres("UPDATE person SET name = 'seen' WHERE id > 40");
                people.awaitInSync();
                awaitUp(people);
            } finally {
                beside.stop();
            }
        }
    }

    @Test
    void allProcessesFollowTheLatestEpoch() throws Exception {
        try (Scenario people = people()) {
            Main beside = people.beside("enrich", Map.of());
            try {
                people.command("rebuild", "--all");
                people.awaitLoaded();
                for (Main process : List.of(people.camel(), beside)) {
                    await("the epoch of " + process)
                            .until(() -> OlapSync.of(process.getCamelContext()).epoch(), Integer.valueOf(1)::equals);
                }
                people.postgres("UPDATE person SET name = 'seen' WHERE id > 40");
                people.awaitInSync();
                awaitUp(people);
            } finally {
                beside.stop();
            }
        }
    }

    private static void change(Scenario people, AtomicBoolean ended) {
        try (Connection postgres = people.postgres();
                Statement statement = postgres.createStatement()) {
            while (!ended.get()) {
                statement.execute("UPDATE person SET town = 1 + (town + 1) % 5 WHERE id <= 10");
                statement.execute("SELECT pg_sleep(0.02)");
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** One of them waits for the slot. What the other captures until it follows belongs to the epoch before. */
    @Test
    void twoProcessesThatCaptureFollowTheLatestEpoch() throws Exception {
        try (Scenario people = people()) {
            Main beside = people.beside("capture", Map.of());
            AtomicBoolean ended = new AtomicBoolean();
            CompletableFuture<Void> changes = CompletableFuture.runAsync(() -> change(people, ended));
            try {
                for (int epoch = 1; epoch <= 3; epoch++) {
                    people.command("rebuild", "--all");
                    people.awaitLoaded();
                }
                ended.set(true);
                changes.join();
                people.awaitInSync();
                assertThat(people.epoch()).isEqualTo(3);
            } finally {
                ended.set(true);
                changes.join();
                beside.stop();
            }
            awaitUp(people);
        }
    }

    /** A process with other models could leave out rows for which it counts. */
    @Test
    void aChangeOfALaterEpochWaitsUntilTheProcessHasTakenThatEpoch() throws Exception {
        try (Scenario people = people()) {
            people.postgres("UPDATE person SET name = 'seen' WHERE id = 1");
            people.awaitInSync();
            ConsumerRecord<byte[], byte[]> change =
                    people.changes("public.person", "seen").get(0);
            ProducerRecord<byte[], byte[]> later =
                    new ProducerRecord<>(change.topic(), change.partition(), change.key(), change.value());
            change.headers().forEach(header -> later.headers()
                    .add(
                            header.key(),
                            header.key().equals(RecordHeaders.EPOCH) ? new byte[] {0, 0, 0, 3} : header.value()));
            people.publish(List.of(later));
            await("the epoch").until(people::epoch, Integer.valueOf(3)::equals);
            people.awaitLoaded();
            people.awaitInSync();
            awaitUp(people);
            assertThat(people.readDeadLetters()).isEmpty();
        }
    }

    @Test
    void tablesWhoseTopicsDifferInDotsOnly() throws Exception {
        try (Scenario people = Scenario.of("topics", """
                CREATE SCHEMA app; CREATE SCHEMA app_user;
                CREATE TABLE app.user_roles (id int PRIMARY KEY, name text);
                CREATE TABLE app_user.roles (id int PRIMARY KEY, name text);
                """).model("b", "SELECT id, name FROM app_user.roles")) {
            people.postgres("INSERT INTO app.user_roles VALUES (1, 'a')", "INSERT INTO app_user.roles VALUES (1, 'b')");
            people.start().awaitLoaded();
            people.postgres("UPDATE app_user.roles SET name = 'bb'");
            people.awaitInSync();
            people.stop();
            people.model("a", "SELECT id, name FROM app.user_roles").start().awaitLoaded();
            people.postgres("UPDATE app.user_roles SET name = 'aa'", "UPDATE app_user.roles SET name = 'bbb'");
            people.awaitInSync();
            people.stop();
            people.start();
            people.postgres("UPDATE app.user_roles SET name = 'aaa'");
            people.awaitInSync();
            awaitUp(people);
            try (Admin admin = admin(people)) {
                assertThat(admin.listTopics().names().get().stream()
                                .filter(topic -> topic.startsWith(topic(people, "cdc.app"))))
                        .hasSize(2)
                        .contains(topic(people, "cdc.app_user.roles"))
                        .anyMatch(topic -> topic.matches(".*\\.cdc\\.app\\.user_roles_[0-9a-f]{8}"));
            }
        }
    }

    /** The dot in a prefix is one, and topics below another prefix are another's. */
    @Test
    void topicsOfOthersAreNotRead() throws Exception {
        try (Scenario people = people();
                Admin admin = admin(people)) {
            List<String> others = List.of(
                    people.name() + "-cdc.public.person",
                    people.name() + ".cdc.eu.public.person",
                    people.name() + ".olap.eu.inhabitant");
            admin.createTopics(others.stream()
                            .map(topic -> new NewTopic(topic, 1, (short) 1))
                            .toList())
                    .all()
                    .get();
            people.publish(others.stream()
                    .map(topic -> new ProducerRecord<byte[], byte[]>(topic, "other".getBytes()))
                    .toList());
            people.stop();
            people.start();
            people.postgres("UPDATE person SET name = 'mine'");
            await().until(
                            () -> people.clickHouse("SELECT count() FROM inhabitant WHERE name = 'mine'"),
                            List.of("50")::equals);
            assertThat(people.differences()).isEmpty();
            await().during(Duration.ofSeconds(2))
                    .until(() -> people.readDeadLetters().isEmpty());
            for (String other : others) {
                assertThat(people.lag(people.name() + "-enrich", other))
                        .as("not read of " + other)
                        .isEqualTo(1);
            }
            awaitUp(people);
        }
    }

    @Test
    void anotherPipelineWhosePrefixBeginsWithThisOne() throws Exception {
        try (Scenario people = people();
                Scenario other = Scenario.of("topics", SCHEMA).model("person", "SELECT id, name FROM person")) {
            String overlap = "Another pipeline on the broker has the topics " + people.name() + ".cdc.*";
            other.set("olap.topic.changes", people.name() + ".cdc.eu");
            Scenario.Ended run = other.execute("run");
            assertThat(run.printed()).contains("FAIL  " + overlap);
            assertThat(run.code()).isEqualTo(2);
            assertThat(other.execute("check").printed()).contains("FAIL  " + overlap);
            other.start();
            awaitDown(other, overlap);
            awaitUp(people);
        }
    }

    @Test
    void anotherPipelineWithTheSameDatabase() throws Exception {
        try (Scenario people = people();
                Scenario other = Scenario.of("topics", SCHEMA).model("person", "SELECT id, name FROM person")) {
            other.set("clickhouse.database", people.name());
            assertThat(other.execute("run").printed())
                    .contains("FAIL  The ClickHouse database " + people.name()
                            + " has rows that came through the topics of " + people.name() + ".cdc-captured");
            other.start();
            awaitDown(other, "The ClickHouse database");
            await("the models of the first pipeline are left alone")
                    .during(Duration.ofSeconds(5))
                    .until(() -> !people.command("generations", "list").matches("(?s).*(frozen|building|kept).*"));
            awaitUp(people);
        }
    }

    @Test
    void anotherPipelineWithTheSameGroups() throws Exception {
        try (Scenario people = people();
                Scenario other = Scenario.of("topics", SCHEMA).model("person", "SELECT id, name FROM person")) {
            other.start().awaitLoaded();
            other.stop();
            other.set("olap.group", people.name());
            String shared = " also reads ";
            Scenario.Ended run = other.execute("run");
            assertThat(run.printed()).contains("FAIL  The consumer group " + people.name() + "-enrich" + shared);
            assertThat(run.code()).isEqualTo(2);
            assertThat(other.execute("check").printed()).contains("FAIL  The consumer group " + people.name());
            awaitUp(people);
            other.start();
            awaitDown(other, shared);
            awaitDown(people, shared);
            other.stop();
            awaitUp(people);
        }
    }

    /** What one of them has confirmed, the other does not get. */
    @Test
    void anotherPipelineWithTheSameSlot() throws Exception {
        try (Scenario people = people();
                Scenario other = Scenario.of("topics", SCHEMA).model("person", "SELECT id, name FROM person")) {
            String slot = people.settings().postgres().slot();
            other.set("postgres.database", people.name()).set("postgres.slot", slot);
            other.start().awaitLoaded();
            awaitDown(other, "replication slot " + slot + " is in use by process");
            people.postgres("UPDATE person SET name = 'unseen' WHERE id = 1");
            people.awaitQuiet();
            people.stop();
            awaitDown(other, "moved by hand, or by another pipeline");
            other.stop();
        }
    }

    @Test
    void anotherProcessWithOtherModels() throws Exception {
        try (Scenario people = people()) {
            awaitUp(people);
            people.clickHouseExecute(
                    "INSERT INTO _loads (epoch, model, model_select) VALUES (0, 'elsewhere', 'SELECT 1')");
            awaitDown(people, "Another process loads elsewhere, which this one does not have");
        }
    }

    @Test
    void moreDeadLettersThanRowsCanMake() throws Exception {
        try (Scenario people = people()) {
            awaitUp(people);
            people.publish(IntStream.range(0, 1_500)
                    .mapToObj(i -> new ProducerRecord<byte[], byte[]>(people.deadLetters(), "dead letter".getBytes()))
                    .toList());
            awaitDown(people, "1500 dead letters came within a minute");
        }
    }
}

package dev.olapsync.routes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.olapsync.kafka.PolledBatch;
import dev.olapsync.routes.EditingGuide.Block;
import dev.olapsync.scenario.Scenario;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.Exchange;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.spi.CamelEvent.ExchangeCompletedEvent;
import org.apache.camel.support.EventNotifierSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

/** Each example of docs/editing-routes.md does what the page says. */
class EditingRoutesTest {

    private static Scenario school() throws Exception {
        Scenario school = Scenario.example("school", "editing", "student_contact", "student_contact_left");
        school.postgres("INSERT INTO student VALUES (1, 'Dan')", "INSERT INTO contact VALUES (1, 1, '123')");
        return school;
    }

    @Test
    void addAFilter() throws Exception {
        try (Scenario school = school().routesFrom(EditingGuide.routes("Add a filter"))) {
            school.start().awaitLoaded();
            school.postgres("INSERT INTO contact VALUES (2, 1, '456')");
            school.awaitQuiet();
            assertThat(school.clickHouse("SELECT contact_id FROM student_contact ORDER BY ALL"))
                    .containsExactly("1", "2");
            assertThat(school.clickHouse("SELECT contact_id FROM student_contact_left"))
                    .containsExactly("1");
        }
    }

    @Test
    void routeATableElsewhere() throws Exception {
        try (Scenario school = school().routesFrom(EditingGuide.routes("Route a table elsewhere"));
                Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, school.brokers()))) {
            admin.createTopics(List.of(new NewTopic(school.name() + "-copies", 1, (short) 1)))
                    .all()
                    .get();
            school.start().awaitLoaded();
            school.postgres("INSERT INTO contact VALUES (2, 1, '456')");
            school.awaitInSync();
            await().atMost(Duration.ofSeconds(60))
                    .untilAsserted(() -> assertThat(school.read(school.name() + "-copies"))
                            .singleElement()
                            .satisfies(copy -> {
                                assertThat(text(copy.value())).contains("456");
                                assertThat(copy.key())
                                        .isEqualTo(school.read(school.topicOf("student_contact"))
                                                .get(0)
                                                .key());
                            }));
        }
    }

    @Test
    void addAHeader() throws Exception {
        try (Scenario school = school().routesFrom(EditingGuide.routes("Add a header"))) {
            school.start().awaitLoaded();
            school.postgres("INSERT INTO contact VALUES (2, 1, '456')");
            school.awaitInSync();
            List<ConsumerRecord<byte[], byte[]>> changes = school.read(school.name() + ".cdc.");
            assertThat(changes).isNotEmpty().allSatisfy(change -> assertThat(
                            text(change.headers().lastHeader("origin").value()))
                    .isEqualTo("school"));
        }
    }

    @Test
    void changeTheBatching() throws Exception {
        try (Scenario school = school().routesFrom(EditingGuide.routes("Change the batching"))) {
            school.start().awaitLoaded();
            LargestBatch largest = new LargestBatch("load");
            school.camel().getCamelContext().getManagementStrategy().addEventNotifier(largest);
            school.postgres("INSERT INTO contact SELECT 100 + n, 1, n::text FROM generate_series(1, 50) n");
            school.awaitInSync();
            // of the 50 rows; those that are late are in batches of up to eight times two
            assertThat(largest.rows.get()).isBetween(2, 16);
        }
    }

    /** The most records that a route has processed in one exchange. */
    private static final class LargestBatch extends EventNotifierSupport {

        private final String route;
        private final AtomicInteger rows = new AtomicInteger();

        LargestBatch(String route) {
            this.route = route;
        }

        @Override
        public void notify(CamelEvent event) {
            Exchange exchange = ((ExchangeCompletedEvent) event).getExchange();
            if (route.equals(exchange.getFromRouteId())) {
                Exchange polled =
                        (Exchange) exchange.getVariable("batch", List.class).get(0);
                rows.accumulateAndGet(
                        polled.getMessage().getBody(PolledBatch.class).size(), Math::max);
            }
        }

        @Override
        public boolean isEnabled(CamelEvent event) {
            return event instanceof ExchangeCompletedEvent;
        }
    }

    @Test
    void addAModel() throws Exception {
        Block model = EditingGuide.section("Add a model").get(0);
        try (Scenario school = school()) {
            school.start().awaitLoaded();
            school.stop();
            school.model(model.file().getFileName().toString().replace(".sql", ""), model.text());
            school.start().awaitLoaded();
            school.postgres("INSERT INTO contact VALUES (2, 1, '456'), (3, 1, '')");
            school.awaitInSync();
            assertThat(school.clickHouse("SELECT contact_number FROM contact_number ORDER BY ALL"))
                    .containsExactly("123", "456");
        }
    }

    /** All that README says must differ is set, and to something else than by default; such two do not disturb each other. */
    @Test
    void addASecondDatabase() throws Exception {
        Properties crm = new Properties();
        crm.load(new StringReader(
                EditingGuide.section("Add a second database").get(0).text()));
        Properties byDefault = new Properties();
        byDefault.load(new StringReader(Files.readString(Path.of("application.properties"))));
        Matcher sentence = Pattern.compile(
                        "Two pipelines on the same servers need different values for ([^.]+\\.[^\\n]+\\n[^\\n]+)")
                .matcher(Files.readString(Path.of("README.md")));
        assertThat(sentence.find()).isTrue();
        List<String> keys = Pattern.compile("`([a-z.]+)`")
                .matcher(sentence.group(1))
                .results()
                .map(key -> key.group(1))
                .toList();
        assertThat(keys).hasSizeGreaterThan(5).allSatisfy(key -> assertThat(crm.getProperty(key))
                .isNotBlank()
                .isNotEqualTo(byDefault.getProperty(key)));
        try (Scenario school = school();
                Scenario second = school()) {
            school.start().awaitLoaded();
            second.start().awaitLoaded();
            school.postgres("UPDATE student SET name = 'Daniel'");
            second.postgres("UPDATE student SET name = 'Dana'");
            school.awaitInSync();
            second.awaitInSync();
            assertThat(school.clickHouse("SELECT name FROM student_contact")).containsExactly("Daniel");
            assertThat(second.clickHouse("SELECT name FROM student_contact")).containsExactly("Dana");
        }
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}

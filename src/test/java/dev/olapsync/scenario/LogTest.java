package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import java.net.URL;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.camel.health.HealthCheckHelper;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/**
 * A word in each value of each row, and in the passwords, must not come up in the log, whatever goes wrong with the rows: at
 * the levels that we ship, and with our own loggers at DEBUG.
 */
class LogTest {

    private static final String WORD = "PlAnTeD";
    private static final String USER = "log_test";
    private static final String SCHEMA = "CREATE TABLE town (code text PRIMARY KEY, name text);"
            + " CREATE TABLE person (id text PRIMARY KEY, town text, name text, born date, number text, note jsonb, age interval);"
            + " CREATE INDEX ON person (town)";
    /** More than Debezium can read. */
    private static final String HOURS = "2147483999";

    private final Queue<String> lines = new ConcurrentLinkedQueue<>();
    private final Queue<String> warnings = new ConcurrentLinkedQueue<>();
    private final LoggerContext loggers = (LoggerContext) LoggerFactory.getILoggerFactory();

    private final class Lines extends AppenderBase<ILoggingEvent> {

        @Override
        protected void append(ILoggingEvent event) {
            String trace =
                    event.getThrowableProxy() == null ? "" : ThrowableProxyUtil.asString(event.getThrowableProxy());
            if (event.getLevel().isGreaterOrEqual(Level.WARN)) {
                warnings.add(event.getLoggerName() + ": " + event.getFormattedMessage());
            }
            lines.add(event.getLoggerName() + ": " + event.getFormattedMessage() + "\n" + trace
                    + event.getMDCPropertyMap());
        }
    }

    @BeforeEach
    void logAsShipped() throws Exception {
        configure(Path.of("src/main/dist/logback.xml").toUri().toURL());
        loggers.getLogger("dev.olapsync").setLevel(Level.DEBUG);
        Lines appender = new Lines();
        appender.setContext(loggers);
        appender.start();
        loggers.getLogger(Logger.ROOT_LOGGER_NAME).addAppender(appender);
    }

    @AfterEach
    void logAsBefore() throws Exception {
        configure(getClass().getResource("/logback-test.xml"));
    }

    private void configure(URL file) throws Exception {
        loggers.reset();
        JoranConfigurator configurator = new JoranConfigurator();
        configurator.setContext(loggers);
        configurator.doConfigure(file);
    }

    @Test
    void noContentsOfRowsAndNoPasswords() throws Exception {
        try (Scenario people = Scenario.of("log", SCHEMA)) {
            people.stack().clickHouse().password(USER, WORD + "-clickhouse");
            people.set("postgres.password", WORD + "-postgres")
                    .set("clickhouse.user", USER)
                    .set("clickhouse.password", WORD + "-clickhouse")
                    .set("olap.batch.rows", 20);
            people.model(
                    "person_fact",
                    "SELECT p.id, p.name, p.born, p.number::int AS number, p.note, t.name AS town"
                            + " FROM person p LEFT JOIN town t ON t.code = p.town");
            people.postgres(
                    "INSERT INTO town VALUES ('" + WORD + "', '" + WORD + "')",
                    "INSERT INTO person SELECT '" + WORD + "' || i, '" + WORD + "', '" + WORD + "', '2000-01-01', i,"
                            + " '{\"" + WORD + "\": 1}' FROM generate_series(1, 100) i",
                    // a value that ClickHouse cannot hold, and one that Postgres cannot cast
                    "UPDATE person SET born = 'infinity' WHERE id LIKE '%2'",
                    "UPDATE person SET number = '" + WORD + "' WHERE id LIKE '%3'");
            people.start().awaitLoaded();
            changes(people);
            faults(people);
            quoted(people);
            wrongPassword(people);
            people.awaitQuiet();
            assertThat(people.readDeadLetters()).hasSizeGreaterThan(20);
            assertThat(people.clickHouse("SELECT count() > 50 FROM person_fact"))
                    .containsExactly("1");
            unreadable(people);
        }
        assertThat(lines).anyMatch(line -> line.contains("Initial load of person_fact"));
        assertThat(lines)
                .as("lines")
                .noneMatch(line -> line.toLowerCase().contains(WORD.toLowerCase()))
                .noneMatch(line -> line.contains(HOURS));
    }

    @Test
    void aFirstStartWarnsOfNothing() throws Exception {
        try (Scenario first = Scenario.of(
                        "first",
                        "CREATE TABLE \"grün\" (id int PRIMARY KEY, n numeric[], g int[], i interval[], p point[],"
                                + " m money[], t timetz DEFAULT '12:00:00+00:19:32', v varbit(3) NOT NULL DEFAULT B'1', note text)")
                .model("green", "SELECT id, note FROM \"grün\"")) {
            first.postgres("INSERT INTO \"grün\" (id) VALUES (1)");
            first.start().awaitLoaded();
            first.postgres(
                    "UPDATE \"grün\" SET n = '{NaN,1.5}', g = '{{1,2},{3,4}}', i = '{1 day}', p = '{\"(1,2)\"}', m = '{1}'",
                    "INSERT INTO \"grün\" (id, t) VALUES (2, '24:00:00+00')");
            first.awaitInSync();
            assertThat(warnings).isEmpty();
        }
    }

    private static void changes(Scenario people) throws Exception {
        people.postgres("UPDATE town SET name = name || '.'");
        people.postgres("UPDATE person SET name = name || '.' WHERE id LIKE '%5'");
        people.postgres("UPDATE person SET number = '" + WORD + "' WHERE id LIKE '%6'");
        people.postgres("UPDATE person SET born = '4000-01-01' WHERE id LIKE '%7'");
        people.postgres("UPDATE person SET id = id || 'x' WHERE id LIKE '%8'");
        people.postgres("DELETE FROM person WHERE id LIKE '%9'");
        people.postgres("TRUNCATE town");
        people.awaitQuiet();
    }

    /** What ClickHouse refuses, and what is no change and no row at all. */
    private void faults(Scenario people) throws Exception {
        people.clickHouseExecute("ALTER TABLE person_fact_rows ADD CONSTRAINT short CHECK length(name) < 20");
        people.postgres("UPDATE person SET name = repeat('" + WORD + "', 10) WHERE id LIKE '%1'");
        people.deliverRow(
                "person_fact", "{\"id\":\"" + WORD + "\",\"number\":\"" + WORD + "\",\"_version\":5,\"_deleted\":0}");
        people.deliverRow("person_fact", "{\"" + WORD);
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(
                Map.of(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, people.brokers()),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
            String changes = people.name() + ".cdc.public.person";
            for (String garbage : List.of(WORD, "{\"op\":\"u\",\"source\":{},\"after\":{\"id\":\"" + WORD + "\"}}")) {
                producer.send(new ProducerRecord<>(changes, garbage.getBytes())).get();
            }
        }
        people.awaitQuiet();
    }

    /** What ClickHouse quotes with an error that is not known to be one of rows. */
    private static void quoted(Scenario people) throws Exception {
        people.clickHouseExecute(
                "ALTER TABLE person_fact_rows ADD CONSTRAINT time CHECK parseTimeDelta(assumeNotNull(name)) > 0");
        people.postgres("UPDATE person SET name = '" + WORD + "' WHERE id LIKE '%1'");
        await().until(() -> health(people).contains("Code: 36."));
        assertThat(health(people)).doesNotContain(WORD);
        people.clickHouseExecute("ALTER TABLE person_fact_rows DROP CONSTRAINT time");
        people.awaitQuiet();
    }

    private static void unreadable(Scenario people) throws Exception {
        people.postgres("UPDATE person SET age = '" + HOURS + " hours' WHERE id LIKE '%1'");
        people.awaitQuiet();
    }

    private static void wrongPassword(Scenario people) throws Exception {
        people.stack().clickHouse().password(USER, "another");
        people.postgres("UPDATE person SET name = '" + WORD + "' WHERE id LIKE '%1'");
        await().until(() -> health(people).contains("uthentication"));
        assertThat(health(people)).doesNotContain(WORD);
        people.stack().clickHouse().password(USER, WORD + "-clickhouse");
    }

    private static String health(Scenario people) {
        StringBuilder health = new StringBuilder();
        HealthCheckHelper.invoke(people.camel().getCamelContext())
                .forEach(result -> health.append(result.getMessage().orElse("")).append(result.getDetails()));
        return health.toString();
    }
}

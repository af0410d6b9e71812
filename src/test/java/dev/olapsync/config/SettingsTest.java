package dev.olapsync.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.olapsync.config.Settings.LoadSource;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {

    /** As in {@code camel transform route}, which keeps the placeholders. */
    @Test
    void aPlaceholderThatIsKeptIsNoValue() throws Exception {
        try (CamelContext context = new DefaultCamelContext()) {
            context.getPropertiesComponent().setIgnoreMissingProperty(true);
            assertThat(Settings.of(context)).isEqualTo(Settings.of(key -> null));
        }
    }

    @Test
    void theSourceOfTheInitialLoadIsOneOfTwo() {
        assertThat(Settings.of(Map.<String, String>of()::get).olap().loadSource())
                .isEqualTo(LoadSource.COPY);
        assertThat(Settings.of(Map.of("olap.load.source", "copy")::get).olap().loadSource())
                .isEqualTo(LoadSource.COPY);
        assertThat(Settings.of(Map.of("olap.load.source", " snapshot")::get)
                        .olap()
                        .loadSource())
                .isEqualTo(LoadSource.SNAPSHOT);
        assertThatThrownBy(() -> Settings.of(Map.of("olap.load.source", "debezium")::get))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("olap.load.source must be copy or snapshot, not 'debezium'");
    }

    /** Closing a consumer waits for its last fetch, which the broker would hold back for half a second. */
    @Test
    void theLastFetchOfAReaderIsNotHeldBack() {
        assertThat(Settings.of(Map.<String, String>of()::get).kafka().reader(Map.of()))
                .containsEntry("fetch.max.wait.ms", 10);
    }

    @Test
    void aServiceLinkOfKubernetesIsNoValue() {
        assertThat(SettingsSources.isServiceLink("tcp://10.96.0.17:5432")).isTrue();
        assertThat(SettingsSources.isServiceLink("5432")).isFalse();
        assertThat(SettingsSources.isServiceLink("http://clickhouse:8123")).isFalse();
    }

    @Test
    void theFileIsUtf8WithoutAByteOrderMark(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("application.properties");
        Files.writeString(file, "olap.models=größe\n");
        assertThat(Settings.load(file).olap().models()).hasToString("größe");
        Files.writeString(file, "\uFEFFolap.models=größe\n");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Settings.load(file))
                .withMessageContaining("byte order mark");
        Files.write(file, "olap.models=größe\n".getBytes(StandardCharsets.ISO_8859_1));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Settings.load(file))
                .withMessageContaining("not UTF-8");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a+b", "100%", "a/b", "what?"})
    void aDatabaseThatTheSnapshotCannotConnectTo(String name) {
        assertThat(Settings.of(Map.of("postgres.database", name)::get)
                        .postgres()
                        .database())
                .isEqualTo(name);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Settings.of(Map.of("postgres.database", name, "olap.load.source", "snapshot")::get))
                .withMessageContaining("Set olap.load.source to copy");
    }

    @ParameterizedTest
    @CsvSource({"x, x.rows", "x.changes, x", "x, x"})
    void prefixesOfTopicsThatBeginWithEachOther(String changes, String rows) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Settings.of(Map.of("olap.topic.changes", changes, "olap.topic.rows", rows)::get))
                .withMessageContaining("olap.topic.changes is " + changes + " and olap.topic.rows is " + rows);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "cdc*", "a b", "größe"})
    void prefixesThatNoTopicCanHave(String prefix) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Settings.of(Map.of("olap.topic.rows", prefix)::get))
                .withMessageContaining("olap.topic.rows must be");
    }

    @Test
    void severalServersOfClickHouse() {
        Settings.ClickHouse clickHouse = Settings.of(
                        Map.of(
                                "clickhouse.url",
                                "http://a:8123, http://b:8123/path",
                                "clickhouse.cluster",
                                " my cluster ")::get)
                .clickHouse();
        assertThat(clickHouse.urls()).containsExactly("http://a:8123", "http://b:8123/path");
        assertThat(clickHouse.cluster()).isEqualTo("my cluster");
        assertThat(clickHouse.at("http://b:8123").urls()).containsExactly("http://b:8123");
        assertThat(Settings.of(key -> null).clickHouse().cluster()).isEmpty();
    }

    @Test
    void prefixesThatOnlyLookAlike() {
        assertThat(Settings.of(Map.of("olap.topic.changes", "x", "olap.topic.rows", "x-rows")::get)
                        .olap()
                        .rowsTopic())
                .isEqualTo("x-rows");
    }

    @Test
    void everyKeyOfTheReadmeIsKnownAndHasADefaultThatHolds() throws Exception {
        Matcher row = Pattern.compile(
                        "(?m)^\\| `((?:postgres|kafka|clickhouse|olap)\\.[a-z.]+)` \\| `[A-Z_]+` \\| (?:`([^`]*)`)?")
                .matcher(Files.readString(Path.of("README.md")));
        Map<String, String> defaults = new HashMap<>();
        while (row.find()) {
            assertThat(KnownKeys.all()).contains(row.group(1));
            if (row.group(2) != null) {
                defaults.put(row.group(1), row.group(2));
            }
        }
        assertThat(defaults).hasSizeGreaterThan(25);
        Settings.of(defaults::get);
    }

    /** key | value | what the message says of it. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "postgres.host            | ''                | postgres.host must be a text that is not empty",
                "olap.timezone            | Berlin            | olap.timezone must be the name of a time zone, such as UTC or Europe/Berlin, not 'Berlin'",
                "olap.timezone            | SystemV/AST4      | olap.timezone must be the name of a time zone",
                "postgres.port            | 0                 | postgres.port must be a whole number, 1 to 65535, not '0'",
                "postgres.port            | 70000             | postgres.port must be a whole number, 1 to 65535",
                "postgres.port            | 5432;             | postgres.port must be a whole number, 1 to 65535",
                "postgres.database        | ' '               | postgres.database must be a text that is not empty",
                "postgres.user            | ''                | postgres.user must be a text that is not empty",
                "postgres.slot            | ''                | postgres.slot must be a text that is not empty",
                "postgres.publication     | ''                | postgres.publication must be a name of 1 to 63 characters",
                "postgres.sslmode         | on                | postgres.sslmode must be disable, allow, prefer, require, verify-ca or verify-full, not 'on'",
                "postgres.sslrootcert     | no/such/file      | postgres.sslrootcert must be a file that can be read",
                "postgres.password.file   | no/such/file      | postgres.password.file: no/such/file cannot be read",
                "postgres.hots            | db                | There is no key postgres.hots (in FILE). Is postgres.host meant?",
                "postgres.passwort        | secret            | Is postgres.password meant?",
                "kafka.brokers            | ''                | kafka.brokers must be a text that is not empty",
                "kafka.broker             | a:9092            | Is kafka.brokers meant?",
                "kafka.security.protocol  | TLS               | kafka.security.protocol must be PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL, not 'TLS'",
                "kafka.ssl.truststore     | no/such/file      | kafka.ssl.truststore must be a file that can be read",
                "clickhouse.url           | ''                | clickhouse.url must be a text that is not empty",
                "clickhouse.database      | ''                | clickhouse.database must be a text that is not empty",
                "clickhouse.sslrootcert   | no/such/file      | clickhouse.sslrootcert must be a file that can be read",
                "clickhouse.url           | http://a:8123,b:8123 | clickhouse.url: address 2 of 2, 'b:8123', is no URL of ClickHouse's HTTP interface",
                "clickhouse.url           | http://a:8123,    | clickhouse.url: address 2 of 2, '', is no URL",
                "clickhouse.url           | http://a:8123,https://b:8443 | clickhouse.url: address 2 of 2, 'https://b:8443', is https, and the first one is http",
                "clickhouse.url           | http://a:8123, http://a:8123 | clickhouse.url: address 2 of 2, 'http://a:8123', is there twice",
                "clickhouse.url           | http://u:secret@a:8123,http://b | clickhouse.url: address 1 of 2, 'http://...@a:8123', is no URL",
                "clickhouse.clusters      | one               | Is clickhouse.cluster meant?",
                "clickhouse.uri           | http://h:8123     | Is clickhouse.url meant?",
                "olap.models              | ''                | olap.models must be a folder",
                "olap.model               | models/shop       | There is no key olap.model (in FILE). Is olap.models meant?",
                "olap.something.else      | 1                 | There is no key olap.something.else (in FILE). README.md lists the keys.",
                "olap.epoch               | -1                | olap.epoch must be a whole number, 0 to 65535, not '-1'",
                "olap.epoch               | 65536             | olap.epoch must be a whole number, 0 to 65535",
                "olap.batch.rows          | 0                 | olap.batch.rows must be a whole number, 1 or more, not '0'",
                "olap.batch.rows          | 5e3               | olap.batch.rows must be a whole number",
                "olap.batch.bytes         | 16 MB             | olap.batch.bytes must be a whole number",
                "olap.batch.bytes         | 3000000000        | olap.batch.bytes must be a whole number",
                "olap.batch.millis        | -5                | olap.batch.millis must be a whole number, 1 to 600000, not '-5' (in FILE)",
                "olap.load.source         | debezium          | olap.load.source must be copy or snapshot, not 'debezium'",
                "olap.load.threads        | 9                 | olap.load.threads must be a whole number, 1 to 4",
                "olap.topic.partitions    | 0                 | olap.topic.partitions must be a whole number, 1 to 10000",
                "olap.topic.retention.millis | -2             | olap.topic.retention.millis must be a whole number, 1 or more, or -1 for no limit",
                "olap.topic.refresh.millis | fast             | olap.topic.refresh.millis must be a whole number",
                "olap.topic.changes       | cdc*              | olap.topic.changes must be 1 to 100 of the characters",
                "olap.topic.rows          | cdc               | olap.topic.changes is cdc and olap.topic.rows is cdc: one begins with the other",
                "olap.group               | ''                | olap.group must be a text that is not empty",
                "olap.status.port         | 99999             | olap.status.port must be a whole number, 0 to 65535",
                "olap.verify.continuous   | yes               | olap.verify.continuous must be true or false, not 'yes'",
                "olap.verify.rows.per.second | 0              | olap.verify.rows.per.second must be a whole number, 1 or more",
                "olap.verify.pause.seconds | -1               | olap.verify.pause.seconds must be a whole number, 0 or more"
            })
    void whatCannotBeIsRefusedWithItsKeyAndItsSource(String key, String value, String message, @TempDir Path folder)
            throws Exception {
        Path file = Files.writeString(folder.resolve("application.properties"), key + "=" + value + "\n");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Settings.load(file))
                .withMessageContaining(message.replace("FILE", file.toString()));
    }

    @Test
    void theSourceOfAWrongValueCanBeASystemProperty(@TempDir Path folder) {
        System.setProperty("olap.status.port", "99999");
        try {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Settings.load(folder.resolve("application.properties")))
                    .withMessageContaining("not '99999' (from the system property)");
        } finally {
            System.clearProperty("olap.status.port");
        }
    }
}

package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.olapsync.devstack.Certificate;
import dev.olapsync.devstack.DevStack;
import dev.olapsync.devstack.KafkaServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * TLS to all three systems, a login to the broker, certificates of the client for Postgres and the broker; who has another
 * certificate or another name is refused.
 */
class TlsTest {

    private static Path folder;
    private static Certificate certificate;
    private static DevStack stack;

    @BeforeAll
    static void start() throws Exception {
        folder = Files.createTempDirectory(Files.createDirectories(Path.of("target", "devstack")), "tls");
        certificate = Certificate.create(folder.resolve("certificate"));
        stack = DevStack.builder()
                .dataDir(folder.resolve("data"))
                .fsync(false)
                .shortLived()
                .certificate(certificate)
                .start();
    }

    @AfterAll
    static void stop() {
        stack.discard();
    }

    private static Scenario school() throws Exception {
        Scenario school = Scenario.of(
                stack,
                "tls",
                Files.readString(Path.of("examples/school/schema.sql")),
                Path.of("models/school/student_contact.sql"));
        school.postgres("INSERT INTO student VALUES (1, 'Dan')", "INSERT INTO contact VALUES (1, 1, '123')");
        String role = school.name();
        school.postgres("CREATE ROLE " + role + " SUPERUSER LOGIN");
        firstRules(
                school, "hostssl all " + role + " all trust clientcert=verify-ca\nhost all " + role + " all reject\n");
        return school.set("postgres.user", role)
                .set("postgres.sslmode", "verify-full")
                .set("postgres.sslrootcert", certificate.root())
                .set("postgres.sslcert", certificate.root())
                .set("postgres.sslkey", certificate.keyDer())
                .set("kafka.ssl.keystore", certificate.keyAndCertificate())
                .set("kafka.brokers", stack.kafka().secureBootstrap())
                .set("kafka.security.protocol", "SASL_SSL")
                .set("kafka.user", KafkaServer.SECURE_USER)
                .set("kafka.password", KafkaServer.SECURE_PASSWORD)
                .set("kafka.ssl.truststore", certificate.root())
                .set("clickhouse.url", stack.clickHouse().secureUrl())
                .set("clickhouse.sslrootcert", certificate.root());
    }

    /** Who may come to Postgres, before all that is said there already. */
    private static void firstRules(Scenario school, String rules) throws Exception {
        try (Connection postgres = school.postgres();
                Statement statement = postgres.createStatement();
                ResultSet file = statement.executeQuery("SHOW hba_file")) {
            file.next();
            Path path = Path.of(file.getString(1));
            Files.writeString(path, rules + Files.readString(path));
        }
        school.postgres("SELECT pg_reload_conf()");
    }

    @Test
    void everythingOverTls() throws Exception {
        try (Scenario school = school()) {
            assertThat(school.command("check")).doesNotContain("FAIL");
            school.start().awaitLoaded();
            school.postgres("UPDATE student SET name = 'Daniel'");
            school.awaitInSync();
            assertThat(school.clickHouse("SELECT name FROM student_contact")).containsExactly("Daniel");
            try (Connection postgres = school.postgres();
                    Statement statement = postgres.createStatement();
                    ResultSet row = statement.executeQuery(
                            "SELECT bool_and(s.client_dn = '/CN=localhost'), count(*) FILTER (WHERE a.backend_type = 'walsender')"
                                    + " FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid)"
                                    + " WHERE a.datname = current_database() AND a.usename = current_database()")) {
                row.next();
                assertThat(row.getBoolean(1)).isTrue();
                assertThat(row.getInt(2)).isEqualTo(1);
            }
            assertThat(school.command("dlq", "list")).contains("0 dead letters");
            assertThat(school.command("verify")).contains("0 differences");
        }
    }

    @Test
    void whoIsNotWhoHeShouldBeIsRefused() throws Exception {
        try (Scenario school = school()) {
            Certificate stranger = Certificate.create(folder.resolve("other"));
            Path other = stranger.root();
            school.set("postgres.sslrootcert", other);
            assertThatThrownBy(() -> school.command("check"))
                    .hasMessageContaining("FAIL")
                    .hasMessageContaining("Postgres");
            school.set("postgres.sslrootcert", certificate.root())
                    .set("postgres.sslcert", other)
                    .set("postgres.sslkey", stranger.keyDer());
            assertThatThrownBy(() -> school.command("check"))
                    .hasMessageContaining("FAIL")
                    .hasMessageContaining("Postgres");
            school.set("postgres.sslcert", certificate.root())
                    .set("postgres.sslkey", certificate.keyDer())
                    .set("postgres.host", "127.0.0.1");
            assertThatThrownBy(() -> school.command("check")).hasMessageContaining("127.0.0.1");
            school.set("postgres.host", "localhost").set("kafka.ssl.truststore", other);
            assertThatThrownBy(() -> school.command("check")).hasMessageContaining("kafka.security.protocol=SASL_SSL");
            school.set("kafka.ssl.truststore", certificate.root())
                    .set("kafka.ssl.keystore", stranger.keyAndCertificate());
            assertThatThrownBy(() -> school.command("check")).hasMessageContaining("kafka.security.protocol=SASL_SSL");
            school.set("kafka.ssl.keystore", certificate.keyAndCertificate()).set("kafka.password", "wrong");
            assertThatThrownBy(() -> school.command("check")).hasMessageContaining("kafka.security.protocol=SASL_SSL");
            school.set("kafka.password", KafkaServer.SECURE_PASSWORD).set("clickhouse.sslrootcert", other);
            assertThatThrownBy(() -> school.command("check"))
                    .hasMessageContaining("FAIL")
                    .hasMessageContaining("ClickHouse at https");
            school.set("clickhouse.sslrootcert", certificate.root());
            assertThat(school.command("check")).doesNotContain("FAIL");
        }
    }
}

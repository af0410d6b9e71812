package dev.olapsync.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.olapsync.devstack.Certificate;
import dev.olapsync.devstack.DevStack;
import dev.olapsync.devstack.KafkaServer;
import dev.olapsync.devstack.Service;
import dev.olapsync.scenario.Scenario;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The projects that {@code camel export} makes, on a broker that requires TLS and a login: each runtime has its own way to
 * configure Kafka's clients. {@code mvn -Pconformance verify} runs it.
 */
@EnabledIfSystemProperty(named = "conformance.all", matches = "true")
class ExportIT {

    @TempDir
    private static Path folder;

    private static Certificate certificate;
    private static DevStack stack;

    @BeforeAll
    static void start() throws Exception {
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

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.MATCH_ALL, names = "EXPORT_.*")
    void usesTheSecurityOfTheBroker(Runtime runtime) throws Exception {
        try (Scenario school = Scenario.of(
                stack,
                "export",
                Files.readString(Path.of("examples/school/schema.sql")),
                Path.of("models/school/student_contact.sql"))) {
            school.set("kafka.brokers", stack.kafka().secureBootstrap())
                    .set("kafka.security.protocol", "SASL_SSL")
                    .set("kafka.user", KafkaServer.SECURE_USER)
                    .set("kafka.password", KafkaServer.SECURE_PASSWORD)
                    .set("kafka.ssl.keystore", certificate.keyAndCertificate())
                    .set("kafka.ssl.truststore", certificate.root());
            school.postgres("INSERT INTO student VALUES (1, 'Dan')", "INSERT INTO contact VALUES (1, 1, '123')");
            List<Service> processes = runtime.processes(school);
            try {
                processes.forEach(Service::start);
                school.awaitLoaded();
                school.postgres("UPDATE student SET name = 'Daniel'");
                school.awaitInSync();
                assertThat(school.clickHouse("SELECT name FROM student_contact"))
                        .containsExactly("Daniel");
            } finally {
                processes.forEach(Service::close);
            }
        }
    }
}

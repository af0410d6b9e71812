package dev.olapsync.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.olapsync.config.Settings;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Without any configuration everything has the value that stands in application.properties. */
class DefaultsTest {

    private static final Path FILE = Path.of("application.properties");
    /** Not those with a question mark, which may be missing. */
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{([^?:}]+)(:([^}]*))?}}");

    private static Properties properties() throws Exception {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(FILE)) {
            properties.load(reader);
        }
        return properties;
    }

    @Test
    void ofTheProgram() throws Exception {
        Properties properties = properties();
        assertThat(Settings.of(key -> null)).isEqualTo(Settings.of(properties::getProperty));
    }

    @Test
    void ofTheRoutes() throws Exception {
        Properties properties = properties();
        List<String> wrong = new ArrayList<>();
        try (var routes = Files.newDirectoryStream(Path.of("routes"))) {
            for (Path file : routes) {
                Matcher placeholder = PLACEHOLDER.matcher(Files.readString(file));
                while (placeholder.find()) {
                    String expected = properties.getProperty(placeholder.group(1), placeholder.group(3));
                    if (expected == null || !expected.equals(placeholder.group(3))) {
                        wrong.add(file + ": " + placeholder.group() + " instead of " + expected);
                    }
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    /** What the Camel CLI fetches is what this project builds. */
    @Test
    void versionForTheCamelCli() throws Exception {
        assertThat(properties().getProperty("camel.jbang.dependencies").split(","))
                .contains(
                        "mvn:dev.olapsync:olap-sync:"
                                + inPom("<artifactId>olap-sync</artifactId>\\s*<version>([^<]+)</version>"),
                        "mvn:org.apache.kafka:kafka-clients:" + inPom("<kafka.version>([^<]+)</kafka.version>"));
    }

    /** An exported project has the Debezium that this project is built with. */
    @Test
    void versionsForQuarkus() throws Exception {
        String debezium = inPom("<debezium.version>([^<]+)</debezium.version>");
        assertThat(properties().getProperty("camel.jbang.dependencies.quarkus").split(","))
                .isNotEmpty()
                .allSatisfy(dependency ->
                        assertThat(dependency).startsWith("mvn:io.debezium:").endsWith(":" + debezium));
    }

    private static String inPom(String pattern) throws IOException {
        Matcher found = Pattern.compile(pattern).matcher(Files.readString(Path.of("pom.xml")));
        assertThat(found.find()).as(pattern).isTrue();
        return found.group(1);
    }
}

package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import picocli.CommandLine;

/**
 * Each command line in README and docs/. Commands of olap-sync, psql and curl are run on a scenario; of commands that
 * build, or that run until they are stopped, everything that they name must exist. The rest is in {@link #ELSEWHERE}.
 */
class DocumentedCommandsTest {

    private static final List<String> FILES = List.of(
            "README.md",
            "CONTRIBUTING.md",
            "SECURITY.md",
            "deploy/README.md",
            "examples/dbt/README.md",
            "examples/grafana/README.md",
            "examples/superset/README.md");

    private static final Pattern COMMAND = Pattern.compile(
            "((\\S*/)?(olap-sync|run|dbt|pip)|[A-Z_]+=\\S+|mvn|psql|curl|camel|docker|podman|kubectl|oc|helm|export"
                    + "|python3|java|ssh|rpk|kafka-\\w+\\.sh|grafana|superset) .*");

    private static final Pattern WORD = Pattern.compile("(?:\"[^\"]*\"|'[^']*'|[^\\s\"'])+");

    /** Commands that are not run here: what runs them, or why nothing does. By their first words. */
    private static final Map<String, String> ELSEWHERE = elsewhere();

    private static Map<String, String> elsewhere() {
        Map<String, String> elsewhere = new LinkedHashMap<>();
        elsewhere.put(
                "docker compose", "needs Docker; ComposeIT runs the pipeline and the statements of docker-compose.yml");
        elsewhere.put("podman build", "needs a container engine; ContainerfileIT reads the file");
        elsewhere.put("kubectl apply -k", "needs a cluster; ManifestsTest builds the overlays");
        elsewhere.put("kubectl", "needs a cluster");
        elsewhere.put("helm", "needs a cluster; HelmTest renders the chart");
        elsewhere.put("mvn -f shop-sync", "ExportIT");
        elsewhere.put("sed -i '/<dependency>/", "ExportIT");
        elsewhere.put("java -jar shop-sync", "ExportIT");
        elsewhere.put("export", "sets the environment of the commands behind it, see DefaultsTest");
        elsewhere.put("python3 -m venv", "DbtTest");
        elsewhere.put(".venv/bin", "DbtTest");
        elsewhere.put("grafana", "needs Grafana; DashboardsTest reads the files");
        elsewhere.put("python3 -m zipfile", "DashboardsTest reads the files");
        elsewhere.put("superset", "needs Superset; DashboardsTest reads the files");
        elsewhere.put("camel export", "ExportIT");
        elsewhere.put("camel", "CamelCliIT and ConformanceIT");
        elsewhere.put("rpk", "needs Redpanda; EditingRoutesTest creates the topic");
        elsewhere.put("kafka-topics.sh", "needs Kafka's scripts; EditingRoutesTest creates the topic");
        elsewhere.put("src/test/guards/run", "takes hours");
        return elsewhere;
    }

    private static Scenario shop;

    @BeforeAll
    static void start() throws Exception {
        shop = Scenario.example("shop", "commands", "dim_customer", "dim_product", "order_fact", "order_item_fact");
        shop.postgres(Files.readString(Path.of("examples/shop/data.sql")));
        shop.start().awaitLoaded();
    }

    @AfterAll
    static void stop() throws Exception {
        shop.close();
    }

    /** On the rows that the commands have changed, or before. */
    @Test
    void theQuestionsOfTheDashboardsHaveAnswers() throws Exception {
        shop.awaitQuiet();
        DashboardFiles.assertAnswered(shop, "shop");
        try (Connection postgres = shop.postgres();
                ResultSet revenue = postgres.createStatement()
                        .executeQuery("SELECT sum(quantity * unit_price) FROM order_items i"
                                + " JOIN orders o ON o.id = i.order_id WHERE o.status != 'cancelled'")) {
            revenue.next();
            for (String by : List.of("country_and_category", "day", "week", "month")) {
                String question = DashboardFiles.questions("shop").get("revenue_by_" + by);
                assertThat(new BigDecimal(shop.clickHouse("SELECT toString(sum(revenue)) FROM (" + question + ")")
                                .get(0)))
                        .as(by)
                        .isEqualByComparingTo(revenue.getBigDecimal(1));
            }
        }
    }

    /** In the order in which a reader runs them. */
    @TestFactory
    Stream<DynamicTest> commands() throws IOException {
        List<Path> files = new ArrayList<>(FILES.stream().map(Path::of).toList());
        try (Stream<Path> docs = Files.list(Path.of("docs"))) {
            docs.filter(file -> file.toString().endsWith(".md")).sorted().forEach(files::add);
        }
        List<DynamicTest> tests = new ArrayList<>();
        for (Path file : files) {
            for (String command : commands(file)) {
                tests.add(DynamicTest.dynamicTest(file + ": " + command, () -> run(command)));
            }
        }
        assertThat(tests).hasSizeGreaterThan(50);
        return tests.stream();
    }

    /** Lines of code blocks, indented or fenced, without comments. */
    private static List<String> commands(Path file) throws IOException {
        List<String> commands = new ArrayList<>();
        boolean fenced = false;
        for (String line : Files.readString(file).replaceAll("\\\\\n\\s*", "").split("\n")) {
            if (line.startsWith("```")) {
                fenced = !fenced;
            } else if (fenced || line.startsWith("    ")) {
                String command = line.strip().replaceFirst("\\s+# .*", "");
                if (COMMAND.matcher(command + " ").matches()) {
                    commands.add(command);
                }
            }
        }
        return commands;
    }

    private static List<String> words(String command) {
        return WORD.matcher(command)
                .results()
                .map(word -> word.group().replaceAll("^([\"'])(.*)\\1$", "$2"))
                .collect(Collectors.toCollection(ArrayList::new));
    }

    private static void run(String command) throws Exception {
        List<String> words = words(command);
        while (words.get(0).matches("[A-Z_]+=.*")) {
            words.remove(0);
        }
        String program = words.remove(0);
        if (program.endsWith("olap-sync")) {
            olapSync(words);
        } else if (program.equals("mvn") && !words.get(0).equals("-f")) {
            maven(words);
        } else if (program.equals("psql")) {
            psql(words);
        } else if (program.equals("curl")) {
            assertThat(shop.clickHouse(words.get(words.indexOf("--data") + 1))).isNotEmpty();
        } else {
            assertThat(ELSEWHERE.keySet()).anyMatch(command::startsWith);
        }
    }

    private static void olapSync(List<String> words) throws Exception {
        CommandLine line = dev.olapsync.cli.Main.commandLine();
        line.parseArgs(words.toArray(String[]::new));
        if (words.get(0).equals("run")) {
            // until it is stopped: the tests of the distribution do
            return;
        }
        shop.awaitQuiet();
        Scenario.Ended ended = shop.execute(words.toArray(String[]::new));
        assertThat(ended.printed()).doesNotContain("\tat ");
        // the models, keys and dead letters that others name may not exist here
        if (List.of("check", "verify").contains(words.get(0))) {
            assertThat(ended.code()).as(ended.printed()).isZero();
        }
    }

    private static void maven(List<String> words) throws IOException {
        String pom = Files.readString(Path.of("pom.xml"));
        for (String word : words) {
            if (word.startsWith("-P")) {
                assertThat(pom).contains("<id>" + word.substring(2) + "</id>");
            } else if (word.startsWith("-Dtest=")) {
                assertThat(all(Path.of("src/test/java"))).contains(word.substring("-Dtest=".length()) + ".java");
            } else if (word.startsWith("-D")) {
                String property = word.substring(2).replaceFirst("=.*", "");
                String prefix = property.replaceFirst("\\.\\w+$", ".");
                assertThat(sources())
                        .as(property)
                        .anyMatch(source -> source.contains("\"" + property + "\"")
                                || source.contains("${" + property + "}")
                                || source.contains("<" + property)
                                || (!prefix.equals(property) && source.contains("\"" + prefix + "\"")));
            } else {
                assertThat(word).isIn("verify", "test", "package", "install", "test-compile");
            }
        }
    }

    private static List<String> sources() throws IOException {
        List<String> sources = new ArrayList<>(List.of(Files.readString(Path.of("pom.xml"))));
        for (String folder : List.of("src/test/java", "src/testkit/java", "bench/src")) {
            try (Stream<Path> files = Files.walk(Path.of(folder))) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    sources.add(Files.readString(file));
                }
            }
        }
        // a property of Maven itself
        sources.add("\"skipTests\"");
        return sources;
    }

    private static Collection<String> all(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    private static void psql(List<String> words) throws Exception {
        for (int i = 0; i + 1 < words.size(); i++) {
            if (words.get(i).equals("-f")) {
                assertThat(Path.of(words.get(i + 1))).isRegularFile();
            } else if (words.get(i).equals("-c")) {
                shop.postgres(words.get(i + 1));
                shop.awaitQuiet();
            }
        }
    }
}

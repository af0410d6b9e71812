package dev.olapsync.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.olapsync.routes.RouteModel;
import dev.olapsync.routes.RouteProblems;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Kaoto opens each file, the text fields of every node are edited in its form, and what Kaoto saves means the same and
 * runs.
 * {@code mvn -Pkaoto verify} runs it, because it needs Kaoto's own code, from npm, and Chromium.
 */
@EnabledIfSystemProperty(named = "kaoto", matches = "true", disabledReason = "mvn -Pkaoto verify runs it")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class KaotoIT {

    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
    private static final Path SAVED = Path.of("target", "kaoto", "saved").toAbsolutePath();
    private static final String DESCRIPTION = "#.description";
    private static final String TEMPLATE = "/spec/template";
    private static final Path SHOTS = Path.of("target", "kaoto", "shots");

    private static KaotoEditor kaoto;

    @BeforeAll
    static void start() throws Exception {
        kaoto = new KaotoEditor();
    }

    @AfterAll
    static void stop() {
        kaoto.close();
    }

    private static List<Path> files(String folder) throws IOException {
        try (Stream<Path> files = Files.list(Path.of(folder))) {
            return files.filter(file -> file.toString().matches(".*\\.(camel|kamelet|pipe)\\.yaml"))
                    .sorted()
                    .toList();
        }
    }

    static List<Path> routes() throws IOException {
        return files("routes");
    }

    static List<Path> kamelets() throws IOException {
        return files("kamelets");
    }

    static List<Path> pipes() throws IOException {
        return files("examples/kamelets");
    }

    /** Ids of the steps that got another description, each with that. */
    private final Map<String, String> described = new HashMap<>();

    private String edited(Path file) throws Exception {
        kaoto.open(file);
        kaoto.screenshot(SHOTS.resolve(file.getFileName() + ".png"));
        // those of a Pipe are the names of its Kamelets
        if (!pipes().contains(file)) {
            assertThat(kaoto.cutLabels()).isEmpty();
        }
        for (String node : kaoto.nodes()) {
            kaoto.select(node);
            if (kaoto.fields().contains(DESCRIPTION)) {
                String description = "Edited " + described.size();
                described.put(kaoto.fields().contains("#.id") ? kaoto.value("#.id") : node, description);
                kaoto.enter(DESCRIPTION, description);
                KaotoEditor.soon(node).until(() -> kaoto.saved().contains(description));
            }
            kaoto.show("Modified");
            for (String field : kaoto.fields()) {
                // with the key of an entry the name of its field changes
                if (!field.endsWith("__key")) {
                    kaoto.touch(field);
                }
            }
        }
        String saved = kaoto.saved();
        Path copy = SAVED.resolve(file);
        Files.createDirectories(copy.getParent());
        Files.writeString(copy, saved);
        return saved;
    }

    private static List<String> ids(JsonNode routes) {
        return new ArrayList<>(routes.findValuesAsText("id"));
    }

    private static void sameButDescriptions(String before, String after) throws Exception {
        assertThat(RouteProblems.problems(after)).isEmpty();
        assertThat(RouteModel.differences(RouteModel.ofYaml(before), RouteModel.ofYaml(after)))
                .filteredOn(difference -> !difference.contains(" / description: "))
                .isEmpty();
    }

    @ParameterizedTest
    @MethodSource
    void routes(Path file) throws Exception {
        String before = Files.readString(file);
        String after = edited(file);
        sameButDescriptions(before, after);
        assertThat(described.keySet()).containsExactlyInAnyOrderElementsOf(ids(YAML.readTree(before)));
    }

    @ParameterizedTest
    @MethodSource
    void kamelets(Path file) throws Exception {
        JsonNode before = YAML.readTree(Files.readString(file));
        JsonNode after = YAML.readTree(edited(file));
        assertThat(RouteProblems.problems(RouteProblems.template(after))).isEmpty();
        sameButDescriptions(route(before), route(after));
        assertThat(described.keySet())
                .containsAll(ids(before.at(TEMPLATE)))
                .hasSize(ids(before.at(TEMPLATE)).size() + 1);
        assertThat(rest(after)).isEqualTo(rest(before));
    }

    private static String route(JsonNode kamelet) throws IOException {
        ArrayNode routes = YAML.createArrayNode();
        routes.addObject().set("from", kamelet.at(TEMPLATE).get("from"));
        return YAML.writeValueAsString(routes);
    }

    /** All of it but the route, and the description, which is one of the fields that were edited. */
    private static JsonNode rest(JsonNode kamelet) {
        ObjectNode rest = kamelet.deepCopy();
        ((ObjectNode) rest.at(TEMPLATE)).remove("from");
        ((ObjectNode) rest.at("/spec/definition")).remove("description");
        // texts in the template, whether they are quoted or not
        rest.findParents("default").forEach(parameter -> ((ObjectNode) parameter)
                .put("default", parameter.get("default").asText()));
        return rest;
    }

    @ParameterizedTest
    @MethodSource
    void pipes(Path file) throws Exception {
        ObjectNode after = (ObjectNode) YAML.readTree(edited(file));
        ObjectNode metadata = (ObjectNode) after.get("metadata");
        if (metadata.path("labels").isEmpty()) {
            metadata.remove("labels");
        }
        assertThat(after).isEqualTo(YAML.readTree(Files.readString(file)));
    }

    /** From the catalog that the build makes. */
    @Test
    void kaotoHasFormsAndIconsOfOurs() throws Exception {
        kaoto.open(Path.of("routes", "capture.camel.yaml"));
        kaoto.select("capture|route.from");
        assertThat(kaoto.title()).isEqualTo("Postgres Change Data Capture");
        assertThat(kaoto.value("#.parameters.name")).isEqualTo("olap-sync");
        for (Path file : kamelets()) {
            JsonNode kamelet = YAML.readTree(Files.readString(file));
            String name = kamelet.at("/metadata/name").asText();
            kaoto.open(Files.writeString(
                    Files.createDirectories(SAVED.resolve("pipes")).resolve(name + ".pipe.yaml"), """
                    apiVersion: camel.apache.org/v1
                    kind: Pipe
                    metadata:
                      name: ours
                    spec:
                      steps:
                        - ref:
                            apiVersion: camel.apache.org/v1
                            kind: Kamelet
                            name: %s
                    """.formatted(name)));
            kaoto.select("ours|steps.0");
            assertThat(kaoto.title())
                    .isEqualTo(kamelet.at("/spec/definition/title").asText());
            assertThat(kaoto.icon("ours|steps.0")).isEqualTo(icon(kamelet));
        }
    }

    private static String icon(JsonNode kamelet) {
        return kamelet.at("/metadata/annotations")
                .get("camel.apache.org/kamelet.icon")
                .asText();
    }

    @Test
    @Order(Integer.MAX_VALUE)
    void whatKaotoSavedRuns() throws Exception {
        Outcome routes = Story.SCHOOL.play(scenario -> List.of(scenario.programs()
                .process("--routes-from", SAVED.resolve("routes").toString())));
        assertThat(routes.tables()).isNotEmpty();
        Outcome pipes = Story.SCHOOL.play(scenario -> List.of(
                scenario.programs().camelCliOfPipes(SAVED, "--local-kamelet-dir=" + SAVED.resolve("kamelets"))));
        assertThat(pipes.differences(routes)).isEmpty();
    }
}

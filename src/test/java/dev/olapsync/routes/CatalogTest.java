package dev.olapsync.routes;

import static dev.olapsync.routes.RouteProblems.problems;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Camel's tools understand the files: the YAML DSL's schema, the catalog, and the form in which Kaoto saves. */
class CatalogTest {

    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

    private static final String ICON = "data:image/svg+xml;base64,";
    private static final int LONGEST_LABEL = 18;

    /** The routes, and what they become by the examples of the editing guide. */
    static List<Path> files() throws IOException {
        List<Path> files = new ArrayList<>(list(Path.of("routes")));
        for (String example :
                List.of("Add a filter", "Route a table elsewhere", "Add a header", "Change the batching")) {
            files.addAll(list(EditingGuide.routes(example)));
        }
        return files;
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void valid(Path file) throws IOException {
        assertThat(problems(Files.readString(file))).isEmpty();
    }

    /**
     * A tool such as Kaoto reads a file as a tree and writes the tree: what is no part of it, a comment or an anchor, is gone.
     * (Camel's own writer, of 4.17, leaves out descriptions and error handlers, and is no measure.)
     */
    @ParameterizedTest
    @MethodSource("files")
    void nothingIsLostWhenAToolSaves(Path file) throws Exception {
        String yaml = Files.readString(file);
        assertThat(yaml.lines()).noneMatch(line -> line.matches("(.*\\s)?#\\s.*|.*:\\s+[&*]\\w+\\s*"));
        String saved = YAML.writeValueAsString(YAML.readTree(yaml));
        assertThat(YAML.readTree(saved)).isEqualTo(YAML.readTree(yaml));
        assertThat(RouteModel.differences(RouteModel.ofYaml(yaml), RouteModel.ofYaml(saved)))
                .isEmpty();
    }

    static List<Path> kamelets() throws IOException {
        return list(Path.of("kamelets")).stream()
                .filter(file -> file.toString().endsWith(".kamelet.yaml"))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("kamelets")
    void validKamelet(Path file) throws IOException {
        assertThat(problems(RouteProblems.template(YAML.readTree(Files.readString(file)))))
                .isEmpty();
    }

    @ParameterizedTest
    @MethodSource("kamelets")
    void hasAnIcon(Path file) throws Exception {
        String icon = YAML.readTree(Files.readString(file))
                .at("/metadata/annotations")
                .path("camel.apache.org/kamelet.icon")
                .asText();
        assertThat(icon).startsWith(ICON);
        byte[] svg = Base64.getDecoder().decode(icon.substring(ICON.length()));
        assertThat(DocumentBuilderFactory.newInstance()
                        .newDocumentBuilder()
                        .parse(new ByteArrayInputStream(svg))
                        .getDocumentElement()
                        .getTagName())
                .isEqualTo("svg");
    }

    /** Kaoto shows the description below a node, as far as there is room; the sentence is in the note. */
    @ParameterizedTest
    @MethodSource({"files", "kamelets"})
    void eachNodeHasALabelThatKaotoDoesNotCut(Path file) throws IOException {
        JsonNode yaml = YAML.readTree(Files.readString(file));
        assertThat(yaml.findParents("id"))
                .filteredOn(node -> !node.has("from"))
                .isNotEmpty()
                .allSatisfy(node -> assertThat(node.path("description").asText())
                        .as("%s", node.get("id"))
                        .isNotBlank()
                        .hasSizeLessThanOrEqualTo(LONGEST_LABEL));
    }

    @Test
    void aWrongWordIsFound() throws IOException {
        String load = Files.readString(Path.of("routes/load.camel.yaml"));
        assertThat(problems(load.replace("stopOnException:", "stopOnExeption:")))
                .singleElement()
                .asString()
                .contains("stopOnExeption");
        assertThat(problems(load.replace("maxPollRecords:", "maxPolRecords:")))
                .singleElement()
                .asString()
                .contains("maxPolRecords");
        assertThat(problems(load.replace("batching: true", "batching: perhaps")))
                .singleElement()
                .asString()
                .contains("batching", "perhaps");
        assertThat(problems(load.replace("            id: to-row-batches\n", "")))
                .singleElement()
                .asString()
                .contains("process without id");
        String capture = Files.readString(Path.of("routes/capture.camel.yaml"));
        assertThat(problems(capture.replace("slotName:", "slot:")))
                .singleElement()
                .asString()
                .contains("slot");
        assertThat(problems(capture.replace("slotName:", "databasePassword: p\n        slotName:")))
                .singleElement()
                .asString()
                .contains("a password");
    }

    /** What Camel itself shows of our component, for example to Kaoto and to the Camel CLI. */
    @Test
    void camelFindsTheEntryOfOurComponent() throws Exception {
        try (DefaultCamelContext context = new DefaultCamelContext()) {
            String entry = context.getComponentParameterJsonSchema("postgres-cdc");
            JsonNode options = new ObjectMapper().readTree(entry).get("properties");
            assertThat(options.at("/snapshotMode/defaultValue").asText()).isEqualTo("no_data");
            assertThat(options.at("/slotName/description").asText()).isNotBlank();
            assertThat(options.at("/databasePassword/secret").asBoolean()).isTrue();
        }
    }
}

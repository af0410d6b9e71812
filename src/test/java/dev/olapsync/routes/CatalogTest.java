package dev.olapsync.routes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.networknt.schema.ValidationMessage;
import dev.olapsync.capture.PostgresCdcComponent;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import java.util.stream.Stream;
import org.apache.camel.catalog.CamelCatalog;
import org.apache.camel.catalog.DefaultCamelCatalog;
import org.apache.camel.catalog.EndpointValidationResult;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Camel's tools understand the files: the YAML DSL's schema, the catalog, and the form in which Kaoto saves. */
class CatalogTest {

    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
    private static final String ENTRY = "/META-INF/dev/olapsync/capture/postgres-cdc.json";

    private static final JsonSchema SCHEMA = schema();
    private static final CamelCatalog CATALOG = catalog();

    private static JsonSchema schema() {
        try (InputStream schema = CatalogTest.class.getResourceAsStream("/schema/camelYamlDsl.json")) {
            return JsonSchemaFactory.getInstance(VersionFlag.V4).getSchema(schema);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static CamelCatalog catalog() {
        CamelCatalog catalog = new DefaultCamelCatalog();
        try (InputStream entry = CatalogTest.class.getResourceAsStream(ENTRY)) {
            catalog.addComponent(
                    "postgres-cdc",
                    PostgresCdcComponent.class.getName(),
                    new String(entry.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return catalog;
    }

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

    /** What is wrong with a file of routes; empty when nothing is. */
    private static List<String> problems(String yaml) throws IOException {
        return problems(YAML.readTree(yaml));
    }

    private static List<String> problems(JsonNode routes) {
        List<String> problems = new ArrayList<>();
        SCHEMA.validate(routes).stream().map(ValidationMessage::getMessage).forEach(problems::add);
        routes.findValues("route").forEach(route -> {
            if (!route.hasNonNull("id") || !route.hasNonNull("description")) {
                problems.add("a route without id or description: " + route.path("id"));
            }
        });
        routes.findParents("uri").forEach(endpoint -> problems.addAll(endpoint(endpoint)));
        routes.findValues("steps")
                .forEach(steps -> steps.forEach(step -> step.properties().forEach(kind -> {
                    if (!kind.getValue().hasNonNull("id")) {
                        problems.add("a " + kind.getKey() + " without id");
                    }
                })));
        routes.findValues("expression").stream()
                .filter(JsonNode::isObject)
                .forEach(expression -> expression.properties().forEach(language -> {
                    if (!language.getValue().isObject()) {
                        problems.add("not in canonical form: expression " + expression);
                    }
                }));
        return problems;
    }

    private static Set<Map.Entry<String, JsonNode>> options(JsonNode endpoint) {
        return endpoint.path("parameters").properties();
    }

    private static List<String> endpoint(JsonNode endpoint) {
        String uri = endpoint.get("uri").asText();
        if (!endpoint.hasNonNull("id")) {
            return List.of("an endpoint without id: " + uri);
        }
        if (uri.contains("?")) {
            return List.of("not in canonical form, options in the uri: " + uri);
        }
        if (options(endpoint).stream().anyMatch(option -> option.getKey().contains("assword"))) {
            return List.of("a password in an endpoint, whose uri tools print: " + uri);
        }
        StringJoiner options = new StringJoiner("&", "?", "");
        options(endpoint)
                .forEach(option ->
                        options.add(option.getKey() + "=" + option.getValue().asText()));
        EndpointValidationResult result = CATALOG.validateEndpointProperties(uri + options);
        return result.isSuccess() ? List.of() : List.of(uri + ": " + result.summaryErrorMessage(false));
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

    /** Its template is a route, and beans. */
    @ParameterizedTest
    @MethodSource("kamelets")
    void validKamelet(Path file) throws IOException {
        JsonNode template = YAML.readTree(Files.readString(file)).at("/spec/template");
        ArrayNode routes = YAML.createArrayNode();
        routes.addObject().set("beans", template.get("beans"));
        routes.addObject().set("from", template.get("from"));
        assertThat(problems(routes)).isEmpty();
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

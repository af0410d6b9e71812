package dev.olapsync.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.networknt.schema.ValidationMessage;
import dev.olapsync.routes.Page;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The manifests in deploy/ and kamelets/, as far as they can be checked without a cluster. */
class ManifestsTest {

    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
    /** Camel K has it since 2.10, the newest schemas in Maven Central are of 2.4. */
    private static final String SINCE_2_10 = "runtimeProvider";

    private static JsonNode yaml(Path file) throws IOException {
        return YAML.readTree(Files.readString(file));
    }

    private static List<Path> files(Path folder, String end) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(end)).sorted().toList();
        }
    }

    @Test
    void inStepWithRoutesModelsAndConfiguration() throws Exception {
        for (Map.Entry<Path, String> made : Manifests.all().entrySet()) {
            assertThat(made.getKey()).as("mvn -Pmanifests makes it anew").content().isEqualTo(made.getValue());
        }
    }

    @ParameterizedTest
    @EnumSource
    void flowsAreTheRoutes(Page page) throws Exception {
        ArrayNode routes = YAML.createArrayNode();
        for (String file : Page.files(List.of(page))) {
            yaml(Path.of("routes", file)).forEach(routes::add);
        }
        assertThat(yaml(Manifests.DEPLOY.resolve("camel-k/operator-built/" + page + ".yaml")).at("/spec/flows"))
                .isEqualTo(routes);
    }

    static List<Path> camelKResources() throws IOException {
        List<Path> resources = new ArrayList<>(files(Path.of("kamelets"), ".kamelet.yaml"));
        resources.addAll(files(Path.of("examples/kamelets"), ".pipe.yaml"));
        for (Page page : Page.values()) {
            resources.add(Manifests.DEPLOY.resolve("camel-k/image/" + page + ".yaml"));
            resources.add(Manifests.DEPLOY.resolve("camel-k/operator-built/" + page + ".yaml"));
        }
        return resources;
    }

    /** Nothing that the schema does not know either: a cluster would drop it in silence. */
    private static List<String> problems(JsonNode resource) throws IOException {
        String schemas = "/camel.apache.org_" + resource.get("kind").asText().toLowerCase() + "s.yaml";
        try (InputStream definition = ManifestsTest.class.getResourceAsStream(schemas)) {
            JsonNode schema = YAML.readTree(definition).at("/spec/versions/0/schema/openAPIV3Schema");
            close(schema);
            JsonSchema closed = JsonSchemaFactory.getInstance(VersionFlag.V4).getSchema(schema);
            return closed.validate(resource).stream().map(ValidationMessage::getMessage)
                    .filter(message -> !message.contains(SINCE_2_10)).toList();
        }
    }

    private static void close(JsonNode schema) {
        schema.forEach(ManifestsTest::close);
        if (schema instanceof ObjectNode node
                && node.path("properties").isObject() && node.path("type").asText().equals("object")
                && !node.has("x-kubernetes-preserve-unknown-fields") && !node.has("additionalProperties")
                && !node.at("/properties/metadata/properties").isObject()) {
            node.put("additionalProperties", false);
        }
    }

    @ParameterizedTest
    @MethodSource("camelKResources")
    void asCamelKHasThem(Path file) throws Exception {
        assertThat(problems(yaml(file))).isEmpty();
    }

    @Test
    void aWrongWordIsFound() throws Exception {
        String load = Files.readString(Manifests.DEPLOY.resolve("camel-k/image/load.yaml"));
        for (String[] words : new String[][] {
            {"rollingUpdateMaxSurge", "maxSurge"}, {"replicas: 2", "replicas: two"}, {"workingDir:", "workDir:"}}) {
            assertThat(problems(YAML.readTree(load.replace(words[0], words[1])))).singleElement().asString()
                    .contains(words[1].replaceAll(":.*", ""));
        }
    }

    /** What a Kamelet's user sees: each parameter has a title, a description, a type and an example. */
    @Test
    void parametersOfKameletsAreDescribed() throws Exception {
        for (Path file : files(Path.of("kamelets"), ".kamelet.yaml")) {
            JsonNode definition = yaml(file).at("/spec/definition");
            assertThat(definition.path("title").asText()).isNotBlank();
            assertThat(definition.path("description").asText()).isNotBlank();
            definition.get("properties").fields().forEachRemaining(parameter -> {
                for (String word : List.of("title", "description", "type", "example")) {
                    assertThat(parameter.getValue().path(word).asText())
                            .as(file + " " + parameter.getKey() + " " + word).isNotBlank();
                }
                if (parameter.getKey().toLowerCase().contains("password")) {
                    assertThat(parameter.getValue().path("format").asText()).isEqualTo("password");
                    assertThat(parameter.getValue().path("x-descriptors").toString()).contains("urn:camel:group:credentials");
                }
            });
        }
    }

    @ParameterizedTest
    @EnumSource
    void oneCapturesAndTheOthersScale(Page page) throws Exception {
        JsonNode deployment = yaml(Manifests.DEPLOY.resolve("kubernetes/" + page + ".yaml"));
        JsonNode integration = yaml(Manifests.DEPLOY.resolve("camel-k/image/" + page + ".yaml"));
        boolean one = page == Page.CAPTURE;
        assertThat(deployment.at("/spec/replicas").asInt()).isEqualTo(one ? 1 : 2);
        assertThat(deployment.at("/spec/strategy/type").asText()).isEqualTo(one ? "Recreate" : "RollingUpdate");
        assertThat(integration.at("/spec/replicas").asInt()).isEqualTo(one ? 1 : 2);
        assertThat(integration.at("/spec/traits/deployment/strategy").asText()).isEqualTo(one ? "Recreate" : "RollingUpdate");
        // one pod, whoever makes it
        ObjectNode pod = integration.at("/spec/template/spec").deepCopy();
        ((ObjectNode) pod.at("/containers/0")).put("name", "pipeline");
        ObjectNode deployed = deployment.at("/spec/template/spec").deepCopy();
        ((ObjectNode) deployed.at("/containers/0")).remove("image");
        assertThat(pod).isEqualTo(deployed);
        assertThat(deployment.at("/spec/template/metadata/labels")).isEqualTo(deployment.at("/spec/selector/matchLabels"));
    }

    /** kubectl kustomize finds all that it needs, and what the pods refer to is there. */
    @Test
    void everythingThatIsReferredToExists() throws Exception {
        List<Path> kustomizations = new ArrayList<>(files(Manifests.DEPLOY, "kustomization.yaml"));
        kustomizations.add(Path.of("kamelets", "kustomization.yaml"));
        assertThat(kustomizations).hasSizeGreaterThan(7);
        for (Path kustomization : kustomizations) {
            Path folder = kustomization.getParent();
            List<String> names = new ArrayList<>();
            yaml(kustomization).path("resources").forEach(resource -> names.add(resource.asText()));
            yaml(kustomization).findValues("path").stream().map(JsonNode::asText)
                    .filter(path -> !path.startsWith("/")).forEach(names::add);
            for (String name : names) {
                Path file = folder.resolve(name);
                assertThat(Files.isDirectory(file) ? file.resolve("kustomization.yaml") : file).exists();
            }
            for (Path beside : list(folder)) {
                if (beside.toString().endsWith(".yaml") && !beside.endsWith("kustomization.yaml")) {
                    assertThat(names).as(kustomization.toString()).contains(beside.getFileName().toString());
                }
            }
        }
        List<String> there = new ArrayList<>();
        for (Path file : files(Manifests.DEPLOY.resolve("base"), ".yaml")) {
            there.add(yaml(file).at("/metadata/name").asText());
        }
        for (Path file : Manifests.all().keySet()) {
            JsonNode resource = yaml(file);
            List.of("configMapRef", "configMap", "secretKeyRef").forEach(kind -> resource.findValues(kind).forEach(
                    reference -> assertThat(there).contains(reference.get("name").asText())));
            resource.findValues("secretKeyRef").forEach(reference ->
                    assertThat(secretKeys()).contains(reference.get("key").asText()));
        }
    }

    @Test
    void theEnvironmentHasKeysOfTheConfiguration() throws Exception {
        String configuration = Files.readString(Path.of("application.properties"));
        for (Path file : files(Manifests.DEPLOY, "environment.yaml")) {
            yaml(file).get("data").fieldNames().forEachRemaining(variable ->
                    assertThat(configuration).contains("\n" + variable.toLowerCase().replace('_', '.') + "="));
        }
    }

    private static List<String> secretKeys() {
        try {
            List<String> keys = new ArrayList<>();
            yaml(Manifests.DEPLOY.resolve("base/secret.yaml")).get("stringData").fieldNames().forEachRemaining(keys::add);
            return keys;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }
}

package dev.olapsync.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.networknt.schema.ValidationMessage;
import dev.olapsync.routes.RouteFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The manifests in deploy/ and kamelets/, as far as they can be checked without a cluster. */
class ManifestsTest {

    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
    /** Camel K 2.10 has them; the newest schemas in Maven Central are of 2.4. */
    private static final Pattern SINCE_2_10 = Pattern.compile("'(ports|startupPort|livenessPort|readinessPort)'");

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
            assertThat(made.getKey())
                    .as("mvn -Pmanifests recreates it")
                    .content()
                    .isEqualTo(made.getValue());
        }
    }

    static List<Path> camelKResources() throws IOException {
        List<Path> resources = new ArrayList<>(files(Path.of("kamelets"), ".kamelet.yaml"));
        resources.addAll(files(Path.of("examples/kamelets"), ".pipe.yaml"));
        for (RouteFile page : RouteFile.values()) {
            resources.add(Manifests.CAMEL_K.resolve(page + ".yaml"));
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
            return closed.validate(resource).stream()
                    .map(ValidationMessage::getMessage)
                    .filter(message -> !SINCE_2_10.matcher(message).find())
                    .toList();
        }
    }

    private static void close(JsonNode schema) {
        schema.forEach(ManifestsTest::close);
        if (schema instanceof ObjectNode node
                && node.path("properties").isObject()
                && node.path("type").asText().equals("object")
                && !node.has("x-kubernetes-preserve-unknown-fields")
                && !node.has("additionalProperties")
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
        String load = Files.readString(Manifests.CAMEL_K.resolve("load.yaml"));
        for (String[] words : new String[][] {
            {"rollingUpdateMaxSurge", "maxSurge"}, {"replicas: 2", "replicas: two"}, {"hotReload:", "hotreload:"}
        }) {
            assertThat(problems(YAML.readTree(load.replace(words[0], words[1]))))
                    .singleElement()
                    .asString()
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
            definition.get("properties").properties().forEach(parameter -> {
                for (String word : List.of("title", "description", "type", "example")) {
                    assertThat(parameter.getValue().path(word).asText())
                            .as(file + " " + parameter.getKey() + " " + word)
                            .isNotBlank();
                }
                if (parameter.getKey().toLowerCase().contains("password")) {
                    assertThat(parameter.getValue().path("format").asText()).isEqualTo("password");
                    assertThat(parameter.getValue().path("x-descriptors").toString())
                            .contains("urn:camel:group:credentials");
                }
            });
        }
    }

    @ParameterizedTest
    @EnumSource
    void oneCapturesAndTheOthersScale(RouteFile page) throws Exception {
        JsonNode deployment = yaml(Manifests.KUBERNETES.resolve(page + ".yaml"));
        JsonNode integration = yaml(Manifests.CAMEL_K.resolve(page + ".yaml"));
        boolean one = page == RouteFile.CAPTURE;
        assertThat(deployment.at("/spec/replicas").asInt()).isEqualTo(one ? 1 : 2);
        assertThat(deployment.at("/spec/strategy/type").asText()).isEqualTo(one ? "Recreate" : "RollingUpdate");
        assertThat(integration.at("/spec/replicas").asInt()).isEqualTo(one ? 1 : 2);
        assertThat(integration.at("/spec/traits/deployment/strategy").asText())
                .isEqualTo(one ? "Recreate" : "RollingUpdate");
        assertThat(deployment.at("/spec/template/metadata/labels"))
                .isEqualTo(deployment.at("/spec/selector/matchLabels"));
    }

    /** The same resources, probes and image in both variants. */
    @ParameterizedTest
    @EnumSource
    void anIntegrationGetsThePodThatADeploymentHas(RouteFile page) throws Exception {
        JsonNode container = yaml(Manifests.KUBERNETES.resolve(page + ".yaml")).at("/spec/template/spec/containers/0");
        JsonNode traits = yaml(Manifests.CAMEL_K.resolve(page + ".yaml")).at("/spec/traits");
        assertThat(traits.at("/container/image")).isEqualTo(container.get("image"));
        assertThat(traits.at("/container/requestMemory")).isEqualTo(container.at("/resources/requests/memory"));
        assertThat(traits.at("/container/limitMemory")).isEqualTo(container.at("/resources/limits/memory"));
        assertThat(traits.at("/container/requestCPU")).isEqualTo(container.at("/resources/requests/cpu"));
        assertThat(traits.at("/container/limitCPU")).isEqualTo(container.at("/resources/limits/cpu"));
        for (String probe : List.of("startup", "liveness", "readiness")) {
            JsonNode expected = container.get(probe + "Probe");
            JsonNode actual = traits.get("health");
            assertThat(actual.get(probe + "Probe")).isEqualTo(expected.at("/httpGet/path"));
            assertThat(actual.get(probe + "Period")).isEqualTo(expected.get("periodSeconds"));
            assertThat(actual.get(probe + "Timeout")).isEqualTo(expected.get("timeoutSeconds"));
            assertThat(actual.path(probe + "FailureThreshold")).isEqualTo(expected.path("failureThreshold"));
        }
    }

    /** A file that is added to routes/ or models/shop/ is in the ConfigMaps of the Deployments, too. */
    @Test
    void theConfigMapsHoldAllFiles() throws Exception {
        List<String> files = new ArrayList<>();
        yaml(Manifests.KUBERNETES.resolve("kustomization.yaml"))
                .get("configMapGenerator")
                .forEach(generator -> generator.path("files").forEach(file -> files.add(file.asText())));
        assertThat(files)
                .containsExactlyElementsOf(
                        Manifests.copied().stream().map(Path::toString).toList());
    }

    static List<Path> overlays() throws IOException {
        List<Path> overlays = new ArrayList<>(files(Manifests.DEPLOY, "kustomization.yaml").stream()
                .map(Path::getParent)
                .filter(folder -> folder.getParent().endsWith("overlays"))
                .toList());
        overlays.add(Path.of("kamelets"));
        return overlays;
    }

    /** What kubectl apply -k sends: complete, in one namespace, each resource as the cluster's API has it. */
    @ParameterizedTest
    @MethodSource("overlays")
    void kustomizeBuilds(Path overlay) throws Exception {
        List<JsonNode> resources = GoTool.KUSTOMIZE.resources("build", overlay.toString());
        assertComplete(resources, "Secret olap-sync");
        assertThat(resources.stream()
                        .filter(resource -> !resource.get("kind").asText().equals("Namespace"))
                        .map(resource -> resource.at("/metadata/namespace").asText())
                        .distinct())
                .hasSize(1);
    }

    /**
     * Each resource is valid, and what it refers to is there.
     *
     * @param existing kinds and names of what a user has created
     */
    static void assertComplete(Collection<JsonNode> resources, String... existing) throws IOException {
        assertThat(resources).isNotEmpty();
        Set<String> names = new HashSet<>(Set.of(existing));
        resources.forEach(resource -> names.add(name(resource)));
        for (JsonNode resource : resources) {
            assertThat(
                            resource.get("apiVersion").asText().startsWith("camel.apache.org")
                                    ? problems(resource)
                                    : KubernetesSchemas.problems(resource))
                    .as(name(resource))
                    .isEmpty();
            resource.findValues("configMapRef").forEach(of -> assertThat(names)
                    .contains("ConfigMap " + of.get("name").asText()));
            resource.findValues("configMap").forEach(of -> assertThat(names)
                    .contains("ConfigMap " + of.get("name").asText()));
            resource.findValues("secretName").forEach(of -> assertThat(names).contains("Secret " + of.asText()));
            resource.findValues("serviceAccountName")
                    .forEach(of -> assertThat(names).contains("ServiceAccount " + of.asText()));
        }
    }

    static String name(JsonNode resource) {
        return resource.get("kind").asText() + " "
                + resource.at("/metadata/name").asText();
    }

    @Test
    void aWrongWordInADeploymentIsFound() throws Exception {
        String load = Files.readString(Manifests.KUBERNETES.resolve("load.yaml"));
        for (String[] words : new String[][] {
            {"enableServiceLinks", "enableServicelinks"},
            {"seccompProfile", "secCompProfile"},
            {"workingDir:", "workDir:"}
        }) {
            assertThat(KubernetesSchemas.problems(YAML.readTree(load.replace(words[0], words[1]))))
                    .singleElement()
                    .asString()
                    .contains(words[1].replaceAll(":.*", ""));
        }
    }

    @Test
    void theEnvironmentHasKeysOfTheConfiguration() throws Exception {
        String configuration = Files.readString(Path.of("application.properties"));
        List<String> names = new ArrayList<>();
        for (Path file : files(Manifests.DEPLOY, "environment.yaml")) {
            yaml(file).get("data").fieldNames().forEachRemaining(names::add);
        }
        Files.readAllLines(Manifests.KUBERNETES.resolve("environment.env")).stream()
                .filter(line -> !line.startsWith("#"))
                .forEach(line -> names.add(line.substring(0, line.indexOf('='))));
        assertThat(names).isNotEmpty().allSatisfy(name -> assertThat(configuration)
                .contains("\n" + name.toLowerCase(Locale.ROOT).replace('_', '.') + "="));
    }
}

package dev.olapsync.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.olapsync.routes.RouteFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The Helm chart, as the real helm reads it. ManifestsTest compares its files with what is derived. */
class HelmTest {

    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
    private static final String CHART = HelmChart.FOLDER.toString();
    private static final String DIGEST = "sha256:" + "0123456789abcdef".repeat(4);

    /** Each value other than its default. */
    private static final String[] OTHER_VALUES = {
        "--set", "image.repository=registry.example/olap-sync,image.digest=" + DIGEST,
        "--set", "environment.POSTGRES_HOST=pg.example,environment.OLAP_BATCH_BYTES=33554432",
        "--set", "environment.OLAP_VERIFY_CONTINUOUS=true,environment.JAVA_OPTS=-Xmx700m",
        "--set", "secret=passwords,modelsConfigMap=my-models,enrich.replicas=3,load.replicas=4",
        "--set", "resources.limits.memory=2Gi,pod.nodeSelector.disk=ssd,pod.imagePullSecrets[0].name=pull",
        "--set", "networkPolicy=false,podDisruptionBudget=false,podMonitor=true,prometheusRule=true"
    };

    @TempDir
    private Path folder;

    /** By kind and name. */
    private static Map<String, JsonNode> template(String chart, String release, String... options) throws Exception {
        return byName(GoTool.HELM.resources(command(List.of("template", release, chart), options)));
    }

    private static String[] command(List<String> words, String... options) {
        return Stream.concat(words.stream(), Stream.of(options)).toArray(String[]::new);
    }

    private static Map<String, JsonNode> byName(List<JsonNode> resources) {
        Map<String, JsonNode> byName = new TreeMap<>();
        for (JsonNode resource : resources) {
            byName.put(ManifestsTest.name(resource), resource);
        }
        return byName;
    }

    private static JsonNode deployment(Map<String, JsonNode> resources, RouteFile page) {
        return resources.get("Deployment olap-sync-" + page);
    }

    @Test
    void withItsDefaultsItIsTheBase() throws Exception {
        List<JsonNode> base = new ArrayList<>();
        for (JsonNode resource : GoTool.KUSTOMIZE.resources("build", Manifests.KUBERNETES.toString())) {
            // kustomize adds a hash to the names of ConfigMaps
            base.add(YAML.readTree(resource.toString()
                    .replaceAll("(olap-sync-(config|routes|models|environment))-\\w{10}\"", "$1\"")));
        }
        Map<String, JsonNode> chart = template(CHART, "olap-sync");
        chart.values().forEach(HelmTest::withoutMarksOfHelm);
        assertThat(chart).isEqualTo(byName(base));
    }

    private static void withoutMarksOfHelm(JsonNode node) {
        node.forEach(HelmTest::withoutMarksOfHelm);
        if (node instanceof ObjectNode object) {
            object.remove("app.kubernetes.io/instance");
            if (object.path("annotations").has("checksum/config")) {
                object.remove("annotations");
            }
        }
    }

    @Test
    void helmHasNoComplaints() throws Exception {
        for (String[] options : new String[][] {{}, OTHER_VALUES}) {
            GoTool.Ended lint = GoTool.HELM.run(command(List.of("lint", "--strict", CHART), options));
            assertThat(lint.code()).as(lint.printed()).isZero();
        }
    }

    @Test
    void valuesReachTheResources() throws Exception {
        Map<String, JsonNode> resources = template(CHART, "olap-sync", OTHER_VALUES);
        assertThat(resources).containsKeys("PodMonitor olap-sync", "PrometheusRule olap-sync");
        // Kubernetes itself has no schema of these
        resources
                .values()
                .removeIf(resource -> resource.get("apiVersion").asText().startsWith("monitoring.coreos.com"));
        ManifestsTest.assertComplete(resources.values(), "Secret passwords", "ConfigMap my-models");
        assertThat(resources)
                .doesNotContainKeys(
                        "NetworkPolicy olap-sync", "PodDisruptionBudget olap-sync-load", "ConfigMap olap-sync-models");
        JsonNode environment = resources.get("ConfigMap olap-sync-environment").get("data");
        assertThat(environment.get("POSTGRES_HOST")).hasToString("\"pg.example\"");
        assertThat(environment.get("POSTGRES_PORT")).hasToString("\"5432\"");
        assertThat(environment.get("OLAP_BATCH_BYTES")).hasToString("\"33554432\"");
        assertThat(environment.get("OLAP_VERIFY_CONTINUOUS")).hasToString("\"true\"");
        assertThat(environment.get("JAVA_OPTS")).hasToString("\"-Xmx700m\"");
        assertThat(deployment(resources, RouteFile.CAPTURE).at("/spec/replicas").asInt())
                .isEqualTo(1);
        assertThat(deployment(resources, RouteFile.ENRICH).at("/spec/replicas").asInt())
                .isEqualTo(3);
        assertThat(deployment(resources, RouteFile.LOAD).at("/spec/replicas").asInt())
                .isEqualTo(4);
        JsonNode pod = deployment(resources, RouteFile.LOAD).at("/spec/template/spec");
        JsonNode container = pod.at("/containers/0");
        assertThat(container.get("image").asText()).isEqualTo("registry.example/olap-sync@" + DIGEST);
        assertThat(container.at("/resources/limits/memory").asText()).isEqualTo("2Gi");
        assertThat(container.at("/resources/limits/cpu").asText()).isEqualTo("2");
        assertThat(pod.at("/nodeSelector/disk").asText()).isEqualTo("ssd");
        assertThat(pod.at("/imagePullSecrets/0/name").asText()).isEqualTo("pull");
        assertThat(pod.get("volumes").findValuesAsText("secretName")).containsExactly("passwords");
        assertThat(pod.get("volumes").findValuesAsText("name")).contains("my-models");
    }

    /** A number that a file contains, not an option: Helm makes a float of it. */
    @Test
    void aLargeNumberStaysOne() throws Exception {
        Path values = Files.writeString(folder.resolve("values.yaml"), "environment: {OLAP_BATCH_BYTES: 33554432}");
        assertThat(template(CHART, "olap-sync", "--values", values.toString())
                        .get("ConfigMap olap-sync-environment")
                        .at("/data/OLAP_BATCH_BYTES")
                        .asText())
                .isEqualTo("33554432");
    }

    @Test
    void modelsOfTheUserReplaceThoseOfTheExample() throws Exception {
        String select = "SELECT id,\n       'a: \"b\" {{ c }}' AS text\nFROM t\n";
        Path file = Files.writeString(folder.resolve("t.sql"), select);
        JsonNode models = template(CHART, "olap-sync", "--set-file", "models.my_t=" + file)
                .get("ConfigMap olap-sync-models")
                .get("data");
        assertThat(models).hasSize(1);
        assertThat(models.get("my_t.sql").asText()).isEqualTo(select);
    }

    @Test
    void twoReleasesHaveNothingInCommon() throws Exception {
        Map<String, JsonNode> one = template(CHART, "one");
        assertThat(one.keySet())
                .doesNotContainAnyElementsOf(template(CHART, "two").keySet());
        ManifestsTest.assertComplete(one.values(), "Secret olap-sync");
        assertThat(one.values())
                .flatMap(resource -> resource.findValues("matchLabels"))
                .filteredOn(labels -> labels.has("app.kubernetes.io/name"))
                .isNotEmpty()
                .allMatch(labels ->
                        labels.path("app.kubernetes.io/instance").asText().equals("one"));
    }

    @ParameterizedTest
    @CsvSource({
        "files/routes/load.camel.yaml",
        "files/models/shop/order_fact.sql",
        "files/application.properties",
        "values.yaml"
    })
    void aChangedFileReplacesThePods(String changed) throws Exception {
        Path copy = copy();
        Map<String, JsonNode> before = template(copy.toString(), "olap-sync");
        Path file = copy.resolve(changed);
        Files.writeString(file, Files.readString(file).replace("5432", "5433") + "\n# changed\n");
        Map<String, JsonNode> after = template(copy.toString(), "olap-sync");
        for (RouteFile page : RouteFile.values()) {
            assertThat(checksum(after, page)).isNotBlank().isNotEqualTo(checksum(before, page));
        }
    }

    private Path copy() throws IOException {
        Path copy = folder.resolve("chart");
        try (Stream<Path> files = Files.walk(HelmChart.FOLDER)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path target = copy.resolve(HelmChart.FOLDER.relativize(file));
                Files.createDirectories(target.getParent());
                Files.copy(file, target);
            }
        }
        return copy;
    }

    private static String checksum(Map<String, JsonNode> resources, RouteFile page) {
        return deployment(resources, page)
                .at("/spec/template/metadata/annotations")
                .path("checksum/config")
                .asText();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    load.replicas=many                      | /load/replicas': got string, want integer
                    load.replicas=-1                        | /load/replicas': minimum: got -1, want 0
                    capture.replicas=2                      | additional properties 'capture' not allowed
                    environment.OLAP_BATCH_ROW=5            | /environment': additional properties 'OLAP_BATCH_ROW' not allowed
                    environment.OLAP_BATCH_ROWS=many        | /environment/OLAP_BATCH_ROWS': got string, want integer
                    environment.OLAP_VERIFY_CONTINUOUS=5    | /environment/OLAP_VERIFY_CONTINUOUS': got number, want boolean
                    environment.POSTGRES_PASSWORD=x         | additional properties 'POSTGRES_PASSWORD' not allowed
                    image.digest=0.1.0                      | /image/digest': '0.1.0' does not match pattern
                    models.t\\.sql=SELECT                   | /models': additional properties 't.sql' not allowed
                    networkPolicy=yes                       | /networkPolicy': got string, want boolean
                    secret=                                 | /secret': minLength
                    modelsConfigMap=m\\,models.t=SELECT     | models and modelsConfigMap are both set
                    """)
    void aWrongValueIsRefused(String value, String message) throws Exception {
        GoTool.Ended ended = GoTool.HELM.run("template", "olap-sync", CHART, "--set", value.replace("\\,", ","));
        assertThat(ended.code()).isEqualTo(1);
        assertThat(ended.printed()).contains(message);
    }

    /** Helm prints the notes after an installation, for which it needs a cluster. */
    @Test
    void theNotesNameTheRelease() throws Exception {
        Path copy = copy();
        Files.writeString(copy.resolve("templates").resolve("notes.yaml"), """
                kind: Notes
                metadata: {name: of}
                text: {{ include (print .Template.BasePath "/NOTES.txt") . | toJson }}
                """);
        assertThat(template(copy.toString(), "mine", "--namespace", "shop")
                        .get("Notes of")
                        .get("text")
                        .asText())
                .contains(
                        "kubectl rollout status -n shop deployment/mine-capture",
                        "kubectl logs -n shop deployment/mine-capture",
                        "kubectl exec -n shop deployment/mine-capture -- /opt/olap-sync/bin/olap-sync status");
    }
}

package dev.olapsync.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.olapsync.devstack.Service;
import dev.olapsync.routes.RouteFile;
import dev.olapsync.scenario.Scenario;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The pods of a Deployment as processes of this machine: the container's command, in a folder that is laid out as Kubernetes
 * mounts it, as many of them as there are replicas.
 */
final class Pod {

    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
    private static final Path DATA = Path.of("..data");

    private final JsonNode deployment;

    private Pod(JsonNode deployment) {
        this.deployment = deployment;
    }

    /** All of them; none runs yet. */
    static List<Service> all(Scenario scenario) {
        List<Service> pods = new ArrayList<>();
        for (RouteFile page : RouteFile.values()) {
            try {
                Path file = Manifests.KUBERNETES.resolve(page + ".yaml");
                new Pod(YAML.readTree(file.toFile())).addTo(pods, scenario);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return pods;
    }

    private void addTo(List<Service> pods, Scenario scenario) throws IOException {
        JsonNode container = deployment.at("/spec/template/spec/containers/0");
        List<String> arguments = new ArrayList<>();
        container.get("args").forEach(argument -> arguments.add(argument.asText()));
        Map<String, String> environment = new HashMap<>();
        container.get("env").forEach(variable -> {
            // the scenario has passwords of its own
            if (!variable.get("name").asText().endsWith("_PASSWORD_FILE")) {
                environment.put(
                        variable.get("name").asText(), variable.get("value").asText());
            }
        });
        for (int i = 0; i < deployment.at("/spec/replicas").asInt(); i++) {
            Path folder = Path.of(
                    "target",
                    "pods",
                    scenario.name(),
                    deployment.at("/metadata/name").asText() + "-" + i);
            mount(folder);
            pods.add(scenario.programs().container(folder, environment, arguments));
        }
    }

    /** As Kubernetes does it: what one sees are links to links, so that all of it can be replaced at once. */
    private void mount(Path folder) throws IOException {
        Path data = Files.createDirectories(folder.resolve("..data-1"));
        Map<String, JsonNode> configMaps = configMaps();
        for (JsonNode source : deployment.at("/spec/template/spec/volumes").findValues("configMap")) {
            JsonNode content = configMaps.get(source.get("name").asText());
            Map<String, String> paths = new HashMap<>();
            source.path("items")
                    .forEach(item ->
                            paths.put(item.get("key").asText(), item.get("path").asText()));
            if (paths.isEmpty()) {
                content.fieldNames().forEachRemaining(key -> paths.put(key, key));
            }
            for (Map.Entry<String, String> path : paths.entrySet()) {
                Path file = data.resolve(path.getValue());
                Files.createDirectories(file.getParent());
                Files.writeString(file, content.get(path.getKey()).asText());
            }
        }
        Files.createSymbolicLink(folder.resolve(DATA), data.getFileName());
        try (Stream<Path> entries = Files.list(data)) {
            for (Path entry : entries.toList()) {
                Files.createSymbolicLink(folder.resolve(entry.getFileName()), DATA.resolve(entry.getFileName()));
            }
        }
    }

    /** As kustomize generates them: by name, the content of each file under the file's name. */
    private static Map<String, JsonNode> configMaps() throws IOException {
        Map<String, JsonNode> configMaps = new HashMap<>();
        for (JsonNode generator : YAML.readTree(
                        Manifests.KUBERNETES.resolve("kustomization.yaml").toFile())
                .get("configMapGenerator")) {
            ObjectNode content = YAML.createObjectNode();
            for (JsonNode file : generator.path("files")) {
                Path path = Manifests.KUBERNETES.resolve(file.asText());
                content.put(path.getFileName().toString(), Files.readString(path));
            }
            configMaps.put(generator.get("name").asText(), content);
        }
        return configMaps;
    }
}

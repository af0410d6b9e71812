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
        return all(scenario, "pod");
    }

    /** @param name the beginning of their names, other than that of other pods of the scenario */
    static List<Service> all(Scenario scenario, String name) {
        List<Service> pods = new ArrayList<>();
        for (RouteFile page : RouteFile.values()) {
            try {
                Path file = Manifests.KUBERNETES.resolve(page + ".yaml");
                new Pod(YAML.readTree(file.toFile())).addTo(pods, scenario, name);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return pods;
    }

    private void addTo(List<Service> pods, Scenario scenario, String name) throws IOException {
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
                    name + "-" + deployment.at("/metadata/name").asText() + "-" + i);
            mount(folder);
            pods.add(scenario.programs().container(folder, environment, arguments));
        }
    }

    /** What is mounted below the working directory. */
    private void mount(Path folder) throws IOException {
        Map<String, JsonNode> configMaps = configMaps();
        Map<String, JsonNode> volumes = new HashMap<>();
        deployment
                .at("/spec/template/spec/volumes")
                .forEach(volume -> volumes.put(
                        volume.get("name").asText(),
                        configMaps.get(volume.at("/configMap/name").asText())));
        JsonNode container = deployment.at("/spec/template/spec/containers/0");
        Path workingDirectory = Path.of(container.get("workingDir").asText());
        for (JsonNode mount : container.get("volumeMounts")) {
            JsonNode content = volumes.get(mount.get("name").asText());
            if (content != null) {
                Path path = workingDirectory.relativize(
                        Path.of(mount.get("mountPath").asText()));
                if (mount.has("subPath")) {
                    write(folder.resolve(path), content.get(mount.get("subPath").asText()));
                } else {
                    link(Files.createDirectories(folder.resolve(path)), content);
                }
            }
        }
    }

    /** As Kubernetes does it: what one sees are links to links, so that all of it can be replaced at once. */
    private static void link(Path folder, JsonNode content) throws IOException {
        Path data = folder.resolve("..data-1");
        Files.createSymbolicLink(folder.resolve(DATA), data.getFileName());
        for (Map.Entry<String, JsonNode> file : content.properties()) {
            write(data.resolve(file.getKey()), file.getValue());
            Files.createSymbolicLink(folder.resolve(file.getKey()), DATA.resolve(file.getKey()));
        }
    }

    private static void write(Path file, JsonNode text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text.asText());
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

package dev.olapsync.runtime;

import dev.olapsync.routes.RouteFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Makes those files of deploy/ that follow from routes/, models/ and application.properties: {@code mvn -Pmanifests}. They
 * are checked in, and a test compares them.
 */
public final class Manifests {

    static final Path DEPLOY = Path.of("deploy");
    /** The base of the plain Deployments. */
    static final Path KUBERNETES = DEPLOY.resolve("kubernetes").resolve("base");
    /** The base of Camel K's Integrations. */
    static final Path CAMEL_K = DEPLOY.resolve("camel-k").resolve("base");

    private static final Path CONFIGURATION = Path.of("application.properties");
    private static final List<Path> ROUTES = files(Path.of("routes"));
    private static final List<Path> MODELS = files(Path.of("models", "shop"));
    private static final Path ENVIRONMENT = KUBERNETES.resolve("environment.env");
    private static final String HEADER =
            "# Made by mvn -Pmanifests; edit routes/, models/, application.properties or Manifests.java instead\n";

    private Manifests() {}

    public static void main(String[] arguments) throws IOException {
        for (Map.Entry<Path, String> file : all().entrySet()) {
            Files.createDirectories(file.getKey().getParent());
            Files.writeString(file.getKey(), file.getValue());
            System.out.println(file.getKey());
        }
    }

    /** The text of each file. */
    static Map<Path, String> all() throws IOException {
        Map<Path, String> all = new TreeMap<>();
        for (Path file : copied()) {
            all.put(KUBERNETES.resolve(file), Files.readString(file));
        }
        all.put(CAMEL_K.resolve("config.yaml"), configMap("olap-sync-config", List.of(CONFIGURATION)));
        all.put(CAMEL_K.resolve("routes.yaml"), configMap("olap-sync-routes", ROUTES));
        all.put(CAMEL_K.resolve("models.yaml"), configMap("olap-sync-models", MODELS));
        for (RouteFile page : RouteFile.values()) {
            all.put(KUBERNETES.resolve(page + ".yaml"), HEADER + deployment(page));
            all.put(CAMEL_K.resolve(page + ".yaml"), HEADER + integration(page));
        }
        all.putAll(HelmChart.all());
        return all;
    }

    /** kustomize reads files below its base only. */
    static List<Path> copied() {
        return Stream.of(List.of(CONFIGURATION), ROUTES, MODELS)
                .flatMap(List::stream)
                .toList();
    }

    private static String configMap(String name, List<Path> files) throws IOException {
        StringBuilder text = new StringBuilder(HEADER).append("""
                apiVersion: v1
                kind: ConfigMap
                metadata:
                  name: %s
                data:
                """.formatted(name));
        for (Path file : files) {
            text.append("  ").append(file.getFileName()).append(": |\n").append(indented(Files.readString(file), 4));
        }
        return text.toString();
    }

    static String deployment(RouteFile page) throws IOException {
        return filled(
                "deployment.yaml",
                page,
                Map.of(
                        "strategy",
                        page == RouteFile.CAPTURE
                                ? "    type: Recreate\n"
                                : "    type: RollingUpdate\n    rollingUpdate:\n      maxSurge: 1\n      maxUnavailable: 0\n"));
    }

    private static String integration(RouteFile page) throws IOException {
        return filled(
                "integration.yaml",
                page,
                Map.of(
                        "strategy",
                        page == RouteFile.CAPTURE
                                ? "      strategy: Recreate\n"
                                : "      strategy: RollingUpdate\n      rollingUpdateMaxSurge: 1\n      rollingUpdateMaxUnavailable: 0\n",
                        "environment",
                        environment().keySet().stream()
                                .map(name -> "        - %1$s=configmap:olap-sync-environment/%1$s".formatted(name))
                                .collect(Collectors.joining("\n"))));
    }

    /** What differs from the configuration, by name. */
    static Map<String, String> environment() throws IOException {
        Map<String, String> environment = new LinkedHashMap<>();
        Files.readAllLines(ENVIRONMENT).stream()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .map(line -> line.split("=", 2))
                .forEach(variable -> environment.put(variable[0], variable[1]));
        return environment;
    }

    /** Two instances of what can have several: one goes on while the other is replaced. */
    static int replicas(RouteFile page) {
        return page == RouteFile.CAPTURE ? 1 : 2;
    }

    private static String filled(String template, RouteFile page, Map<String, String> values) throws IOException {
        Map<String, String> all = new TreeMap<>(values);
        all.put("component", page.toString());
        all.put("replicas", Integer.toString(replicas(page)));
        return filled(template, all);
    }

    /** A template with its placeholders replaced. */
    static String filled(String template, Map<String, String> values) throws IOException {
        try (InputStream text = Manifests.class.getResourceAsStream("/manifests/" + template)) {
            String filled = new String(text.readAllBytes(), StandardCharsets.UTF_8);
            for (Map.Entry<String, String> value : values.entrySet()) {
                filled = filled.replace("${" + value.getKey() + "}", value.getValue());
            }
            return filled;
        }
    }

    private static String indented(String text, int spaces) {
        return text.lines()
                .map(line -> line.isEmpty() ? "\n" : " ".repeat(spaces) + line + "\n")
                .collect(Collectors.joining());
    }

    private static List<Path> files(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

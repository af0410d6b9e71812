package dev.olapsync.runtime;

import dev.olapsync.routes.Page;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Makes those files of deploy/ that follow from routes/, models/ and application.properties: {@code mvn -Pmanifests}. They
 * are checked in, and a test says so when they are not in step.
 */
public final class Manifests {

    static final Path DEPLOY = Path.of("deploy");

    private static final List<Path> ROUTES = files(Path.of("routes"));
    private static final List<Path> MODELS = files(Path.of("models", "shop"));
    private static final String HEADER =
            "# Made by mvn -Pmanifests; edit routes/, models/, application.properties or Manifests.java instead\n";

    /** Those for which Quarkus has extensions; Debezium comes with our jar, as it is. */
    private static final List<String> DEPENDENCIES = List.of("camel:direct", "camel:jdbc", "camel:kafka", "camel:timer");

    private Manifests() {
    }

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
        Path base = DEPLOY.resolve("base");
        all.put(base.resolve("config.yaml"), configMap("olap-sync-config", List.of(Path.of("application.properties"))));
        all.put(base.resolve("models.yaml"), configMap("olap-sync-models", MODELS));
        all.put(base.resolve("routes.yaml"), configMap("olap-sync-routes", ROUTES));
        for (Page page : Page.values()) {
            all.put(DEPLOY.resolve("kubernetes").resolve(page + ".yaml"), deployment(page));
            all.put(DEPLOY.resolve("camel-k").resolve("image").resolve(page + ".yaml"), imageIntegration(page));
            all.put(DEPLOY.resolve("camel-k").resolve("operator-built").resolve(page + ".yaml"), builtIntegration(page));
        }
        return all;
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

    /** Two instances of what can have several: one goes on while the other is replaced. */
    private static int replicas(Page page) {
        return page == Page.CAPTURE ? 1 : 2;
    }

    private static String deployment(Page page) {
        String strategy = page == Page.CAPTURE
                ? "    type: Recreate\n"
                : "    type: RollingUpdate\n    rollingUpdate:\n      maxSurge: 1\n      maxUnavailable: 0\n";
        return HEADER + """
                apiVersion: apps/v1
                kind: Deployment
                metadata:
                  name: olap-sync-%1$s
                  labels:
                    app.kubernetes.io/name: olap-sync
                    app.kubernetes.io/component: %1$s
                spec:
                  replicas: %2$d
                  strategy:
                %3$s  selector:
                    matchLabels:
                      app.kubernetes.io/name: olap-sync
                      app.kubernetes.io/component: %1$s
                  template:
                    metadata:
                      labels:
                        app.kubernetes.io/name: olap-sync
                        app.kubernetes.io/component: %1$s
                """.formatted(page, replicas(page), strategy)
                + indented(pod(page, "pipeline", "        image: olap-sync:0.1.0\n"), 2);
    }

    /** Camel K runs an image of ours as it is. */
    private static String imageIntegration(Page page) {
        return HEADER + integration(page) + """
                  traits:
                    container:
                      image: olap-sync:0.1.0
                      name: integration
                      auto: false
                    health:
                      enabled: false
                    jvm:
                      enabled: false
                """ + strategy(page) + "  template:\n" + indented(pod(page, "integration", ""), 2);
    }

    /** Camel K builds an image for Quarkus, with the routes in it. */
    private static String builtIntegration(Page page) throws IOException {
        StringBuilder flows = new StringBuilder();
        for (String file : Page.files(List.of(page))) {
            flows.append(indented(Files.readString(Path.of("routes", file)).replaceAll("(?m)^\\n", ""), 4));
        }
        String dependencies = Stream.concat(DEPENDENCIES.stream(), Stream.of("mvn:dev.olapsync:olap-sync:" + version()))
                .map(dependency -> "    - " + dependency + "\n").collect(Collectors.joining());
        return HEADER + integration(page) + """
                  dependencies:
                %s  traits:
                    camel:
                      runtimeProvider: plain-quarkus
                      runtimeVersion: 3.31.0
                    environment:
                      vars:
                        - OLAP_MODELS=/etc/olap-sync/models
                    health:
                      enabled: true
                    mount:
                      configs:
                        - configmap:olap-sync-config
                      resources:
                        - configmap:olap-sync-models@/etc/olap-sync/models
                """.formatted(dependencies) + strategy(page) + """
                  template:
                    spec:
                      terminationGracePeriodSeconds: 60
                      containers:
                        - name: integration
                """ + indented(ENVIRONMENT, 10) + "  flows:\n" + flows;
    }

    private static String integration(Page page) {
        return """
                apiVersion: camel.apache.org/v1
                kind: Integration
                metadata:
                  name: olap-sync-%1$s
                  labels:
                    app.kubernetes.io/name: olap-sync
                    app.kubernetes.io/component: %1$s
                spec:
                  replicas: %2$d
                """.formatted(page, replicas(page));
    }

    private static String strategy(Page page) {
        return "    deployment:\n" + (page == Page.CAPTURE
                ? "      strategy: Recreate\n"
                : "      strategy: RollingUpdate\n      rollingUpdateMaxSurge: 1\n      rollingUpdateMaxUnavailable: 0\n");
    }

    private static final String ENVIRONMENT = """
            envFrom:
              - configMapRef:
                  name: olap-sync-environment
            env:
              - name: POSTGRES_PASSWORD
                valueFrom:
                  secretKeyRef:
                    name: olap-sync
                    key: postgres.password
              - name: CLICKHOUSE_PASSWORD
                valueFrom:
                  secretKeyRef:
                    name: olap-sync
                    key: clickhouse.password
              - name: OLAP_STATUS_HOST
                value: 0.0.0.0
            """;

    /**
     * The folder /etc/olap-sync is laid out like a distribution's, so the program finds configuration, routes and models
     * there. Alive is who answers; ready is who is healthy: a server that is down must not restart the pipeline.
     */
    private static String pod(Page page, String container, String image) {
        return """
                  spec:
                    terminationGracePeriodSeconds: 60
                    securityContext:
                      runAsNonRoot: true
                    containers:
                      - name: %s
                %s        workingDir: /etc/olap-sync
                        args:
                          - run
                          - --routes
                          - %s
                """.formatted(container, image, page)
                + indented(ENVIRONMENT, 8) + """
                        ports:
                          - name: status
                            containerPort: 9876
                        startupProbe:
                          httpGet:
                            path: /status
                            port: status
                          periodSeconds: 5
                          failureThreshold: 120
                        livenessProbe:
                          httpGet:
                            path: /status
                            port: status
                          periodSeconds: 10
                          timeoutSeconds: 10
                          failureThreshold: 6
                        readinessProbe:
                          httpGet:
                            path: /health
                            port: status
                          periodSeconds: 10
                          timeoutSeconds: 10
                        resources:
                          requests:
                            cpu: 250m
                            memory: 768Mi
                          limits:
                            memory: 1Gi
                        securityContext:
                          allowPrivilegeEscalation: false
                          readOnlyRootFilesystem: true
                          capabilities:
                            drop:
                              - ALL
                        volumeMounts:
                          - name: layout
                            mountPath: /etc/olap-sync
                            readOnly: true
                          - name: tmp
                            mountPath: /tmp
                    volumes:
                      - name: tmp
                        emptyDir: {}
                      - name: layout
                        projected:
                          sources:
                            - configMap:
                                name: olap-sync-config
                            - configMap:
                                name: olap-sync-routes
                                items:
                """ + items(ROUTES, "routes") + """
                            - configMap:
                                name: olap-sync-models
                                items:
                """ + items(MODELS, "models/shop");
    }

    private static String items(List<Path> files, String folder) {
        return files.stream().map(Path::getFileName)
                .map(name -> "                  - key: %1$s\n                    path: %2$s/%1$s\n".formatted(name, folder))
                .collect(Collectors.joining());
    }

    private static String indented(String text, int spaces) {
        return text.lines().map(line -> line.isEmpty() ? "\n" : " ".repeat(spaces) + line + "\n").collect(Collectors.joining());
    }

    private static String version() throws IOException {
        Matcher version = Pattern.compile("<artifactId>olap-sync</artifactId>\\s*<version>([^<]+)</version>")
                .matcher(Files.readString(Path.of("pom.xml")));
        if (!version.find()) {
            throw new IllegalStateException("pom.xml has no version");
        }
        return version.group(1);
    }

    private static List<Path> files(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

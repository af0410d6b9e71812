package dev.olapsync.runtime;

import dev.olapsync.config.Variables;
import dev.olapsync.routes.RouteFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Makes the Helm chart from the base of the plain Deployments: each name begins with the name of the release, and what a
 * user can set is an expression.
 */
final class HelmChart {

    static final Path FOLDER = Manifests.DEPLOY.resolve("helm").resolve("olap-sync");

    private static final String MADE =
            "# Made by mvn -Pmanifests from deploy/kubernetes/base and deploy/observability\n";
    /** By the value that switches them on. */
    private static final Map<String, Path> OPTIONAL = Map.of(
            "networkPolicy", Manifests.KUBERNETES.resolve("network-policy.yaml"),
            "podDisruptionBudget", Manifests.KUBERNETES.resolve("disruption-budgets.yaml"),
            "podMonitor", Manifests.DEPLOY.resolve("observability").resolve("pod-monitor.yaml"),
            "prometheusRule", Manifests.DEPLOY.resolve("observability").resolve("prometheus-rule.yaml"));
    /** In a schema. YAML reads some texts as numbers. */
    private static final Map<String, String> TYPES =
            Map.of("integer", "\"integer\"", "boolean", "\"boolean\"", "string", "[\"string\", \"integer\"]");

    private static final Pattern RESOURCES = Pattern.compile("(?<=          resources:\n)( {12}.*\n)+");
    /** What the chart sets, and what belongs into the Secret. */
    private static final Pattern NOT_FOR_USERS = Pattern.compile("OLAP_MODELS|OLAP_STATUS_(HOST|PORT|TOKEN)"
            + "|KAFKA_SASL_JAAS_CONFIG|\\w+_PASSWORD|(POSTGRES|CLICKHOUSE)_PASSWORD_FILE");

    /** An expression of Helm in place of each match of a pattern. */
    private record Replacement(String pattern, String expression) {

        String in(String text) {
            return Pattern.compile(pattern, Pattern.MULTILINE).matcher(text).replaceAll(expression);
        }
    }

    /** In this order. */
    private static final List<Replacement> REPLACEMENTS = List.of(
            // the expressions of Prometheus are not Helm's
            new Replacement("\\{\\{.*?}}", "{{ `$0` }}"),
            new Replacement(
                    "^( *)app.kubernetes.io/name: olap-sync$", "$0\n$1app.kubernetes.io/instance: {{ .Release.Name }}"),
            new Replacement(
                    "name: olap-sync-models$",
                    "name: {{ .Values.modelsConfigMap | default (print .Release.Name \"-models\") }}"),
            new Replacement("secretName: olap-sync$", "secretName: {{ .Values.secret }}"),
            new Replacement("(?<=^ {0,20}(- )?(name|serviceAccountName): )olap-sync", "{{ .Release.Name }}"),
            new Replacement(
                    "kubernetes.io/metadata.name: .*",
                    "kubernetes.io/metadata.name: {{ .Values.monitoringNamespace }}"),
            new Replacement(
                    "image: .*",
                    "image: \"{{ .Values.image.repository }}{{ with .Values.image.digest }}@{{ . }}{{ else }}"
                            + ":{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}\""),
            new Replacement(RESOURCES.pattern(), "            {{- toYaml .Values.resources | nindent 12 }}\n"),
            new Replacement(
                    "^  template:\n    metadata:\n",
                    "$0      annotations:\n"
                            + "        # a changed configuration, route or model replaces the pods\n"
                            + "        checksum/config: {{ include (print \\$.Template.BasePath \"/config.yaml\") . | sha256sum }}\n"),
            new Replacement(
                    "^      containers:\n",
                    "      {{- with .Values.pod }}\n      {{- toYaml . | nindent 6 }}\n      {{- end }}\n$0"));

    private HelmChart() {}

    /** The text of each file that is derived. */
    static Map<Path, String> all() throws IOException {
        Map<Path, String> all = new TreeMap<>();
        for (Path file : Manifests.copied()) {
            all.put(FOLDER.resolve("files").resolve(file), Files.readString(file));
        }
        Path templates = FOLDER.resolve("templates");
        for (RouteFile page : RouteFile.values()) {
            String deployment = template(Manifests.deployment(page));
            all.put(
                    templates.resolve(page + ".yaml"),
                    page == RouteFile.CAPTURE ? deployment : scaled(deployment, page));
        }
        for (String name : List.of("service-account.yaml", "service.yaml")) {
            all.put(templates.resolve(name), template(Files.readString(Manifests.KUBERNETES.resolve(name))));
        }
        for (Map.Entry<String, Path> optional : OPTIONAL.entrySet()) {
            all.put(
                    templates.resolve(optional.getValue().getFileName()),
                    "{{- if .Values." + optional.getKey() + " }}\n" + template(Files.readString(optional.getValue()))
                            + "{{- end }}\n");
        }
        all.put(FOLDER.resolve("values.yaml"), values());
        all.put(FOLDER.resolve("values.schema.json"), schema());
        return all;
    }

    private static String template(String resources) {
        String template = resources;
        for (Replacement replacement : REPLACEMENTS) {
            template = replacement.in(template);
        }
        return MADE + template;
    }

    private static String scaled(String deployment, RouteFile page) {
        return deployment.replace(
                "  replicas: " + Manifests.replicas(page), "  replicas: {{ .Values." + page + ".replicas }}");
    }

    private static String values() throws IOException {
        Matcher resources = RESOURCES.matcher(Manifests.deployment(RouteFile.LOAD));
        if (!resources.find()) {
            throw new IllegalStateException("The Deployments have no resources");
        }
        return MADE
                + Manifests.filled(
                        "values.yaml",
                        Map.of(
                                "environment",
                                Manifests.environment().entrySet().stream()
                                        .map(variable -> "  " + variable.getKey() + ": " + variable.getValue())
                                        .collect(Collectors.joining("\n")),
                                "replicas",
                                Integer.toString(Manifests.replicas(RouteFile.LOAD)),
                                "resources",
                                resources.group().indent(-10)));
    }

    private static String schema() throws IOException {
        return Manifests.filled(
                "values.schema.json",
                Map.of(
                        "environment",
                        Variables.types().entrySet().stream()
                                .filter(variable -> !NOT_FOR_USERS
                                        .matcher(variable.getKey())
                                        .matches())
                                .map(variable -> "        \"%s\": {\"type\": %s}"
                                        .formatted(variable.getKey(), TYPES.get(variable.getValue())))
                                .collect(Collectors.joining(",\n"))));
    }
}

package dev.olapsync.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.camel.RoutesBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The YAML files and the Java classes say the same, step by step and option by option. */
class TwinTest {

    static List<Arguments> pages() {
        return List.of(
                Arguments.of("capture", new CaptureRoutes()),
                Arguments.of("enrich", new EnrichRoutes()),
                Arguments.of("load", new LoadRoutes()),
                Arguments.of("dead-letters", new DeadLetterRoutes()));
    }

    private static String yaml(String page) throws Exception {
        return Files.readString(Path.of("routes", page + ".camel.yaml"));
    }

    @ParameterizedTest
    @MethodSource("pages")
    void twins(String page, RoutesBuilder java) throws Exception {
        RouteModel model = RouteModel.ofYaml(yaml(page));
        assertThat(RouteModel.differences(model, RouteModel.ofJava(java))).isEmpty();
    }

    @Test
    void everyFileHasATwin() throws Exception {
        try (var files = Files.list(Path.of("routes"))) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrderElementsOf(RouteFile.files(List.of(RouteFile.values())));
        }
        assertThat(RouteFile.routes(List.of(RouteFile.values()))).hasSize(pages().size());
    }

    private static List<String> differences(String before, String after) throws Exception {
        String load = yaml("load");
        assertThat(load).contains(before);
        return RouteModel.differences(
                RouteModel.ofYaml(load.replace(before, after)), RouteModel.ofJava(new LoadRoutes()));
    }

    @Test
    void aChangedOptionOfAnEndpointIsNamed() throws Exception {
        assertThat(differences("batchingIntervalMs: 1\n", "batchingIntervalMs: 200\n"))
                .containsExactly("route load / from / batchingIntervalMs: YAML '200', Java '1'");
        assertThat(differences("        breakOnFirstError: true\n", ""))
                .containsExactly("route load / from / breakOnFirstError: YAML has nothing, Java 'true'");
    }

    @Test
    void aChangedOptionOfAStepIsNamed() throws Exception {
        assertThat(differences("            stopOnException: true\n", ""))
                .containsExactly("route load / for-each-table / stopOnException: YAML has nothing, Java 'true'");
        assertThat(differences("dev.olapsync.kafka.CommitOffsets", "dev.olapsync.CommitNothing"))
                .containsExactly("route load / commit-rows / ref: YAML '#class:dev.olapsync.CommitNothing',"
                        + " Java '#class:dev.olapsync.kafka.CommitOffsets'");
        assertThat(differences("maximumRedeliveries: 8", "maximumRedeliveries: 9"))
                .containsExactly(
                        "route load / errorHandler / redeliveryPolicy / maximumRedeliveries: YAML '9', Java '8'");
        assertThat(differences("defaultErrorHandler:", "deadLetterChannel:\n      deadLetterUri: direct:dead-letters"))
                .contains(
                        "route load / errorHandler: YAML 'DeadLetterChannelDefinition', Java 'DefaultErrorHandlerDefinition'");
        assertThat(differences("Output rows become rows", "Rows become rows"))
                .containsExactly("route load / description: YAML 'Rows become rows in ClickHouse',"
                        + " Java 'Output rows become rows in ClickHouse'");
    }

    @Test
    void aStepWithAnotherIdIsNamedOnBothSides() throws Exception {
        assertThat(differences("id: insert\n", "id: write\n"))
                .contains(
                        "route load / for-each-table / write / id: YAML 'write', Java has nothing",
                        "route load / for-each-table / insert / id: YAML has nothing, Java 'insert'");
    }

    @Test
    void stepsInAnotherOrderAreNamed() throws Exception {
        String commit = yaml("load").substring(yaml("load").indexOf("        - process:\n            id: commit-rows"));
        String others = yaml("load")
                .substring(yaml("load").indexOf("        - setVariable:"))
                .replace(commit, "");
        assertThat(differences(others + commit, commit + others))
                .contains(
                        "route load / commit-rows / place: YAML '1', Java '4'",
                        "route load / for-each-table / place: YAML '4', Java '3'");
    }

    /** The first step of one branch becomes the last of the one before: the order of all steps stays. */
    @Test
    void aStepInAnotherBranchIsNamed() throws Exception {
        String enrich = yaml("enrich");
        String first = "                      - enrich:\n                          id: join-parents-of-children\n";
        String next = "                      - process:\n                          id: to-batch-of-children\n";
        String step = enrich.substring(enrich.indexOf(first), enrich.indexOf(next));
        String otherwise = "                  otherwise:\n";
        String moved = enrich.replace(step, "").replace(otherwise, step.replaceAll("(?m)^", "  ") + "\n" + otherwise);
        assertThat(RouteModel.differences(RouteModel.ofYaml(moved), RouteModel.ofJava(new EnrichRoutes())))
                .anyMatch(line -> line.contains("join-parents-of-children / id: YAML has nothing"))
                .anyMatch(line -> line.contains("join-parents-of-children / id: YAML 'join-parents-of-children'"));
    }

    @Test
    void aChangedBeanIsNamed() throws Exception {
        String enrich = yaml("enrich").replace("postgres.port:5432", "postgres.port:5433");
        assertThat(RouteModel.differences(RouteModel.ofYaml(enrich), RouteModel.ofJava(new EnrichRoutes())))
                .containsExactly("bean postgres / port: YAML '{{postgres.port:5433}}', Java '{{postgres.port:5432}}'");
    }

    /** What is not written and what is written as Camel has it by default are the same, and order does not count. */
    @Test
    void noiseIsNoDifference() throws Exception {
        assertThat(
                        differences(
                                "stopOnException: true\n",
                                "stopOnException: true\n            parallelProcessing: false\n            shareUnitOfWork: false\n"))
                .isEmpty();
        assertThat(differences(
                        "        batching: true\n        maxPollRecords: \"{{olap.batch.rows:5000}}\"\n",
                        "        maxPollRecords: \"{{olap.batch.rows:5000}}\"\n        batching: true\n"))
                .isEmpty();
        assertThat(differences("backOffMultiplier: 2\n", "backOffMultiplier: 2.0\n"))
                .isEmpty();
    }
}

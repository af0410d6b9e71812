package dev.olapsync.routes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.olapsync.config.Settings;
import dev.olapsync.pipeline.OlapSync;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.camel.CamelContext;
import org.apache.camel.Route;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The Kamelets do what the routes do, with the parameters that their users give them. No server runs. */
class KameletTest {

    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

    private static JsonNode kamelet(String name) throws Exception {
        return YAML.readTree(Files.readString(Path.of("kamelets", name + ".kamelet.yaml")))
                .get("spec");
    }

    private static JsonNode template(String name) throws Exception {
        return template(name, YAML.createObjectNode());
    }

    /** Each parameter replaced by what is given, else by its default. */
    private static JsonNode template(String name, JsonNode given) throws Exception {
        JsonNode spec = kamelet(name);
        String[] template = {YAML.writeValueAsString(spec.get("template"))};
        spec.at("/definition/properties").properties().forEach(parameter -> {
            JsonNode value = given.has(parameter.getKey())
                    ? given.get(parameter.getKey())
                    : parameter.getValue().get("default");
            if (value != null) {
                template[0] = template[0].replace(
                        "{{" + parameter.getKey() + "}}", value.asText().replace("\\", "\\\\"));
            }
        });
        return YAML.readTree(template[0]);
    }

    private static JsonNode withId(JsonNode nodes, String id) {
        return nodes.findParents("id").stream()
                .filter(node -> node.get("id").asText().equals(id))
                .findFirst()
                .orElseThrow(() -> new AssertionError("there is no step " + id));
    }

    private static JsonNode route(String file) throws Exception {
        return YAML.readTree(Files.readString(Path.of("routes", file + ".camel.yaml")));
    }

    @ParameterizedTest
    @CsvSource({
        "postgres-cdc-source, capture, wait-until-visible to-change-events",
        "joined-row-lookup-action, enrich, find-dirty-rows for-each-look-up to-row-records",
        "clickhouse-batch-sink, load, to-row-batches for-each-table"
    })
    void stepsAreThoseOfTheRoutes(String kamelet, String route, String steps) throws Exception {
        for (String step : steps.split(" ")) {
            assertThat(withId(template(kamelet), step)).isEqualTo(withId(route(route), step));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "postgres-cdc-source, write-ahead-log, capture, write-ahead-log",
        "topic-batch-source, poll-records, enrich, poll-changes",
        "topic-batch-source, poll-records, load, poll-rows",
        "topic-batch-sink, publish-records, capture, publish-changes",
        "topic-batch-sink, publish-records, enrich, publish-rows"
    })
    void endpointsHaveTheOptionsOfTheRoutes(String kamelet, String id, String route, String routesId) throws Exception {
        JsonNode given = YAML.readTree(Files.readString(Path.of("examples", "kamelets", route + ".pipe.yaml")))
                .at(kamelet.endsWith("source") ? "/spec/source/properties" : "/spec/sink/properties");
        ObjectNode options = (ObjectNode) withId(template(kamelet, given), id).get("parameters");
        ObjectNode expected = (ObjectNode) withId(route(route), routesId).get("parameters");
        // the routes find that bean in the registry
        options.remove("kafkaClientFactory");
        assertThat(texts(options)).isEqualTo(texts(expected));
    }

    /** A pipe gives texts raw, so that nothing in them is taken for an option of a URI. */
    private static Map<String, String> texts(ObjectNode options) {
        Map<String, String> texts = new HashMap<>();
        options.properties()
                .forEach(option ->
                        texts.put(option.getKey(), option.getValue().asText().replaceFirst("^RAW\\((.*)\\)$", "$1")));
        return texts;
    }

    private static CamelContext started(String uri, Map<String, String> configuration) throws Exception {
        Properties properties = new Properties();
        properties.putAll(configuration);
        CamelContext context = new DefaultCamelContext();
        context.getPropertiesComponent().setInitialProperties(properties);
        context.addRoutes(new RouteBuilder() {
            @Override
            public void configure() {
                from("direct:in").routeId("pipe").to(uri);
            }
        });
        context.start();
        return context;
    }

    @Test
    void parametersReachTheSteps() throws Exception {
        Map<String, String> configuration = new HashMap<>(Map.of(
                "postgres.host",
                "configured",
                "postgres.port",
                "5433",
                "olap.models",
                "models/school",
                "olap.epoch",
                "3"));
        try (CamelContext context = started(
                "kamelet:clickhouse-batch-sink?postgresHost=RAW(db.internal)"
                        + "&postgresPassword=RAW(p&+%41'w)&clickhouseUrl=RAW(https://ch:8443/?a=b)",
                configuration)) {
            Settings settings = OlapSync.of(context).settings();
            assertThat(settings.postgres().host()).isEqualTo("db.internal");
            assertThat(settings.postgres().password()).isEqualTo("p&+%41'w");
            assertThat(settings.clickHouse().url()).isEqualTo("https://ch:8443/?a=b");
            // what the Kamelet was not told, or has no parameter for, comes from the configuration, else by default
            assertThat(settings.postgres().port()).isEqualTo(5433);
            assertThat(settings.olap().models()).isEqualTo(Path.of("models/school"));
            assertThat(settings.olap().leastEpoch()).isEqualTo(3);
            assertThat(settings.clickHouse().user()).isEqualTo("default");
            assertThat(settings.clickHouse().password()).isEmpty();
        }
    }

    @Test
    void bringsTheRoutesThatItsStepsUse() throws Exception {
        try (CamelContext context =
                started("kamelet:joined-row-lookup-action", Map.of("kafka.brokers", "localhost:1"))) {
            assertThat(context.getRoutes())
                    .extracting(Route::getRouteId)
                    .contains("look-up", "fan-out", "publish-fan-outs", "dead-letters");
            assertThat(List.of("look-up", "publish-fan-outs", "dead-letters"))
                    .allMatch(route ->
                            context.getRouteController().getRouteStatus(route).isStarted());
        }
    }
}

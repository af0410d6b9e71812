package dev.olapsync.routes;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.networknt.schema.ValidationMessage;
import dev.olapsync.capture.PostgresCdcComponent;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import org.apache.camel.catalog.CamelCatalog;
import org.apache.camel.catalog.DefaultCamelCatalog;
import org.apache.camel.catalog.EndpointValidationResult;

/** What Camel's tools say of a file of routes: the YAML DSL's schema, and the catalog with our component. */
public final class RouteProblems {

    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
    private static final String ENTRY = "/META-INF/dev/olapsync/capture/postgres-cdc.json";

    private static final JsonSchema SCHEMA = schema();
    private static final CamelCatalog CATALOG = catalog();

    private static JsonSchema schema() {
        try (InputStream schema = RouteProblems.class.getResourceAsStream("/schema/camelYamlDsl.json")) {
            return JsonSchemaFactory.getInstance(VersionFlag.V4).getSchema(schema);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static CamelCatalog catalog() {
        CamelCatalog catalog = new DefaultCamelCatalog();
        try (InputStream entry = RouteProblems.class.getResourceAsStream(ENTRY)) {
            catalog.addComponent(
                    "postgres-cdc",
                    PostgresCdcComponent.class.getName(),
                    new String(entry.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return catalog;
    }

    private RouteProblems() {}

    /** The template of a Kamelet as a file of routes: beans, and a route. */
    public static JsonNode template(JsonNode kamelet) {
        ArrayNode routes = YAML.createArrayNode();
        routes.addObject().set("beans", kamelet.at("/spec/template/beans"));
        routes.addObject().set("from", kamelet.at("/spec/template/from"));
        return routes;
    }

    /** What is wrong with a file of routes; empty when nothing is. */
    public static List<String> problems(String yaml) throws IOException {
        return problems(YAML.readTree(yaml));
    }

    public static List<String> problems(JsonNode routes) {
        List<String> problems = new ArrayList<>();
        SCHEMA.validate(routes).stream().map(ValidationMessage::getMessage).forEach(problems::add);
        routes.findValues("route").forEach(route -> {
            if (!route.hasNonNull("id") || !route.hasNonNull("description")) {
                problems.add("a route without id or description: " + route.path("id"));
            }
        });
        routes.findParents("uri").forEach(endpoint -> problems.addAll(endpoint(endpoint)));
        routes.findValues("steps")
                .forEach(steps -> steps.forEach(step -> step.properties().forEach(kind -> {
                    if (!kind.getValue().hasNonNull("id")) {
                        problems.add("a " + kind.getKey() + " without id");
                    }
                })));
        routes.findValues("expression").stream()
                .filter(JsonNode::isObject)
                .forEach(expression -> expression.properties().forEach(language -> {
                    if (!language.getValue().isObject()) {
                        problems.add("not in canonical form: expression " + expression);
                    }
                }));
        return problems;
    }

    private static Set<Map.Entry<String, JsonNode>> options(JsonNode endpoint) {
        return endpoint.path("parameters").properties();
    }

    private static List<String> endpoint(JsonNode endpoint) {
        String uri = endpoint.get("uri").asText();
        if (!endpoint.hasNonNull("id")) {
            return List.of("an endpoint without id: " + uri);
        }
        if (uri.contains("?")) {
            return List.of("not in canonical form, options in the uri: " + uri);
        }
        if (options(endpoint).stream().anyMatch(option -> option.getKey().contains("assword"))) {
            return List.of("a password in an endpoint, whose uri tools print: " + uri);
        }
        StringJoiner options = new StringJoiner("&", "?", "");
        options(endpoint)
                .forEach(option ->
                        options.add(option.getKey() + "=" + option.getValue().asText()));
        EndpointValidationResult result = CATALOG.validateEndpointProperties(uri + options);
        return result.isSuccess() ? List.of() : List.of(uri + ": " + result.summaryErrorMessage(false));
    }
}

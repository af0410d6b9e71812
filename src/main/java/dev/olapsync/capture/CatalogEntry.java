package dev.olapsync.capture;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.PluginHelper;

/**
 * Writes the entry of {@code postgres-cdc} in the catalog of Camel, for its tools and Kaoto. The build runs it. The
 * options are those of {@code debezium-postgres}, so its entry is copied, with our names and the defaults of our
 * component. (camel-package-maven-plugin reads options from the sources of this project, and finds only defaults in
 * annotations.)
 */
public final class CatalogEntry {

    private static final String DEBEZIUM =
            "/META-INF/org/apache/camel/component/debezium/postgres/debezium-postgres.json";
    private static final String OURS = "META-INF/dev/olapsync/capture/postgres-cdc.json";
    private static final List<String> SECRETS = List.of("databasePassword", "databaseSslpassword");
    /** Debezium's component requires them, ours has defaults. */
    private static final List<String> OPTIONAL = List.of("name", "databasePassword", "topicPrefix");

    private static final ObjectMapper JSON = new ObjectMapper();

    private CatalogEntry() {}

    /** @param arguments the folder of the classes, and the version of this project */
    public static void main(String[] arguments) throws IOException {
        Path file = Path.of(arguments[0]).resolve(OURS);
        Files.createDirectories(file.getParent());
        JSON.writerWithDefaultPrettyPrinter().writeValue(file.toFile(), entry(arguments[1]));
    }

    private static ObjectNode entry(String version) throws IOException {
        try (InputStream debezium = CatalogEntry.class.getResourceAsStream(DEBEZIUM)) {
            ObjectNode entry = (ObjectNode) JSON.readTree(debezium);
            ((ObjectNode) entry.get("component"))
                    .put("name", PostgresCdcComponent.SCHEME)
                    .put("title", "Postgres Change Data Capture")
                    .put(
                            "description",
                            "Capture the changes of a Postgres database, one exchange for each batch; nothing"
                                    + " counts as done before the route has completed it.")
                    .put("firstVersion", "0.1.0")
                    .put("javaType", PostgresCdcComponent.class.getName())
                    .put("groupId", "dev.olapsync")
                    .put("artifactId", "olap-sync")
                    .put("version", version)
                    .put("scheme", PostgresCdcComponent.SCHEME)
                    .put("syntax", "postgres-cdc:name");
            // the body is a list of changes, whose messages have the headers of Debezium
            entry.remove("headers");
            Map<String, Object> defaults = defaults();
            adapt(entry.get("componentProperties"), defaults);
            adapt(entry.get("properties"), defaults);
            return entry;
        }
    }

    private static Map<String, Object> defaults() throws IOException {
        try (DefaultCamelContext context = new DefaultCamelContext()) {
            Map<String, Object> defaults = new HashMap<>();
            PluginHelper.getBeanIntrospection(context)
                    .getProperties(new PostgresCdcComponent().getConfiguration(), defaults, null);
            return defaults;
        }
    }

    private static void adapt(JsonNode options, Map<String, Object> defaults) {
        options.properties().forEach(option -> {
            ObjectNode declared = (ObjectNode) option.getValue();
            Object value = defaults.get(option.getKey());
            if (value instanceof String || value instanceof Number || value instanceof Boolean) {
                declared.set("defaultValue", JSON.valueToTree(value));
            }
            if (SECRETS.contains(option.getKey())) {
                declared.put("secret", true);
            }
            if (OPTIONAL.contains(option.getKey())) {
                declared.put("required", false);
            }
        });
    }
}

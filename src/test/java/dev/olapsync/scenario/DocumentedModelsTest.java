package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Every SELECT in README and docs/models.md over the shop's tables, from the initial load to changes of all tables. */
class DocumentedModelsTest {

    private static final Pattern EXAMPLE =
            Pattern.compile("(?m)^```sql\\n((?:--(?! history).*\\n)*(?:SELECT|WITH)[^`]*?)^```");
    /** Over tables that a model has made. */
    private static final Pattern OF_CLICKHOUSE = Pattern.compile("_history|_scd2");

    private static final String MORE = """
            CREATE TABLE returns (id int PRIMARY KEY, order_id bigint);
            CREATE VIEW customer_v AS SELECT id, name FROM customers;
            ALTER TABLE orders REPLICA IDENTITY FULL;
            ALTER TABLE order_items REPLICA IDENTITY FULL;
            ALTER TABLE returns REPLICA IDENTITY FULL;
            INSERT INTO returns SELECT id, id FROM orders WHERE id % 3 = 0""";

    private static List<String> examples(String file) throws IOException {
        List<String> examples = new ArrayList<>();
        Matcher matcher = EXAMPLE.matcher(Files.readString(Path.of(file)));
        while (matcher.find()) {
            if (!OF_CLICKHOUSE.matcher(matcher.group(1)).find()) {
                examples.add(matcher.group(1));
            }
        }
        return examples;
    }

    @Test
    void everyExampleIsKeptInSync() throws Exception {
        List<String> models = new ArrayList<>(examples("README.md"));
        assertThat(models).as("a join, an array of children, a roll-up").hasSizeGreaterThanOrEqualTo(3);
        models.addAll(examples("docs/models.md"));
        String schema = Files.readString(Path.of("examples/shop/schema.sql"))
                + Files.readString(Path.of("examples/shop/data.sql"))
                + MORE;
        try (Scenario scenario = Scenario.of("documented", schema)) {
            for (int i = 0; i < models.size(); i++) {
                scenario.model("example_" + i, models.get(i));
            }
            assertThat(scenario.modelErrors()).isEmpty();
            scenario.start().awaitLoaded();
            for (String change : List.of(
                    "UPDATE customers SET country = country || '!', name = upper(name) WHERE id % 2 = 0",
                    "UPDATE order_items SET order_id = 1 + order_id % 5, quantity = quantity + 1 WHERE id % 3 = 0",
                    "UPDATE orders SET customer_id = 1, status = 'cancelled' WHERE id % 4 = 0; DELETE FROM returns",
                    "DELETE FROM order_items WHERE id % 5 = 0; UPDATE products SET name = name || ' 2'")) {
                scenario.postgres(change);
                scenario.awaitInSync();
                for (int i = 0; i < models.size(); i++) {
                    ViewComparison.compare(scenario, "example_" + i, models.get(i), change);
                }
            }
            assertThat(scenario.readDeadLetters()).isEmpty();
        }
    }
}

package dev.olapsync.runtime;

import dev.olapsync.config.Settings.LoadSource;
import dev.olapsync.devstack.Service;
import dev.olapsync.scenario.Scenario;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** Rows that exist at the start, loaded either way, all kinds of changes, and a restart in the middle of them. */
enum Story {
    SCHOOL(
            "school",
            LoadSource.COPY,
            List.of("student_contact", "student_contact_left"),
            new String[] {
                "INSERT INTO student VALUES (1, 'Dan'), (2, 'Tom')",
                "INSERT INTO contact VALUES (1, 1, '123'), (2, 1, '456'), (3, 2, '789')"
            },
            new String[] {
                "INSERT INTO contact VALUES (4, 4, '101112'), (5, NULL, '131415')",
                "INSERT INTO student VALUES (4, 'Zoe')",
                "UPDATE student SET name = 'Daniel' WHERE student_id = 1",
                "UPDATE contact SET contact_number = '999' WHERE contact_id = 2",
                "UPDATE contact SET student_id = 2 WHERE contact_id = 1",
                "UPDATE contact SET contact_id = 10 WHERE contact_id = 1",
                "UPDATE student SET student_id = 9 WHERE student_id = 2",
                "UPDATE contact SET student_id = 9 WHERE contact_id = 3",
                "DELETE FROM contact WHERE contact_id = 2",
                "DELETE FROM student WHERE student_id = 4",
                "INSERT INTO student VALUES (6, 'Eve'); INSERT INTO contact VALUES (6, 6, '777')",
                "TRUNCATE contact",
                "INSERT INTO contact VALUES (7, 6, 'a'), (8, 9, 'b')"
            }),

    SHOP(
            "shop",
            LoadSource.SNAPSHOT,
            List.of("dim_customer", "dim_product", "order_fact", "order_item_fact"),
            new String[] {
                "UPDATE customers SET created_at = '2026-01-01Z'", "UPDATE products SET created_at = '2026-01-01Z'"
            },
            new String[] {
                "UPDATE customers SET city = 'Seattle' WHERE id = 1",
                "UPDATE orders SET status = 'cancelled' WHERE id = 1",
                "UPDATE products SET name = 'MacBook Pro 16' WHERE id = 1",
                "UPDATE products SET price = 2199.99 WHERE id = 1",
                "UPDATE orders SET customer_id = 2 WHERE id = 1",
                "UPDATE order_items SET product_id = 2 WHERE id = 1",
                "DELETE FROM order_items WHERE id = 2",
                "INSERT INTO customers (id, email, name, country, city, created_at)"
                        + " VALUES (900, 'ann@example.com', 'Ann', 'Norway', 'Bergen', '2026-02-01Z');"
                        + " INSERT INTO orders (id, customer_id, order_date, status, total)"
                        + " VALUES (900, 900, '2026-02-02Z', 'created', 59.97);"
                        + " INSERT INTO order_items (id, order_id, product_id, quantity, unit_price)"
                        + " VALUES (900, 900, 3, 3, 19.99)",
                "DELETE FROM order_items WHERE order_id = 3; DELETE FROM orders WHERE id = 3",
                "UPDATE order_items SET quantity = 300 WHERE id = 900"
            });

    private final String name;
    private final LoadSource loadSource;
    private final List<String> models;
    private final String[] start;
    private final String[] changes;

    Story(String name, LoadSource loadSource, List<String> models, String[] start, String[] changes) {
        this.name = name;
        this.loadSource = loadSource;
        this.models = models;
        this.start = start;
        this.changes = changes;
    }

    List<String> models() {
        return models;
    }

    private Scenario scenario() throws Exception {
        Path example = Path.of("examples", name);
        Path data = example.resolve("data.sql");
        Scenario scenario = Scenario.of(
                "conformance_" + name,
                Files.readString(example.resolve("schema.sql")),
                models.stream()
                        .map(model -> Path.of("models", name, model + ".sql"))
                        .toArray(Path[]::new));
        scenario.set("olap.load.source", loadSource.name().toLowerCase(Locale.ROOT));
        if (Files.exists(data)) {
            scenario.postgres(Files.readString(data));
        }
        scenario.postgres(start);
        return scenario;
    }

    /** Plays the story and returns how it ends. */
    Outcome play(Runtime runtime) throws Exception {
        return play(runtime::processes);
    }

    /** @param pipeline makes the processes that are the pipeline of a scenario; none of them runs yet */
    Outcome play(Function<Scenario, List<Service>> pipeline) throws Exception {
        try (Scenario scenario = scenario()) {
            List<Service> processes = pipeline.apply(scenario);
            try {
                start(processes);
                scenario.awaitLoaded();
                for (int i = 0; i < changes.length; i++) {
                    if (i == changes.length / 2) {
                        restart(processes, scenario, changes[i]);
                    } else {
                        scenario.postgres(changes[i]);
                    }
                    scenario.awaitInSync();
                }
                return Outcome.of(scenario, models);
            } finally {
                processes.forEach(Service::close);
            }
        }
    }

    /** In the school all is down when the change is made; in the shop it is on its way while one by one is replaced. */
    private void restart(List<Service> processes, Scenario scenario, String change) throws Exception {
        if (this == SCHOOL) {
            processes.forEach(Service::stop);
            scenario.postgres(change);
            start(processes);
        } else {
            scenario.postgres(change);
            for (Service process : processes) {
                process.stop();
                process.start();
            }
        }
    }

    private static void start(List<Service> processes) {
        processes.parallelStream().forEach(Service::start);
    }
}

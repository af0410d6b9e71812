package dev.olapsync.demo;

import com.clickhouse.client.api.query.GenericRecord;
import dev.olapsync.config.Settings;
import dev.olapsync.devstack.ClickHouseServer;
import dev.olapsync.devstack.DevStack;
import dev.olapsync.devstack.DevStackException;
import dev.olapsync.devstack.Pipeline;
import dev.olapsync.devstack.PostgresServer;
import dev.olapsync.devstack.Service;
import dev.olapsync.model.Model;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.shop.ShopServer;
import dev.olapsync.status.Status;
import dev.olapsync.status.StatusClient;
import dev.olapsync.verify.Verdict;
import dev.olapsync.workload.ShopData;
import dev.olapsync.workload.ShopSize;
import dev.olapsync.workload.ShopWorkload;
import dev.olapsync.workload.WorkloadReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/** Fills a shop, lets the pipeline load it, changes it for a while, and compares every model with its SELECT. */
final class Demo implements AutoCloseable {

    private static final Path FOLDER = Path.of("target", "demo");
    private static final ShopSize SIZE = ShopSize.DEFAULT;
    private static final int WRITERS = 8;
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final int SHOWN_DIFFERENCES = 100;
    private static final int LOG_LINES = 20;

    private static final String MARKER = """
            INSERT INTO customers (email, name, country, city)
            VALUES ('the-last-change@example.com', 'The Last Change', 'Norway', 'Oslo') RETURNING id""";

    private static final String TAMPER = """
            INSERT INTO order_item_fact_rows
            SELECT * REPLACE ('Atlantis' AS customer_city, _version + 1 AS _version)
            FROM order_item_fact_rows FINAL WHERE id = %d""";

    private static final String ANALYTICS = """
            SELECT customer_country, product_category, count() AS items, sum(revenue) AS revenue
            FROM order_item_fact
            GROUP BY customer_country, product_category
            ORDER BY revenue DESC LIMIT 10""";

    private final DemoOptions options;
    private final PrintWriter out;
    private volatile DevStack stack;
    private volatile Pipeline pipeline;
    private volatile boolean keepData;
    private Path data;
    private volatile ShopServer page;
    private OlapSync observer;
    private StatusClient status;

    Demo(DemoOptions options, PrintWriter out) {
        this.options = options;
        this.out = out;
    }

    /** @return whether all tables are in sync */
    boolean run() throws Exception {
        out.printf(
                "olap-sync demo: %d s of %d transactions/s, seed %d%n",
                options.duration().toSeconds(), options.rate(), options.seed());
        startStack();
        fillShop();
        startPipeline();
        awaitInitialLoad();
        changeShop();
        awaitQuiet();
        if (options.tamper()) {
            tamper();
        }
        heading("Each view in ClickHouse against its SELECT in Postgres, row by row, value by value");
        Verdict verdict = Verdict.of(observer, SHOWN_DIFFERENCES, out);
        analyse();
        out.println();
        out.println(verdict);
        if (options.keep()) {
            keepRunning();
        }
        return verdict.inSync();
    }

    private void startStack() throws IOException {
        heading("The dev stack starts");
        Files.createDirectories(FOLDER);
        data = Files.createTempDirectory(FOLDER, "data");
        stack = DevStack.builder().dataDir(data).fsync(false).shortLived().start();
        for (Service service : stack.services()) {
            out.printf("  %-12s %s%n", service.name(), service.address());
        }
    }

    private void fillShop() throws SQLException {
        heading("The shop opens");
        ShopData.createSchema(shop());
        ShopData.fill(shop(), SIZE, options.seed());
        out.printf(
                "  %,d customers, %,d products, %,d orders, %,d items%n",
                SIZE.customers(), SIZE.products(), SIZE.orders(), SIZE.items());
    }

    private DataSource shop() {
        PGSimpleDataSource shop = new PGSimpleDataSource();
        shop.setUrl(stack.postgres().jdbcUrl(PostgresServer.DATABASE));
        shop.setUser(PostgresServer.USER);
        shop.setPassword(PostgresServer.PASSWORD);
        return shop;
    }

    private void startPipeline() throws Exception {
        heading("The pipeline starts");
        Map<String, String> settings = settings();
        observer = new OlapSync(Settings.of(settings::get));
        // here its message needs no search in a log
        observer.models();
        pipeline = new Pipeline(FOLDER.resolve("pipeline"), settings);
        Files.deleteIfExists(pipeline.log());
        out.printf("  %-12s %s%n", "Log", pipeline.log());
        try {
            pipeline.start();
        } catch (DevStackException e) {
            throw new DemoException(e.getMessage() + lastLogLines());
        }
        out.printf("  %-12s %s%n", "Status", pipeline.address());
        status = new StatusClient(new Settings.Status("localhost", pipeline.port(), ""));
    }

    private Map<String, String> settings() {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("postgres.host", "localhost");
        settings.put("postgres.port", String.valueOf(stack.postgres().port()));
        settings.put("postgres.database", PostgresServer.DATABASE);
        settings.put("postgres.user", PostgresServer.USER);
        settings.put("postgres.password", PostgresServer.PASSWORD);
        settings.put("kafka.brokers", stack.kafka().bootstrap());
        settings.put("clickhouse.url", stack.clickHouse().url());
        settings.put("clickhouse.user", ClickHouseServer.USER);
        settings.put("clickhouse.password", ClickHouseServer.PASSWORD);
        settings.put("olap.models", "models/shop");
        return settings;
    }

    private void awaitInitialLoad() throws Exception {
        heading("Initial load");
        long start = System.nanoTime();
        long total = 0;
        for (Model model : observer.models().all()) {
            total += count(model);
        }
        ProgressBar bar = new ProgressBar(out, total);
        boolean done = false;
        while (!done) {
            List<Status.Model> models = askPipeline().models();
            done = !models.isEmpty()
                    && models.stream()
                            .allMatch(model ->
                                    model.initial() != null && model.initial().done());
            bar.show(models.stream()
                    .map(Status.Model::initial)
                    .filter(Objects::nonNull)
                    .mapToLong(Status.InitialLoad::rows)
                    .sum());
            if (!done) {
                failAfter(PATIENCE, start, "The initial load");
                Thread.sleep(250);
            }
        }
        bar.end();
        out.printf("  done in %.1f s%n", seconds(start));
    }

    private long count(Model model) throws SQLException {
        try (Connection connection = stack.postgres().connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT count(*) FROM " + model.grain().quoted())) {
            row.next();
            return row.getLong(1);
        }
    }

    private void changeShop() throws Exception {
        heading("Orders, items, moves, renames, deletes come in");
        try (ShopWorkload workload = new ShopWorkload(shop(), options.seed(), options.rate(), WRITERS)) {
            WorkloadTable table = new WorkloadTable(out, askPipeline());
            workload.start();
            for (int second = 1; second <= options.duration().toSeconds(); second++) {
                Thread.sleep(Math.max(
                        0,
                        Duration.ofSeconds(second)
                                .minus(workload.report().elapsed())
                                .toMillis()));
                table.line(second, workload.report(), askPipeline());
            }
            workload.stop();
            report(workload.report());
        }
    }

    private void report(WorkloadReport done) {
        out.printf(
                "  %,d rows changed by %,d transactions (%.0f/s of the %d/s asked for): %,d committed, %,d rolled back"
                        + " on purpose, %,d failed, %,d retried after a deadlock; %d were long%n",
                done.changedRows(),
                done.transactions(),
                done.transactionsPerSecond(),
                options.rate(),
                done.committed(),
                done.rolledBack(),
                done.failed(),
                done.retries(),
                done.longTransactions());
        if (done.failed() > 0) {
            out.println("  errors by SQLSTATE: " + done.errors());
        }
    }

    /**
     * Waits until all that was committed has gone all the way: what was published before the last change may still wait in
     * other partitions when that one arrives.
     */
    private void awaitQuiet() throws Exception {
        heading("The writing stops");
        long start = System.nanoTime();
        long barrierMessage;
        try (Connection connection = stack.postgres().connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(MARKER)) {
            row.next();
            barrierMessage = row.getLong(1);
        }
        while (!arrived(barrierMessage) || waiting() > 0) {
            failAfter(PATIENCE, start, "Getting in sync");
            Thread.sleep(50);
        }
        out.printf("  the last change is through after %.2f s, nothing waits in the topics%n", seconds(start));
    }

    private boolean arrived(long customer) throws DemoException {
        failIfPipelineEnded();
        return !observer.clickHouse()
                .query("SELECT id FROM dim_customer WHERE id = {id:Int64}", Map.of("id", customer))
                .isEmpty();
    }

    private long waiting() throws Exception {
        return askPipeline().routes().stream()
                .filter(route -> route.waiting() != null)
                .mapToLong(Status.Route::waiting)
                .sum();
    }

    private void tamper() {
        List<GenericRecord> first = observer.clickHouse().query("SELECT min(id) AS id FROM order_item_fact", Map.of());
        long id = first.get(0).getLong("id");
        observer.clickHouse().execute(TAMPER.formatted(id));
        heading("Somebody changes a row in ClickHouse by hand: order_item_fact " + id + " is of Atlantis now");
    }

    private void analyse() {
        heading("A query for analysts, in ClickHouse");
        out.print(ANALYTICS.indent(2));
        out.println();
        out.printf("  %-20s %-20s %12s %18s%n", "customer_country", "product_category", "items", "revenue");
        for (GenericRecord row : observer.clickHouse().query(ANALYTICS, Map.of())) {
            out.printf(
                    "  %-20s %-20s %,12d %,18.2f%n",
                    row.getString("customer_country"),
                    row.getString("product_category"),
                    row.getLong("items"),
                    row.getBigDecimal("revenue"));
        }
    }

    private void keepRunning() throws Exception {
        int postgres = stack.postgres().port();
        page = new ShopServer(
                shop(),
                observer.clickHouse(),
                observer.models().all().stream().map(Model::name).toList());
        heading("Everything keeps running until Ctrl-C");
        out.printf("  %-20s %s%n", "The shop", page.address());
        out.printf("  %-20s http://127.0.0.1:%d%n", "The page of olap-sync", pipeline.port());
        heading("In another terminal:");
        out.printf("  psql -h localhost -p %d -U %s %s%n", postgres, PostgresServer.USER, PostgresServer.DATABASE);
        out.printf(
                "  psql -h localhost -p %d -U %s %s -c \"UPDATE customers SET city = 'Atlantis' WHERE id = 1\"%n",
                postgres, PostgresServer.USER, PostgresServer.DATABASE);
        out.printf(
                "  curl %s --data \"SELECT * FROM order_item_fact WHERE customer_city = 'Atlantis'\"%n",
                stack.clickHouse().url());
        out.printf("  curl %s%n", pipeline.address());
        out.printf("  OLAP_STATUS_PORT=%d target/olap-sync/bin/olap-sync status%n", pipeline.port());
        while (true) {
            failIfPipelineEnded();
            for (Service service : stack.services()) {
                if (!service.isRunning()) {
                    throw new DemoException(service.name() + " has ended by itself. Its log: " + service.log());
                }
            }
            Thread.sleep(1000);
        }
    }

    private Status askPipeline() throws Exception {
        failIfPipelineEnded();
        return status.read();
    }

    private void failIfPipelineEnded() throws DemoException {
        if (!pipeline.isRunning()) {
            throw new DemoException("The pipeline has ended by itself." + lastLogLines());
        }
    }

    private void failAfter(Duration patience, long start, String what) throws Exception {
        if (System.nanoTime() - start > patience.toNanos()) {
            List<String> failures = askPipeline().failures();
            throw new DemoException(what + " took more than " + patience.toMinutes() + " minutes. "
                    + (failures.isEmpty() ? "The pipeline says it is healthy." : String.join("\n", failures))
                    + lastLogLines());
        }
    }

    private String lastLogLines() {
        List<String> lines = new ArrayList<>();
        try {
            lines.addAll(Files.readAllLines(pipeline.log()));
        } catch (IOException e) {
            lines.add("(cannot be read: " + e.getMessage() + ")");
        }
        return "\nThe end of its log " + pipeline.log() + ":\n  "
                + String.join("\n  ", lines.subList(Math.max(0, lines.size() - LOG_LINES), lines.size()));
    }

    private void heading(String text) {
        out.println();
        out.println(text);
    }

    private static double seconds(long start) {
        return (System.nanoTime() - start) / 1e9;
    }

    /** Leaves the data and the logs of the dev stack behind, for a look at what went wrong. */
    void keepData() {
        keepData = true;
        out.println("The dev stack's data and logs stay in " + data + ".");
    }

    /** Ends everything; may be called while the demo runs, by another thread. */
    @Override
    public void close() {
        if (page != null) {
            page.close();
        }
        if (pipeline != null) {
            pipeline.kill();
        }
        if (stack != null && keepData) {
            stack.close();
        } else if (stack != null) {
            stack.discard();
        }
    }
}

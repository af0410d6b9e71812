package dev.olapsync.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.olapsync.model.Model;
import dev.olapsync.model.Models;
import dev.olapsync.tables.ClickHouseTables;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The view of a model, and in turns a MergeTree table with the rows that it shows, sorted by the same key and partitioned as the model's
 * table is. Of the rows of the view, 5 % have taken the place of an older version, and no merge has been asked for. The rows are
 * written directly to the table that olap-sync makes, in two ways: the changes concern the latest rows, as those of orders do, or rows of
 * all ages, as those of a parent do.
 */
final class ReadingBenchmark implements Benchmark {

    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final String NAME = "reading";
    private static final String MODEL = "order_item_fact";
    private static final String PLAIN = "plain";
    private static final int ROWS = 5_000_000;
    private static final int ROUNDS = 5;
    /** Usage counts hundredths of a second. */
    private static final int REPEATS = 4;

    private static final int LOADS = 20;
    private static final int INSERTS = 100;
    private static final int ITEMS = 3;
    private static final LocalDate FIRST_DAY = LocalDate.of(2024, 1, 1);
    private static final int DAYS = 730;

    /** Which rows change. */
    private enum Changes {
        /** Of the latest thirtieth, while a tenth of the rows comes. */
        LATEST,
        /** Of all ages. */
        SPREAD
    }

    /** The columns and the rest of each SELECT that is measured. */
    private static Map<String, String> queries(int rows) {
        LocalDate day = FIRST_DAY.plusDays(DAYS * 7L / 10);
        LocalDate last = FIRST_DAY.plusDays(DAYS - 14L);
        String week = "order_status, count(), sum(unit_price * quantity) FROM %s WHERE ";
        Map<String, String> queries = new LinkedHashMap<>();
        queries.put("count()", "count() FROM %s");
        queries.put(
                "scan, sums by status",
                "order_status, count(), sum(quantity), sum(unit_price) FROM %s GROUP BY 1 ORDER BY 1");
        queries.put(
                "scan, sums by country, category",
                "customer_country, product_category, sum(quantity), sum(unit_price * quantity) FROM %s"
                        + " GROUP BY 1, 2 ORDER BY 1, 2");
        queries.put("scan, sum by month", "toStartOfMonth(order_date), sum(quantity) FROM %s GROUP BY 1 ORDER BY 1");
        queries.put("one key", "* FROM %s WHERE id = " + rows / 3);
        queries.put(
                "range of keys",
                "count(), sum(quantity) FROM %s WHERE id BETWEEN " + rows / 3 + " AND " + (rows / 3 + rows / 100));
        queries.put("a week", week + between(day) + " GROUP BY 1 ORDER BY 1");
        queries.put("a week of the latest", week + between(last) + " GROUP BY 1 ORDER BY 1");
        queries.put(
                "a week, keys first",
                week + between(day) + " AND id IN (SELECT id FROM " + BenchShop.ROWS + " WHERE " + between(day)
                        + ") GROUP BY 1 ORDER BY 1");
        queries.put(
                "one status of five",
                "customer_country, count(), sum(quantity) FROM %s WHERE order_status = 'cancelled' GROUP BY 1 ORDER BY 1");
        queries.put("the ten greatest", "* FROM %s ORDER BY unit_price DESC, id LIMIT 10");
        queries.put("the ten latest", "* FROM %s ORDER BY order_date DESC, id LIMIT 10");
        return queries;
    }

    private static String between(LocalDate day) {
        return "order_date >= '" + day + "' AND order_date < '" + day.plusDays(7) + "'";
    }

    @Override
    public void run(Bed bed, Report report) throws Exception {
        int rows = bed.options().rows(bed.options().choose(ROWS / 10, ROWS));
        for (Changes changes : Changes.values()) {
            try (BenchShop shop = bed.shop(NAME)) {
                fill(shop, rows, changes);
                for (Map.Entry<String, String> query : queries(rows).entrySet()) {
                    compare(
                            shop,
                            changes.name().toLowerCase(Locale.ROOT) + ": " + query.getKey(),
                            query.getValue(),
                            Math.max(ROUNDS, bed.options().rounds()),
                            report);
                }
            }
        }
    }

    private static void fill(BenchShop shop, int rows, Changes changes) throws Exception {
        Path folder = Files.createDirectories(shop.folder("models"));
        Files.copy(Path.of("models", "shop", MODEL + ".sql"), folder.resolve(MODEL + ".sql"));
        Model model;
        try (Connection postgres = shop.postgres()) {
            model = Models.load(folder, postgres).find(MODEL).orElseThrow();
        }
        new ClickHouseTables(shop.clickHouse()).ensure(model);
        int loaded = changes == Changes.LATEST ? rows / 10 * 9 : rows;
        for (int range = 0; range < LOADS; range++) {
            insert(shop, rows, "number + " + range * (loaded / LOADS), 0, loaded / LOADS);
        }
        for (int insert = 1; insert <= INSERTS; insert++) {
            String change = "cityHash64(number, " + insert + ") % ";
            if (changes == Changes.LATEST) {
                int come = (rows - loaded) / INSERTS;
                insert(shop, rows, "number + " + (loaded + (insert - 1) * come), 2 * insert - 1, come);
                change = loaded + insert * come - 1 + " - " + change + rows / 30;
            } else {
                change += rows;
            }
            insert(shop, rows, change, 2 * insert, rows / 20 / INSERTS);
        }
        shop.settle();
        shop.clickHouse()
                .execute("CREATE TABLE " + PLAIN + " ENGINE = MergeTree ORDER BY id AS SELECT * FROM " + MODEL);
        shop.settle();
    }

    /** @param id SQL for the key of the row with this number @param change 0 for the load, the status of orders depends on it */
    private static void insert(BenchShop shop, int rows, String id, int change, int number) {
        int orders = rows / ITEMS;
        shop.clickHouse()
                .execute("INSERT INTO " + BenchShop.ROWS + " SELECT toInt64(" + id + ") AS id, intDiv(id, " + ITEMS
                        + ") AS order_id, toDateTime64('" + FIRST_DAY
                        + "', 6, 'UTC') + toIntervalSecond(intDiv(order_id * "
                        + DAYS * 86_400L + ", " + orders
                        + ") + cityHash64(order_id) % 3600) AS order_date,"
                        + " ['created', 'paid', 'shipped', 'delivered', 'cancelled'][1 + cityHash64(order_id, " + change
                        + ") % 5] AS order_status, cityHash64(order_id, 1) % 100000 AS customer_id,"
                        + " ['DE', 'FR', 'UK', 'US', 'IT'][1 + customer_id % 5] AS customer_country,"
                        + " 'City ' || toString(customer_id % 1000) AS customer_city, cityHash64(id, 2) % 10000 AS product_id,"
                        + " 'Product ' || toString(product_id) AS product_name,"
                        + " 'Category ' || toString(product_id % 20) AS product_category, 1 + cityHash64(id) % 5 AS quantity,"
                        + " toDecimal64(product_id % 1000, 2) / 7 AS unit_price, toString(quantity * unit_price) AS revenue,"
                        + " bitShiftLeft(toUInt128(" + change + "), 56) AS _version, 0 AS _deleted FROM numbers("
                        + number
                        + ")");
    }

    /** Both sides have to answer the same. */
    private static void compare(BenchShop shop, String subject, String query, int rounds, Report report)
            throws Exception {
        List<String> sides = List.of(MODEL, PLAIN);
        for (int round = 0; round <= rounds; round++) {
            JsonNode expected = null;
            for (String side : sides) {
                Usage start = shop.usage();
                JsonNode answer = null;
                for (int i = 0; i < REPEATS; i++) {
                    answer = ask(shop, query.formatted(side));
                }
                Usage used = shop.usage().since(start);
                if (expected != null && !expected.equals(answer.get("data"))) {
                    throw new IllegalStateException(subject + ": the view and the table answer differently");
                }
                expected = answer.get("data");
                // not those that fill the caches
                if (round > 0) {
                    report.add(NAME, subject, side + ", time", "ms", used.seconds() * 1000 / REPEATS, used);
                    report.add(
                            NAME,
                            subject,
                            side + ", processor time",
                            "ms",
                            used.of("ClickHouse") * 1000 / REPEATS,
                            used);
                }
                if (round == rounds) {
                    report.add(
                            NAME,
                            subject,
                            side + ", rows read",
                            "rows",
                            answer.get("statistics").get("rows_read").asDouble(),
                            used);
                }
            }
        }
        for (String what : List.of("time", "processor time")) {
            report.add(
                    NAME,
                    subject,
                    "view / plain, " + what,
                    "times",
                    report.median(NAME, subject, MODEL + ", " + what)
                            / Math.max(1, report.median(NAME, subject, PLAIN + ", " + what)),
                    new Usage(Map.of(), 0, 1));
        }
    }

    /** Without the cache in which ClickHouse notes which rows of a table without FINAL a condition has excluded before. */
    private static JsonNode ask(BenchShop shop, String query) throws IOException, InterruptedException {
        HttpResponse<byte[]> response = HTTP.send(
                HttpRequest.newBuilder(URI.create(shop.stack().clickHouse().url() + "/?database=" + shop.name()))
                        .POST(BodyPublishers.ofString(
                                "SELECT " + query + " SETTINGS use_query_condition_cache = 0 FORMAT JSONCompact"))
                        .build(),
                BodyHandlers.ofByteArray());
        if (response.statusCode() != 200) {
            throw new IllegalStateException(new String(response.body(), StandardCharsets.UTF_8));
        }
        return new ObjectMapper().readTree(response.body());
    }
}

package dev.olapsync.shop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.scenario.Scenario;
import dev.olapsync.status.Browser;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The shop of the demo: a change through the REST API, and the rows in ClickHouse that it touched. */
class ShopServerTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path SCREENSHOTS = Path.of("target", "screenshots");
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private String address;

    @Test
    void eachChangeShowsTheRowsThatItTouched() throws Exception {
        try (Scenario scenario = Scenario.example("shop", "shop_page", "dim_customer", "order_item_fact")) {
            scenario.start().awaitLoaded();
            OlapSync observer = new OlapSync(scenario.settings());
            try (ShopServer server = new ShopServer(
                    scenario.dataSource(), observer.clickHouse(), List.of("dim_customer", "order_item_fact"))) {
                address = server.address();
                JsonNode customer = json(send("POST", "/customers", """
                        {"email": "ada@example.com", "name": "Ada \\"Lace\\" Ж", "country": "Norway", "city": "Oslo"}"""), 201);
                long id = customer.get("id").asLong();
                assertThat(models(customer)).containsExactly("dim_customer 1");
                long product =
                        json(send("POST", "/products", """
                        {"name": "Kettle", "category": "Kitchen", "price": "19.90"}"""), 201).get("id").asLong();
                JsonNode order = json(send("POST", "/orders", """
                        {"customer_id": %d, "status": "paid", "items": [{"product_id": %d, "quantity": 2}, {"product_id": %d, "quantity": 1}]}""".formatted(id, product, product)), 201);
                assertThat(models(order)).containsExactly("order_item_fact 2");
                assertThat(order.at("/clickHouse/0/millis").asLong()).isPositive();

                JsonNode moved = json(send("PUT", "/customers/" + id, "{\"city\": \"Atlantis\"}"), 200);
                assertThat(models(moved)).containsExactlyInAnyOrder("dim_customer 1", "order_item_fact 2");
                assertThat(moved.toString()).contains("Atlantis", "Norway");
                JsonNode smaller = json(
                        send(
                                "PUT",
                                "/orders/" + order.get("id"),
                                "{\"items\": [{\"product_id\": %d, \"quantity\": 5}]}".formatted(product)),
                        200);
                assertThat(models(smaller)).containsExactly("order_item_fact 3");
                assertThat(json(send("GET", "/orders", ""), 200).at("/0/total").decimalValue())
                        .isEqualByComparingTo("99.50");

                assertThat(models(json(send("DELETE", "/customers/" + id, ""), 200)))
                        .containsExactlyInAnyOrder("dim_customer 1", "order_item_fact 1");
                assertThat(json(send("PUT", "/customers/" + id, "{\"city\": \"Rome\"}"), 404)
                                .get("error")
                                .asText())
                        .isEqualTo("There is no row " + id + " in customers.");
                assertThat(json(send("POST", "/products", "{\"name\": \"x\", \"price\": \"much\"}"), 400)
                                .get("error")
                                .asText())
                        .contains("numeric");
                assertThat(json(send("GET", "/pg_class", ""), 404).get("error").asText())
                        .contains("customers, products and orders");

                assertThat(send("GET", "/../openapi.json", "").body())
                        .contains("/shop/api/{table}/{id}", "The newest rows");
                assertThat(send("GET", "/..", "")
                                .headers()
                                .firstValue("content-type")
                                .orElse(""))
                        .startsWith("text/html");
                if (Browser.installed().isPresent()) {
                    thePageShowsThem();
                } else {
                    System.out.println("ShopServerTest: the page is not tested. " + Browser.HOW_TO_INSTALL);
                }
            } finally {
                observer.stop();
            }
            scenario.awaitInSync();
        }
    }

    private void thePageShowsThem() throws Exception {
        try (Browser browser = new Browser(Browser.installed().orElseThrow(), Files.createTempDirectory("chromium"))) {
            browser.look(1280, 900, false);
            browser.open(URI.create(address));
            await().until(() -> browser.text("#title").equals("customers in Postgres"));
            browser.enter("[name=email]", "grace@example.com");
            browser.enter("[name=name]", "<b>Grace</b>");
            browser.enter("[name=country]", "Norway");
            browser.enter("[name=city]", "Bergen");
            browser.click("#save");
            await().until(() -> browser.text("#effects").contains("dim_customer: 1 row after"));
            assertThat(browser.text("#effects")).contains("<b>Grace</b>", "Bergen");
            Files.createDirectories(SCREENSHOTS);
            browser.screenshot(SCREENSHOTS.resolve("shop.png"));
        }
    }

    private static List<String> models(JsonNode answer) {
        List<String> models = new ArrayList<>();
        answer.get("clickHouse")
                .forEach(effect -> models.add(
                        effect.get("model").asText() + " " + effect.get("rows").asLong()));
        return models;
    }

    private HttpResponse<String> send(String method, String path, String body) throws Exception {
        URI uri = URI.create(address + "/api" + path).normalize();
        return HTTP.send(
                HttpRequest.newBuilder(uri)
                        .header("Content-Type", "application/json")
                        .method(method, HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                BodyHandlers.ofString());
    }

    private static JsonNode json(HttpResponse<String> answer, int code) throws Exception {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(code);
        return JSON.readTree(answer.body());
    }
}

package dev.olapsync.shop;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.sql.DataSource;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/** Answers one request of the REST API: reads or changes Postgres, and reports what that did in ClickHouse. */
final class ShopRequest implements Processor {

    private static final int NEWEST = 20;
    private static final int BAD_REQUEST = 400;
    private static final int NOT_FOUND = 404;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final DataSource shop;
    private final Effects effects;

    ShopRequest(DataSource shop, Effects effects) {
        this.shop = shop;
        this.effects = effects;
    }

    @Override
    public void process(Exchange exchange) throws Exception {
        String body = exchange.getMessage().getBody(String.class);
        String method = exchange.getMessage().getHeader(Exchange.HTTP_METHOD, String.class);
        try {
            ShopTable table = ShopTable.of(exchange.getMessage().getHeader("table", String.class));
            if (method.equals("GET")) {
                try (Connection connection = shop.getConnection()) {
                    answer(exchange, 200, table.newest(connection, NEWEST));
                }
                return;
            }
            long id = method.equals("POST") ? 0 : exchange.getMessage().getHeader("id", Long.class);
            Change change = Change.of(shop, transaction -> switch (method) {
                case "POST" -> table.insert(transaction, body);
                case "PUT" -> table.update(transaction, id, body) ? id : 0;
                default -> table.delete(transaction, id) ? id : 0;
            });
            if (change.id() == 0) {
                answer(exchange, NOT_FOUND, error("There is no row " + id + " in " + table.sqlName() + "."));
                return;
            }
            Map<String, Object> answer = new LinkedHashMap<>();
            answer.put("id", change.id());
            answer.put("clickHouse", effects.of(change));
            answer(exchange, method.equals("POST") ? 201 : 200, JSON.writeValueAsString(answer));
        } catch (IllegalArgumentException e) {
            answer(exchange, NOT_FOUND, error("The tables are customers, products and orders; ids are whole numbers."));
        } catch (SQLException e) {
            answer(
                    exchange,
                    BAD_REQUEST,
                    error(e.getMessage().lines().findFirst().orElse("")));
        }
    }

    private static String error(String text) throws Exception {
        return JSON.writeValueAsString(Map.of("error", text));
    }

    private static void answer(Exchange exchange, int code, String json) {
        exchange.getMessage().removeHeaders("*");
        exchange.getMessage().setHeader(Exchange.HTTP_RESPONSE_CODE, code);
        exchange.getMessage().setHeader(Exchange.CONTENT_TYPE, "application/json");
        exchange.getMessage().setBody(json);
    }
}

package dev.olapsync.shop;

import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.devstack.Ports;
import java.util.List;
import java.util.Properties;
import javax.sql.DataSource;
import org.apache.camel.main.Main;

/** The shop on a port of its own, on the loopback interface only: {@code /shop} and {@code /shop/api}. */
public final class ShopServer implements AutoCloseable {

    private final Main main = new Main();
    private final int port = Ports.free();

    /**
     * Starts it.
     *
     * @param shop the database of the shop
     * @param clickHouse remains the caller's
     * @param models whose rows are shown
     */
    public ShopServer(DataSource shop, ClickHouse clickHouse, List<String> models) {
        Properties settings = new Properties();
        settings.put("camel.server.enabled", "true");
        settings.put("camel.server.host", "127.0.0.1");
        settings.put("camel.server.port", String.valueOf(port));
        main.setDefaultPropertyPlaceholderLocation("false");
        main.setOverrideProperties(settings);
        main.configure().withName("shop").withRoutesIncludePattern("classpath:dev/olapsync/shop/shop.camel.yaml");
        main.bind("shop-request", new ShopRequest(shop, new Effects(clickHouse, models)));
        main.start();
    }

    /** The address of the page. */
    public String address() {
        return "http://127.0.0.1:" + port + "/shop";
    }

    @Override
    public void close() {
        main.stop();
    }
}

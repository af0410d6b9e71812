package dev.olapsync.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.olapsync.devstack.Service;
import dev.olapsync.scenario.Scenario;
import dev.olapsync.workload.ShopData;
import dev.olapsync.workload.ShopSize;
import dev.olapsync.workload.ShopWorkload;
import dev.olapsync.workload.WorkloadReport;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * All pods are replaced while the shop changes, as {@code kubectl rollout restart} does it: capture after it has stopped,
 * the others after their successors are ready. Part of {@code mvn -Pconformance verify}.
 */
@EnabledIfSystemProperty(named = "conformance.all", matches = "true")
class RollingRestartIT {

    private static final ShopSize SIZE = new ShopSize(500, 100, 2_000, 6_000);
    private static final int RATE = 100;
    private static final int WRITERS = 4;
    private static final Duration PATIENCE = Duration.ofSeconds(120);

    private final HttpClient http = HttpClient.newHttpClient();

    @Test
    void noRowDiffersAfterwards() throws Exception {
        List<Service> running = new ArrayList<>();
        try (Scenario shop =
                Scenario.example("shop", "rolling", "dim_customer", "dim_product", "order_fact", "order_item_fact")) {
            ShopData.fill(shop.dataSource(), SIZE, 1);
            running.addAll(Pod.all(shop, "old"));
            running.forEach(Service::start);
            shop.awaitLoaded();
            try (ShopWorkload workload = new ShopWorkload(shop.dataSource(), 1, RATE, WRITERS)) {
                workload.start();
                replace(running, Pod.all(shop, "new"));
                workload.stop();
                WorkloadReport report = workload.report();
                System.out.printf(
                        "ROLLING RESTART: %,d pods replaced in %,d s, meanwhile %,d transactions changed %,d rows%n",
                        running.size(), report.elapsed().toSeconds(), report.transactions(), report.changedRows());
            }
            shop.awaitQuiet();
            assertThat(shop.command("verify")).contains("VERDICT: in sync", " 0 differences)");
        } finally {
            running.forEach(Service::close);
        }
    }

    private void replace(List<Service> running, List<Service> successors) throws Exception {
        for (int i = 0; i < successors.size(); i++) {
            Service old = running.get(i);
            Service successor = successors.get(i);
            // capture is the first, and there is one only
            if (i == 0) {
                old.stop();
            }
            running.set(i, successor);
            successor.start();
            await("ready").atMost(PATIENCE).until(() -> isReady(successor));
            old.stop();
        }
    }

    /** As the readiness probe asks. */
    private boolean isReady(Service pod) throws IOException, InterruptedException {
        URI health = URI.create(pod.address().replace("/status", "/health"));
        return http.send(HttpRequest.newBuilder(health).timeout(PATIENCE).build(), BodyHandlers.discarding())
                        .statusCode()
                == 200;
    }
}

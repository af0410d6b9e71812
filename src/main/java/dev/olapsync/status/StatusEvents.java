package dev.olapsync.status;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import dev.olapsync.status.StatusSampler.Sample;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Semaphore;

/** Sends each new status as a server-sent event, to a limited number of viewers, because each needs a thread. */
final class StatusEvents {

    private static final ObjectMapper JSON = new ObjectMapper();
    /** After this time without a sample, a comment detects whether the viewer is still connected. */
    private static final Duration SILENCE = Duration.ofSeconds(15);

    private final StatusSampler sampler;
    private final Semaphore places;

    StatusEvents(StatusSampler sampler, int places) {
        this.sampler = sampler;
        this.places = new Semaphore(places);
    }

    /** Ends when the viewer disconnects, or the server stops. */
    void stream(HttpExchange exchange) throws IOException {
        if (!places.tryAcquire()) {
            byte[] full = "Too many pages look on. Close some.\n".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(503, full.length);
            exchange.getResponseBody().write(full);
            return;
        }
        sampler.watch();
        try {
            exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
            exchange.getResponseHeaders().set("Cache-Control", "no-store");
            exchange.sendResponseHeaders(200, 0);
            send(exchange.getResponseBody());
        } finally {
            sampler.leave();
            places.release();
        }
    }

    private void send(OutputStream out) throws IOException {
        long number = 0;
        try {
            while (true) {
                Sample sample = sampler.after(number, SILENCE);
                out.write((sample.number() > number ? event(sample) : ":\n\n").getBytes(StandardCharsets.UTF_8));
                out.flush();
                number = sample.number();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static String event(Sample sample) throws IOException {
        return "data: "
                + JSON.writeValueAsString(Map.of(
                        "summary",
                        sample.status().summary(),
                        "failures",
                        sample.status().failures(),
                        "status",
                        sample.status()))
                + "\n\n";
    }
}

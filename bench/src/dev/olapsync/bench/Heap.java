package dev.olapsync.bench;

import dev.olapsync.devstack.Pipeline;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.regex.Pattern;

/**
 * What the metrics of a pipeline say about its heap.
 *
 * @param collecting seconds in which the collector stopped the process, since its start
 * @param held the share of the old generation that was in use after its last collection, 0 to 1
 */
record Heap(double collecting, double held) {

    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final Pattern PAUSES = Pattern.compile("^jvm_gc_pause_seconds_sum\\{.*?} (.*)$", Pattern.MULTILINE);
    private static final Pattern HELD = Pattern.compile("^jvm_memory_usage_after_gc\\{.*?} (.*)$", Pattern.MULTILINE);

    static Heap of(Pipeline pipeline) throws IOException, InterruptedException {
        URI metrics = URI.create(pipeline.address()).resolve("/metrics");
        String text = HTTP.send(HttpRequest.newBuilder(metrics).build(), BodyHandlers.ofString())
                .body();
        return new Heap(sum(PAUSES, text), sum(HELD, text));
    }

    private static double sum(Pattern line, String text) {
        return line.matcher(text)
                .results()
                .mapToDouble(result -> Double.parseDouble(result.group(1)))
                .sum();
    }
}

package dev.olapsync.status;

import dev.olapsync.config.Settings;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/** Reads the status of a running pipeline over HTTP. Thread safe. */
public final class StatusClient {

    private static final Duration PATIENCE = Duration.ofSeconds(15);

    private final HttpClient http = HttpClient.newHttpClient();
    private final URI uri;

    /** @throws IllegalArgumentException if the pipeline has no status port */
    public StatusClient(Settings.Status address) {
        if (address.port() == 0) {
            throw new IllegalArgumentException("olap.status.port is 0: the pipeline has no status endpoint."
                    + " Set it to a port and start the pipeline again.");
        }
        uri = URI.create("http://" + address.host() + ":" + address.port() + "/status");
    }

    /** @throws IOException if there is no answer; the message says what to do */
    public Status read() throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(uri).timeout(PATIENCE).build();
        HttpResponse<String> answer;
        try {
            answer = http.send(request, BodyHandlers.ofString());
        } catch (ConnectException e) {
            throw new IOException(
                    "No pipeline runs at " + uri + ". Start it with 'olap-sync run', or set olap.status.host"
                            + " and olap.status.port to where it listens.",
                    e);
        } catch (IOException e) {
            throw new IOException(
                    "No answer from " + uri + ": " + e.getMessage()
                            + ". The pipeline is starting or stopping, or something else listens there.",
                    e);
        }
        if (answer.statusCode() != 200) {
            throw new IOException(
                    uri + " answered " + answer.statusCode() + ". Is it the pipeline that listens there?");
        }
        return Status.fromJson(answer.body());
    }
}

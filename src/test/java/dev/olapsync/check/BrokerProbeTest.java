package dev.olapsync.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.olapsync.config.Settings;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BrokerProbeTest {

    private static final String TLS_ALERT = "15030300020250";
    private static final int LENGTH_OF_REQUEST = 23;

    /** Answers one connection with these bytes, or closes it. */
    private static ServerSocket answering(String hex) throws IOException {
        ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        CompletableFuture.runAsync(() -> {
            // the first connection only looks whether something listens
            for (int connections = 0; connections < 2; connections++) {
                try (Socket client = server.accept()) {
                    if (client.getInputStream().readNBytes(LENGTH_OF_REQUEST).length > 0) {
                        client.getOutputStream().write(HexFormat.of().parseHex(hex));
                    }
                } catch (IOException e) {
                    return;
                }
            }
        });
        return server;
    }

    @ParameterizedTest
    @CsvSource({
        TLS_ALERT + ", 2, answers with TLS",
        "45000000905346415441, 2, is no broker of Kafka",
        "00000010000000010000, 0, ''",
        "'', 0, ''"
    })
    void anAnswerThatTheClientWouldTakeForALengthIsRefused(String answer, int code, String message) throws Exception {
        try (ServerSocket server = answering(answer)) {
            StringWriter printed = new StringWriter();
            Findings findings = Findings.failures(new PrintWriter(printed));
            Settings settings = Settings.of(Map.of("kafka.brokers", "127.0.0.1:" + server.getLocalPort())::get);
            assertThat(new KafkaChecks(settings, findings).listens()).isEqualTo(code == 0);
            assertThat(findings.exitCode()).isEqualTo(code);
            assertThat(printed.toString()).contains(message).contains(code == 0 ? "" : "SASL_SSL");
        }
    }
}

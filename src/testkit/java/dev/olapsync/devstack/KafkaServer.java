package dev.olapsync.devstack;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import kafka.Kafka;
import kafka.tools.StorageTool;

/**
 * One Kafka broker that is its own controller. Topics have to be created: it makes none by itself. A second listener
 * calls itself by the address of a proxy, so that clients who come through the proxy stay on it.
 */
public final class KafkaServer extends Service {

    private static final Path CONFIGURATION = Path.of("server.properties");

    public static final String SECURE_USER = "olap_sync";
    public static final String SECURE_PASSWORD = "se\"cret";

    private static final String CLUSTER_ID = "olap-sync-dev-stack-AA";

    private final int controllerPort = Ports.free();
    private final int behindProxyPort = Ports.free();
    private final int proxyPort = Ports.free();
    private final int securePort = Ports.free();
    private final Certificate certificate;
    private final List<String> javaOptions;

    /**
     * @param certificate null for no TLS
     * @param javaOptions further ones
     */
    KafkaServer(Place place, Path home, Certificate certificate, List<String> javaOptions) {
        super("Kafka", place, home);
        this.certificate = certificate;
        this.javaOptions = javaOptions;
    }

    /** Where it speaks SASL_SSL, mechanism PLAIN, if it has a certificate; clients have to show the same one. */
    public String secureBootstrap() {
        return "localhost:" + securePort;
    }

    public String bootstrap() {
        return host() + ":" + port();
    }

    /** Where the broker listens for what a proxy forwards. */
    public int behindProxyPort() {
        return behindProxyPort;
    }

    /** Where a proxy has to listen, if there is to be one. */
    public int proxyPort() {
        return proxyPort;
    }

    @Override
    public String address() {
        return bootstrap();
    }

    @Override
    void prepare() throws IOException {
        Properties properties = new Properties();
        properties.put("process.roles", "broker,controller");
        properties.put("node.id", "1");
        properties.put("controller.quorum.voters", "1@127.0.0.1:" + controllerPort);
        properties.put("controller.listener.names", "CONTROLLER");
        properties.put(
                "listeners",
                "PLAINTEXT://127.0.0.1:" + port() + ",PROXY://127.0.0.1:" + behindProxyPort + ",CONTROLLER://127.0.0.1:"
                        + controllerPort);
        properties.put("advertised.listeners", "PLAINTEXT://127.0.0.1:" + port() + ",PROXY://127.0.0.1:" + proxyPort);
        properties.put("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,PROXY:PLAINTEXT,CONTROLLER:PLAINTEXT");
        if (certificate != null) {
            secure(properties);
        }
        properties.put("log.dirs", home().resolve("data").toString());
        properties.put("auto.create.topics.enable", "false");
        properties.put("default.replication.factor", "1");
        properties.put("offsets.topic.replication.factor", "1");
        properties.put("offsets.topic.num.partitions", "5");
        properties.put("transaction.state.log.replication.factor", "1");
        properties.put("transaction.state.log.min.isr", "1");
        properties.put("transaction.state.log.num.partitions", "5");
        properties.put("share.coordinator.state.topic.replication.factor", "1");
        properties.put("share.coordinator.state.topic.min.isr", "1");
        // after a kill the controller refuses the broker until its old session has expired
        properties.put("broker.session.timeout.ms", "3000");
        properties.put("broker.heartbeat.interval.ms", "500");
        properties.put("group.initial.rebalance.delay.ms", "0");
        properties.put("group.min.session.timeout.ms", "1000");
        properties.put("log.cleaner.dedupe.buffer.size", String.valueOf(16 << 20));
        try (var writer = Files.newBufferedWriter(home().resolve(CONFIGURATION), StandardCharsets.UTF_8)) {
            properties.store(writer, null);
        }
    }

    private void secure(Properties properties) {
        properties.merge("listeners", ",SECURE://127.0.0.1:" + securePort, (all, one) -> all.toString() + one);
        properties.merge(
                "advertised.listeners", ",SECURE://localhost:" + securePort, (all, one) -> all.toString() + one);
        properties.merge("listener.security.protocol.map", ",SECURE:SASL_SSL", (all, one) -> all.toString() + one);
        properties.put("listener.name.secure.ssl.keystore.type", "PEM");
        properties.put(
                "listener.name.secure.ssl.keystore.location",
                certificate.keyAndCertificate().toString());
        properties.put("listener.name.secure.ssl.truststore.type", "PEM");
        properties.put(
                "listener.name.secure.ssl.truststore.location",
                certificate.root().toString());
        properties.put("listener.name.secure.ssl.client.auth", "required");
        properties.put("listener.name.secure.sasl.enabled.mechanisms", "PLAIN");
        properties.put(
                "listener.name.secure.plain.sasl.jaas.config",
                "org.apache.kafka.common.security.plain.PlainLoginModule" + " required user_" + SECURE_USER + "=\""
                        + SECURE_PASSWORD.replace("\"", "\\\"") + "\";");
    }

    @Override
    ProcessBuilder command() {
        List<String> options = new ArrayList<>(javaOptions);
        options.addAll(List.of("-Xmx512m", "-Dlogback.configurationFile=dev/olapsync/devstack/logback-service.xml"));
        return java(options, Broker.class, home().resolve(CONFIGURATION));
    }

    @Override
    boolean isReady(String logged) {
        return logged.contains("Kafka Server started");
    }

    /** What runs in the broker's process: formats the storage when it is new, then serves. */
    static final class Broker {

        private Broker() {}

        public static void main(String[] arguments) {
            StorageTool.execute(
                    new String[] {"format", "--ignore-formatted", "--cluster-id", CLUSTER_ID, "--config", arguments[0]},
                    System.out);
            Kafka.main(arguments);
        }
    }
}

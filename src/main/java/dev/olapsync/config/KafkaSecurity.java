package dev.olapsync.config;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.common.config.SaslConfigs;
import org.apache.kafka.common.config.SslConfigs;

/** The properties with which Kafka clients reach brokers that require a login, or TLS. */
final class KafkaSecurity {

    private KafkaSecurity() {}

    static Map<String, String> of(Keys keys) {
        Map<String, String> security = new LinkedHashMap<>();
        String protocol = keys.text("kafka.security.protocol", "PLAINTEXT").toUpperCase(Locale.ROOT);
        security.put(CommonClientConfigs.SECURITY_PROTOCOL_CONFIG, protocol);
        if (protocol.startsWith("SASL")) {
            String mechanism = keys.text("kafka.sasl.mechanism", "PLAIN");
            security.put(SaslConfigs.SASL_MECHANISM, mechanism);
            security.put(
                    SaslConfigs.SASL_JAAS_CONFIG,
                    keys.text(
                            "kafka.sasl.jaas.config",
                            "org.apache.kafka.common.security."
                                    + (mechanism.startsWith("SCRAM")
                                            ? "scram.ScramLoginModule"
                                            : "plain.PlainLoginModule")
                                    + " required username=" + quoted(keys.text("kafka.user", "")) + " password="
                                    + quoted(keys.secret("kafka.password", "")) + ";"));
        }
        pem(
                security,
                SslConfigs.SSL_TRUSTSTORE_TYPE_CONFIG,
                SslConfigs.SSL_TRUSTSTORE_LOCATION_CONFIG,
                keys.text("kafka.ssl.truststore", ""));
        pem(
                security,
                SslConfigs.SSL_KEYSTORE_TYPE_CONFIG,
                SslConfigs.SSL_KEYSTORE_LOCATION_CONFIG,
                keys.text("kafka.ssl.keystore", ""));
        return security;
    }

    private static void pem(Map<String, String> security, String type, String location, String file) {
        if (!file.isEmpty()) {
            security.put(type, "PEM");
            security.put(location, file);
        }
    }

    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}

package dev.olapsync.config;

import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/** The sources of settings outside of Camel: the environment, then system properties, then the file. */
final class SettingsSources {

    private static final String BYTE_ORDER_MARK = "\uFEFF";
    private static final Pattern SERVICE_LINK = Pattern.compile("(tcp|udp|sctp)://\\S+:\\d+");

    private SettingsSources() {}

    /**
     * The value of each key; null for a key that is not set.
     *
     * @param file need not exist
     * @throws IllegalArgumentException if it is not UTF-8, or if a password is set twice
     */
    static UnaryOperator<String> with(Path file) throws IOException {
        Properties properties = new Properties();
        if (Files.exists(file)) {
            properties.load(new StringReader(text(file)));
        }
        UnaryOperator<String> values =
                key -> outsideOfFile(key) != null ? outsideOfFile(key) : properties.getProperty(key);
        // Camel would use one of them, and we the other
        for (String secret : List.of(Settings.POSTGRES_PASSWORD, Settings.CLICKHOUSE_PASSWORD)) {
            if (outsideOfFile(secret) != null && values.apply(secret + Keys.FILE) != null) {
                throw new IllegalArgumentException(secret + Keys.FILE + " is set, and " + secret
                        + " in the environment or as a system property too. Take one of them away.");
            }
        }
        return values;
    }

    private static String text(Path file) throws IOException {
        try {
            String text = Files.readString(file);
            if (text.startsWith(BYTE_ORDER_MARK)) {
                throw new IllegalArgumentException(
                        file + " begins with a byte order mark. Save it as UTF-8 without one.");
            }
            return text;
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException(file + " is not UTF-8 text. Save it as UTF-8.", e);
        }
    }

    private static String outsideOfFile(String key) {
        String fromEnvironment = System.getenv(key.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_"));
        return fromEnvironment != null && !isServiceLink(fromEnvironment) ? fromEnvironment : System.getProperty(key);
    }

    /**
     * Whether Kubernetes made the variable: of a Service named {@code postgres} each pod of its namespace gets
     * {@code POSTGRES_PORT=tcp://10.0.0.1:5432}.
     *
     * @see <a href="https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables">Kubernetes:
     *      Services, environment variables</a>
     */
    static boolean isServiceLink(String value) {
        return SERVICE_LINK.matcher(value).matches();
    }
}

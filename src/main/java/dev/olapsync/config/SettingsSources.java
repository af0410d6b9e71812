package dev.olapsync.config;

import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The sources of settings outside of Camel: the environment, then system properties, then the file. */
final class SettingsSources {

    private static final String BYTE_ORDER_MARK = "\uFEFF";
    private static final Pattern SERVICE_LINK = Pattern.compile("(tcp|udp|sctp)://\\S+:\\d+");

    private final Path file;
    private final Properties properties = new Properties();

    /**
     * @param file need not exist
     * @throws IllegalArgumentException if it is not UTF-8, if a password is set twice, or if a key or a value is wrong
     */
    SettingsSources(Path file) throws IOException {
        this.file = file;
        if (Files.exists(file)) {
            properties.load(new StringReader(text(file)));
        }
        // Camel would use one of them, and we the other
        for (String secret : List.of(Settings.POSTGRES_PASSWORD, Settings.CLICKHOUSE_PASSWORD)) {
            if (outsideOfFile(secret) != null && value(secret + Keys.FILE) != null) {
                throw new IllegalArgumentException(secret + Keys.FILE + " is set, and " + secret
                        + " in the environment or as a system property too. Take one of them away.");
            }
        }
        KnownKeys.refuseUnknown(properties.stringPropertyNames(), this::source);
        KnownKeys.refuseUnknown(System.getProperties().stringPropertyNames(), this::source);
        KnownKeys.refuseSlips(
                System.getenv().keySet().stream()
                        .map(variable -> variable.toLowerCase(Locale.ROOT).replace('_', '.'))
                        // POSTGRES_PORT=tcp://... is of Kubernetes
                        .filter(key -> fromEnvironment(key) != null)
                        .collect(Collectors.toSet()),
                this::source,
                // a variable of another program can look like ours
                meant -> fromEnvironment(meant) == null);
        KnownKeys.check(this::value, this::source);
    }

    /** Null for a key that is not set. */
    String value(String key) {
        String outside = outsideOfFile(key);
        return outside != null ? outside : properties.getProperty(key);
    }

    private String source(String key) {
        if (fromEnvironment(key) != null) {
            return "from the environment variable " + variable(key);
        }
        return System.getProperty(key) != null ? "from the system property" : "in " + file;
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
        String fromEnvironment = fromEnvironment(key);
        return fromEnvironment != null ? fromEnvironment : System.getProperty(key);
    }

    private static String fromEnvironment(String key) {
        String value = System.getenv(variable(key));
        return value != null && !isServiceLink(value) ? value : null;
    }

    static String variable(String key) {
        return key.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_");
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

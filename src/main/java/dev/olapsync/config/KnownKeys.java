package dev.olapsync.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/** The keys of the configuration, and the values that each can have. */
final class KnownKeys {

    private static final String TOPIC_PREFIX = "1 to 100 of the characters a-z, A-Z, 0-9, '.', '_' and '-'";
    /** The prefix of our own keys; routes may have keys of their own with other prefixes. */
    private static final String OURS = "olap.";

    private static final List<String> PREFIXES = List.of(OURS, "postgres.", "kafka.", "clickhouse.");

    /** Maximum number of characters in which a key can differ from the key that was meant. */
    private static final int SLIP = 2;

    /** A description of the valid values, and the test of a value. */
    private record Rule(String expected, Predicate<String> holds) {}

    private static final Map<String, Rule> RULES = rules();

    private KnownKeys() {}

    private static Map<String, Rule> rules() {
        Map<String, Rule> rules = new LinkedHashMap<>();
        Rule filled = new Rule("a text that is not empty", value -> !value.isBlank());
        // the commands check and run describe what is wrong with these, together with the other prerequisites
        Rule checkedLater = filled;
        Rule anything = new Rule("a text", value -> true);
        Rule file = new Rule(
                "a file that can be read", value -> value.isBlank() || Files.isReadable(Path.of(value.strip())));
        rules.put("postgres.host", filled);
        rules.put("postgres.port", whole(1, 65_535));
        rules.put("postgres.database", filled);
        rules.put("postgres.user", filled);
        rules.put("postgres.password", anything);
        rules.put("postgres.password.file", anything);
        rules.put("postgres.slot", checkedLater);
        rules.put("postgres.publication", matching("a name of 1 to 63 characters", ".{0,62}\\S"));
        rules.put(
                "postgres.sslmode",
                oneOf(List.of("disable", "allow", "prefer", "require", "verify-ca", "verify-full")));
        rules.put("postgres.sslrootcert", file);
        rules.put("postgres.sslcert", file);
        rules.put("postgres.sslkey", file);
        rules.put("postgres.lookup.host", anything);
        rules.put("postgres.lookup.port", whole(1, 65_535));
        rules.put("postgres.lookup.wait.millis", whole(1, 60_000));
        rules.put("kafka.brokers", checkedLater);
        rules.put(
                "kafka.security.protocol",
                matching("PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL", "(?i)(SASL_)?(PLAINTEXT|SSL)"));
        rules.put("kafka.sasl.mechanism", filled);
        rules.put("kafka.sasl.jaas.config", anything);
        rules.put("kafka.user", anything);
        rules.put("kafka.password", anything);
        rules.put("kafka.password.file", anything);
        rules.put("kafka.ssl.truststore", file);
        rules.put("kafka.ssl.keystore", file);
        rules.put("clickhouse.url", checkedLater);
        rules.put("clickhouse.database", filled);
        rules.put("clickhouse.user", filled);
        rules.put("clickhouse.password", anything);
        rules.put("clickhouse.password.file", anything);
        rules.put("clickhouse.sslrootcert", file);
        rules.put("clickhouse.cluster", anything);
        rules.put("olap.models", new Rule("a folder", value -> !value.isBlank()));
        rules.put("olap.epoch", whole(0, 65_535));
        rules.put(
                "olap.timezone",
                new Rule("the name of a time zone, such as UTC or Europe/Berlin", KnownKeys::isTimeZone));
        rules.put("olap.batch.rows", whole(1, Integer.MAX_VALUE));
        rules.put("olap.batch.bytes", whole(1, Integer.MAX_VALUE));
        rules.put("olap.batch.millis", whole(1, 600_000));
        rules.put("olap.load.source", oneOf(List.of("copy", "snapshot")));
        rules.put("olap.load.threads", whole(1, 4));
        rules.put("olap.rebuild.rows.per.second", whole(0, Integer.MAX_VALUE));
        rules.put("olap.models.watch", oneOf(List.of("true", "false")));
        rules.put("olap.generation.keep.seconds", whole(0, Integer.MAX_VALUE));
        rules.put(
                "olap.tombstones.keep.seconds",
                matching("a whole number of seconds, 1 or more, or -1 for ever", "-1|[1-9]\\d{0,8}"));
        rules.put("olap.rebuild.after.loss", oneOf(List.of("ask", "auto")));
        rules.put("olap.schema.changes", oneOf(List.of("rebuild", "stop")));
        rules.put("olap.topic.partitions", whole(1, 10_000));
        rules.put(
                "olap.topic.retention.millis",
                matching("a whole number, 1 or more, or -1 for no limit", "-1|[1-9]\\d{0,17}"));
        rules.put("olap.topic.refresh.millis", whole(1, 3_600_000));
        rules.put("olap.topic.changes", matching(TOPIC_PREFIX, "[a-zA-Z0-9._-]{1,100}"));
        rules.put("olap.topic.changes.value.bytes", whole(1, 262_144));
        rules.put("olap.topic.rows", matching(TOPIC_PREFIX, "[a-zA-Z0-9._-]{1,100}"));
        rules.put("olap.group", filled);
        rules.put("olap.status.host", filled);
        rules.put("olap.status.port", whole(0, 65_535));
        rules.put("olap.status.token", anything);
        rules.put("olap.status.token.file", anything);
        rules.put("olap.verify.continuous", oneOf(List.of("true", "false")));
        rules.put("olap.verify.rows.per.second", whole(1, Integer.MAX_VALUE));
        rules.put("olap.verify.pause.seconds", whole(0, Integer.MAX_VALUE));
        return rules;
    }

    /** Postgres has the zones of Java, except for SystemV, which it would take for an offset. */
    private static boolean isTimeZone(String value) {
        String zone = value.strip();
        return !zone.startsWith("SystemV/") && ZoneId.getAvailableZoneIds().contains(zone);
    }

    private static Rule whole(long least, long most) {
        String range = most >= Integer.MAX_VALUE ? least + " or more" : least + " to " + most;
        return new Rule("a whole number, " + range, value -> {
            try {
                long number = Long.parseLong(value.strip());
                return number >= least && number <= most;
            } catch (NumberFormatException e) {
                return false;
            }
        });
    }

    private static Rule oneOf(List<String> values) {
        int last = values.size() - 1;
        return new Rule(
                String.join(", ", values.subList(0, last)) + " or " + values.get(last),
                value -> values.contains(value.strip()));
    }

    private static Rule matching(String expected, String pattern) {
        Predicate<String> matches = Pattern.compile(pattern).asMatchPredicate();
        return new Rule(expected, value -> matches.test(value.strip()));
    }

    static Set<String> all() {
        return RULES.keySet();
    }

    /**
     * @param values null for a key that is not set
     * @param source where the value of a key comes from, in words; empty if unknown
     * @throws IllegalArgumentException names the first key with a wrong value, and its valid values
     */
    static void check(UnaryOperator<String> values, UnaryOperator<String> source) {
        RULES.forEach((key, rule) -> {
            String value = values.apply(key);
            if (value != null && !rule.holds().test(value)) {
                throw new IllegalArgumentException(
                        key + " must be " + rule.expected() + ", not '" + value + "'" + from(source.apply(key)));
            }
        });
    }

    /**
     * @param keys that are set in any source
     * @throws IllegalArgumentException for an unknown key with our prefix, or one that is nearly equal to one of
     *     our keys
     */
    static void refuseUnknown(Set<String> keys, UnaryOperator<String> source) {
        refuseSlips(keys, source, meant -> true);
        keys.stream()
                .filter(key -> key.startsWith(OURS) && !RULES.containsKey(key))
                .findFirst()
                .ifPresent(key -> {
                    throw new IllegalArgumentException(
                            "There is no key " + key + from(source.apply(key)) + ". README.md lists the keys.");
                });
    }

    /**
     * @param counts whether a key that is nearly equal to this one of ours is a slip
     * @throws IllegalArgumentException for such a key
     */
    static void refuseSlips(Set<String> keys, UnaryOperator<String> source, Predicate<String> counts) {
        for (String key : keys) {
            if (!RULES.containsKey(key) && PREFIXES.stream().anyMatch(key::startsWith)) {
                nearest(key).filter(counts).ifPresent(near -> {
                    throw new IllegalArgumentException(
                            "There is no key " + key + from(source.apply(key)) + ". Is " + near + " meant?");
                });
            }
        }
    }

    private static String from(String source) {
        return source.isEmpty() ? "" : " (" + source + ")";
    }

    private static Optional<String> nearest(String key) {
        return RULES.keySet().stream()
                .filter(known -> distance(key, known) <= SLIP)
                .min(Comparator.comparingInt(known -> distance(key, known)));
    }

    /** Number of characters to insert, delete or replace (Levenshtein distance). */
    private static int distance(String one, String other) {
        int[] before = new int[other.length() + 1];
        for (int j = 0; j < before.length; j++) {
            before[j] = j;
        }
        for (int i = 1; i <= one.length(); i++) {
            int[] now = new int[before.length];
            now[0] = i;
            for (int j = 1; j < now.length; j++) {
                int replaced = before[j - 1] + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                now[j] = Math.min(replaced, 1 + Math.min(before[j], now[j - 1]));
            }
            before = now;
        }
        return before[other.length()];
    }
}

package dev.olapsync.kafka;

import dev.olapsync.postgres.TableName;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** The names of the topics of changes, one for each table. Thread safe. */
final class TableTopics {

    private static final int LONGEST = 249;

    private final String prefix;
    private final List<String> others;
    private final Supplier<Set<String>> existing;
    private final Map<TableName, String> names = new ConcurrentHashMap<>();

    /**
     * @param prefix with a dot at the end
     * @param others names of the other topics of the pipeline
     * @param existing queries the broker for the names of all topics
     */
    TableTopics(String prefix, List<String> others, Supplier<Set<String>> existing) {
        this.prefix = prefix;
        this.others = others;
        this.existing = existing;
    }

    /**
     * Characters that a topic name cannot contain are written as {@code _uXXXX}. A name ends with a hash if it would be
     * too long, or if the broker would refuse it because of another topic: {@code .} and {@code _} are equal to the
     * broker. An existing topic keeps its name. The first call queries the broker.
     */
    String of(TableName table) {
        String known = names.get(table);
        return known != null ? known : of(new TreeSet<>(Set.of(table))).get(0);
    }

    /** The same for several tables, in their order. */
    synchronized List<String> of(SortedSet<TableName> tables) {
        if (!names.keySet().containsAll(tables)) {
            Set<String> existing = this.existing.get();
            Map<String, String> taken = new HashMap<>();
            Stream.of(existing, others, names.values())
                    .flatMap(Collection::stream)
                    .forEach(name -> taken.put(withoutDots(name), name));
            for (TableName table : tables) {
                String name = names.computeIfAbsent(table, missing -> free(ofTable(missing), existing, taken));
                taken.put(withoutDots(name), name);
            }
        }
        return tables.stream().map(names::get).toList();
    }

    /** Another process may have created a topic with this name meanwhile. */
    void forget() {
        names.clear();
    }

    private static String free(String name, Set<String> existing, Map<String, String> taken) {
        String other = hashed(name, name.length());
        boolean refused = !taken.getOrDefault(withoutDots(name), name).equals(name);
        return refused || existing.contains(other) ? other : name;
    }

    private static String withoutDots(String topic) {
        return topic.replace('.', '_');
    }

    private String ofTable(TableName table) {
        String topic = prefix + escape(table.schema()) + "." + escape(table.name());
        return topic.length() <= LONGEST ? topic : hashed(topic, LONGEST);
    }

    private static String hashed(String topic, int longest) {
        String hash = "_" + HexFormat.of().toHexDigits(topic.hashCode());
        return topic.substring(0, Math.min(longest, LONGEST - hash.length())) + hash;
    }

    private static String escape(String name) {
        StringBuilder escaped = new StringBuilder();
        name.codePoints().forEach(c -> {
            boolean plain = c < 128 && (Character.isLetterOrDigit(c) || c == '_' || c == '-');
            escaped.append(plain ? Character.toString(c) : String.format(Locale.ROOT, "_u%04x", c));
        });
        return escaped.toString();
    }
}

package dev.olapsync.schema;

import dev.olapsync.Settings;
import dev.olapsync.model.Models;
import dev.olapsync.model.TableName;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicListing;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;

/**
 * The topics: {@code cdc.<schema>.<table>} for changes, {@code olap.<model>} for finished rows, {@code olap.dlq} for what
 * could not be processed, {@code olap-fanout} for the work of the lane of hot parents. The first words can be
 * configured, for several pipelines on one broker.
 */
public final class Topics implements AutoCloseable {

    /** The largest value that a record can have; what is larger has to take another way. */
    public static final int LARGEST_VALUE = 32 << 20;

    /** The largest record: with key, headers, and what compression can add in the worst case. */
    private static final int LARGEST_RECORD = LARGEST_VALUE + (1 << 20);

    private static final int LONGEST = 249;
    private static final short BROKERS_DEFAULT = -1;
    private static final ListTopicsOptions SOON = new ListTopicsOptions().timeoutMs(2_000);

    private final Settings settings;
    private final String changes;
    private final String rows;
    private final Map<TableName, String> ofTables = new ConcurrentHashMap<>();
    private final Set<String> known = ConcurrentHashMap.newKeySet();
    private Admin admin;

    public Topics(Settings settings) {
        this.settings = settings;
        this.changes = settings.olap().changesTopic() + ".";
        this.rows = settings.olap().rowsTopic() + ".";
    }

    /** Letters that a topic cannot have are written as {@code _uXXXX}; names that are too long end in a hash. */
    public String changes(TableName table) {
        return ofTables.computeIfAbsent(table, this::ofTable);
    }

    private String ofTable(TableName table) {
        String topic = changes + escape(table.schema()) + "." + escape(table.name());
        return topic.length() <= LONGEST
                ? topic
                : topic.substring(0, LONGEST - 9) + "_" + String.format("%08x", topic.hashCode());
    }

    /** Of the hints that were written into the log by hand, see {@link dev.olapsync.enrich.Hint}. */
    public String hints() {
        return changes + "message";
    }

    public String rows(String model) {
        return rows + model;
    }

    /** How far capture has come; not among the topics of changes, whose names begin with the same word and a dot. */
    public String captured() {
        return settings.olap().changesTopic() + "-captured";
    }

    public String deadLetters() {
        return rows + "dlq";
    }

    /** Of the lane of hot parents, see {@link dev.olapsync.enrich.FanOut}; no pattern of another consumer has it. */
    public String fanOut() {
        return settings.olap().rowsTopic() + "-fanout";
    }

    /** The same of each topic: the largest batch of records that it takes, in bytes. */
    public static int maxMessageBytes() {
        return LARGEST_RECORD;
    }

    /** The model whose finished rows the topic holds. */
    public String modelOf(String topic) {
        if (!topic.startsWith(rows)) {
            throw new IllegalArgumentException("Not a topic of finished rows: " + topic);
        }
        return topic.substring(rows.length());
    }

    private static String escape(String name) {
        StringBuilder escaped = new StringBuilder();
        name.codePoints().forEach(c -> {
            boolean plain = c < 128 && (Character.isLetterOrDigit(c) || c == '_' || c == '-');
            escaped.append(plain ? Character.toString(c) : String.format("_u%04x", c));
        });
        return escaped.toString();
    }

    /** The topics that these models need. */
    public List<String> names(Models models) {
        List<String> names = new ArrayList<>(List.of(captured(), hints(), deadLetters(), fanOut(), rows(Truncates.MODEL)));
        models.tables().forEach(table -> names.add(changes(table)));
        models.targets().forEach(target -> names.add(rows(target)));
        return names;
    }

    /** The topics of these models whose records must not be lost: all but the dead letters. */
    public Set<String> lasting(Models models) {
        Set<String> names = new HashSet<>(names(models));
        names.remove(deadLetters());
        return names;
    }

    /** How a topic is created. */
    public NewTopic definition(String name) {
        if (name.equals(captured())) {
            return new NewTopic(name, 1, BROKERS_DEFAULT).configs(Map.of(
                    TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT));
        }
        return new NewTopic(name, Optional.of(settings.olap().topicPartitions()), Optional.empty()).configs(Map.of(
                TopicConfig.RETENTION_MS_CONFIG, Long.toString(settings.olap().topicRetentionMillis()),
                TopicConfig.MAX_MESSAGE_BYTES_CONFIG, Integer.toString(LARGEST_RECORD)));
    }

    /** Creates the topics of these models that do not exist yet. */
    public void create(Models models) throws InterruptedException {
        create(names(models));
    }

    /** Creates a topic that does not exist yet; cheap when it has been asked for before. Thread safe. */
    public void ensure(String topic) throws InterruptedException {
        if (!known.contains(topic)) {
            create(List.of(topic));
        }
    }

    private void create(List<String> names) throws InterruptedException {
        try {
            Set<String> existing = admin().listTopics().names().get();
            List<NewTopic> missing = names.stream()
                    .filter(name -> !existing.contains(name))
                    .map(this::definition)
                    .toList();
            for (var created : admin().createTopics(missing).values().values()) {
                try {
                    created.get();
                } catch (ExecutionException e) {
                    if (!(e.getCause() instanceof TopicExistsException)) {
                        throw e;
                    }
                }
            }
            known.addAll(names);
        } catch (ExecutionException e) {
            throw new IllegalStateException("The topics cannot be created at " + settings.kafka().brokers() + ": "
                    + e.getCause().getMessage(), e);
        }
    }

    /**
     * The topics that there are, with their ids: a topic that was deleted and made again has another one. A broker that
     * gives no ids gives the same for all.
     */
    public Map<String, String> ids() throws ExecutionException, InterruptedException {
        Map<String, String> ids = new HashMap<>();
        for (TopicListing topic : admin().listTopics(SOON).listings().get()) {
            ids.put(topic.name(), topic.topicId().toString());
        }
        return ids;
    }

    private synchronized Admin admin() {
        if (admin == null) {
            admin = admin(settings.kafka(), Map.of());
        }
        return admin;
    }

    /** Kafka looks for its classes with the thread's class loader, which under the Camel CLI does not know them. */
    static Admin admin(Settings.Kafka kafka, Map<String, Object> properties) {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(Admin.class.getClassLoader());
        try {
            return Admin.create(kafka.client(properties));
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    @Override
    public synchronized void close() {
        if (admin != null) {
            admin.close();
            admin = null;
        }
    }
}

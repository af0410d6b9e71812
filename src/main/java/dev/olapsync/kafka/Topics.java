package dev.olapsync.kafka;

import dev.olapsync.config.Settings;
import dev.olapsync.model.Models;
import dev.olapsync.model.VersionCutoffs;
import dev.olapsync.postgres.TableName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicListing;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicExistsException;

/**
 * The topics: {@code cdc.<schema>.<table>} for changes, {@code olap.<model>} for output rows, {@code olap.dlq} for
 * dead letters, {@code olap-fanout} for the work of the fan-out. The prefixes can be configured, for several pipelines
 * on one broker.
 */
public final class Topics implements AutoCloseable {

    /** The largest value of a record, in bytes. Larger values must take another way. */
    public static final int LARGEST_VALUE = 32 << 20;

    /** The largest record, in bytes: with key, headers, and the overhead of compression in the worst case. */
    private static final int LARGEST_RECORD = LARGEST_VALUE + (1 << 20);

    /**
     * The largest output row that becomes a record, in bytes, so that the sum of many rows has a maximum.
     * A larger row is written directly to ClickHouse.
     */
    public static final int LARGEST_ROW = 256 << 10;

    /** The suffixes of the topics by which a pipeline is recognised; no other topics have them. */
    public static final String CAPTURED = "-captured";

    static final String FAN_OUT = "-fanout";
    /** The rest of a name after the prefix of the topics of rows. */
    public static final String DEAD_LETTERS = ".dlq";

    private static final short BROKERS_DEFAULT = -1;
    private static final ListTopicsOptions SHORT_TIMEOUT = new ListTopicsOptions().timeoutMs(10_000);
    private static final Duration HEARD_OF = Duration.ofSeconds(10);
    private static final long PAUSE_MILLIS = 20;

    private final Settings settings;
    private final String changes;
    private final String rows;
    private final TopicSettings topicSettings;
    private final TableTopics ofTables;
    private final Set<String> known = ConcurrentHashMap.newKeySet();
    private Admin admin;

    public Topics(Settings settings) {
        this.settings = settings;
        this.changes = settings.olap().changesTopic() + ".";
        this.rows = settings.olap().rowsTopic() + ".";
        this.topicSettings = new TopicSettings(settings.olap(), this);
        this.ofTables = new TableTopics(changes, ofNoTable(), this::existing);
    }

    /** The topic of the changes of a table, see {@link TableTopics}. Asks the broker the first time. */
    public String changes(TableName table) {
        return ofTables.of(table);
    }

    /**
     * The topic of the refresh requests and barrier messages in the log, see
     * {@link dev.olapsync.postgres.RefreshRequest}.
     */
    public String refreshRequests() {
        return changes + "message";
    }

    public String rows(String model) {
        return rows + model;
    }

    /**
     * The topic of the captured positions. It is not among the topics of changes, whose names begin with the same
     * prefix and a dot.
     */
    public String captured() {
        return captured(settings.olap());
    }

    /** The same, without a broker. */
    public static String captured(Settings.Olap settings) {
        return settings.changesTopic() + CAPTURED;
    }

    public String deadLetters() {
        return settings.olap().rowsTopic() + DEAD_LETTERS;
    }

    /**
     * The topic of the fan-out, see {@link dev.olapsync.enrich.FanOutRequest}. No pattern of another consumer matches
     * it.
     */
    public String fanOut() {
        return settings.olap().rowsTopic() + FAN_OUT;
    }

    /** The same for each topic: the largest batch of records that it accepts, in bytes. */
    public static int maxMessageBytes() {
        return LARGEST_RECORD;
    }

    /** Whether the name can be that of a topic of changes; the route enrich reads all topics with such names. */
    public boolean isOfChanges(String topic) {
        return topic.startsWith(changes)
                && topic.chars().skip(changes.length()).filter(c -> c == '.').count() <= 1;
    }

    /** Whether the name can be that of a topic of output rows; the route load reads all topics with such names. */
    public boolean isOfRows(String topic) {
        return topic.startsWith(rows) && topic.indexOf('.', rows.length()) < 0;
    }

    /**
     * Another pipeline on the broker whose topics this pipeline would read, or vice versa, and what to do; empty if
     * there is none. A pipeline that has published nothing for an hour does not count.
     */
    public Optional<String> overlap() throws ExecutionException, InterruptedException {
        return new TopicOverlap(settings.olap(), existing(), admin()).find();
    }

    /** The model whose output rows are in the topic. */
    public String modelOf(String topic) {
        if (!topic.startsWith(rows)) {
            throw new IllegalArgumentException("Not a topic of output rows: " + topic);
        }
        return topic.substring(rows.length());
    }

    private List<String> ofNoTable() {
        return List.of(captured(), refreshRequests(), deadLetters(), fanOut(), rows(VersionCutoffs.MODEL));
    }

    /** The topics that these models need. */
    public List<String> names(Models models) {
        List<String> names = new ArrayList<>(ofNoTable());
        names.addAll(ofTables.of(models.tables()));
        models.targets().forEach(target -> names.add(rows(target)));
        return names;
    }

    /** The topics of these models whose records must not be lost: all but the dead letters. */
    public Set<String> lasting(Models models) {
        Set<String> names = new HashSet<>(names(models));
        names.remove(deadLetters());
        return names;
    }

    /** The definition with which a topic is created. */
    public NewTopic definition(String name) {
        NewTopic topic = name.equals(captured())
                ? new NewTopic(name, 1, BROKERS_DEFAULT)
                : new NewTopic(name, Optional.of(settings.olap().topicPartitions()), Optional.empty());
        return topic.configs(topicSettings.of(name));
    }

    /** The wrong settings of the topics of these models, and the commands that correct them. */
    public List<String> wrongSettings(Models models) throws ExecutionException, InterruptedException {
        List<String> there = names(models).stream().filter(existing()::contains).toList();
        return topicSettings.wrong(admin(), there, SHORT_TIMEOUT.timeoutMs()).stream()
                .map(TopicSettings.Wrong::toString)
                .toList();
    }

    /** The settings that the topics must have. */
    public TopicSettings topicSettings() {
        return topicSettings;
    }

    /** Creates the topics of these models that do not exist yet. */
    public void create(Models models) throws InterruptedException {
        create(names(models));
    }

    /** Creates a topic if it does not exist; cheap after the first call for a topic. Thread safe. */
    public void ensure(String topic) throws InterruptedException {
        if (!known.contains(topic)) {
            create(List.of(topic));
        }
    }

    private void create(List<String> names) throws InterruptedException {
        try {
            Set<String> existing = existing();
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
            awaitThere(missing);
            known.addAll(names);
        } catch (ExecutionException e) {
            // another process may have created a topic with one of these names meanwhile
            ofTables.forget();
            throw new IllegalStateException(
                    "The topics cannot be created at " + settings.kafka().brokers() + ": "
                            + e.getCause().getMessage(),
                    e);
        }
    }

    /** A client logs an error if it asks for a topic before the brokers have received its creation. */
    private void awaitThere(List<NewTopic> created) throws InterruptedException {
        Set<String> names = created.stream().map(NewTopic::name).collect(Collectors.toSet());
        long end = System.nanoTime() + HEARD_OF.toNanos();
        while (!existing().containsAll(names) && System.nanoTime() < end) {
            Thread.sleep(PAUSE_MILLIS);
        }
    }

    private Set<String> existing() {
        try {
            return admin().listTopics(SHORT_TIMEOUT).names().get();
        } catch (ExecutionException e) {
            throw new IllegalStateException(
                    "The broker at " + settings.kafka().brokers() + " does not list its topics: "
                            + e.getCause().getMessage(),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the broker was asked for its topics", e);
        }
    }

    /**
     * The existing topics, with their ids: a topic that was deleted and recreated has another id. A broker without ids
     * gives all topics the same id.
     */
    public Map<String, String> ids() throws ExecutionException, InterruptedException {
        Map<String, String> ids = new HashMap<>();
        for (TopicListing topic : admin().listTopics(SHORT_TIMEOUT).listings().get()) {
            ids.put(topic.name(), topic.topicId().toString());
        }
        return ids;
    }

    /** The present state of these topics, for an epoch that begins to use them; missing topics are left out. */
    public Map<String, KnownTopics.Known> known(Collection<String> names)
            throws ExecutionException, InterruptedException {
        Map<String, String> ids = ids();
        ids.keySet().retainAll(names);
        Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
        admin().describeTopics(ids.keySet()).allTopicNames().get().values().forEach(topic -> topic.partitions()
                .forEach(partition ->
                        asked.put(new TopicPartition(topic.name(), partition.partition()), OffsetSpec.earliest())));
        Map<String, SortedMap<Integer, Long>> firsts = new HashMap<>();
        admin().listOffsets(asked).all().get().forEach((partition, first) -> firsts.computeIfAbsent(
                        partition.topic(), topic -> new TreeMap<>())
                .put(partition.partition(), first.offset()));
        Map<String, KnownTopics.Known> known = new HashMap<>();
        firsts.forEach(
                (topic, first) -> known.put(topic, new KnownTopics.Known(ids.get(topic), List.copyOf(first.values()))));
        return known;
    }

    private synchronized Admin admin() {
        if (admin == null) {
            admin = admin(settings.kafka(), Map.of());
        }
        return admin;
    }

    /** Kafka loads its classes with the class loader of the thread, which under the Camel CLI does not have them. */
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

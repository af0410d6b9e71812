package dev.olapsync.kafka;

import dev.olapsync.config.Settings;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** The end offsets of topics, and the committed offsets of consumer groups. Thread safe. */
public final class TopicOffsets implements AutoCloseable {

    private static final int PATIENCE_MILLIS = 5_000;
    /** Until a broker that has just started has loaded the offsets of the groups. */
    private static final int PATIENCE_AT_START_MILLIS = 30_000;

    private static final Duration LOOK = Duration.ofSeconds(2);
    private static final Duration POLL = Duration.ofMillis(100);

    private final Settings.Kafka kafka;
    private final Admin admin;
    /** Reads the times of records; null until it is needed. */
    private KafkaConsumer<byte[], byte[]> reader;

    public TopicOffsets(Settings settings) {
        this(settings, PATIENCE_MILLIS);
    }

    /** One that waits longer for an answer, for the start of a process: the broker may be starting too. */
    public static TopicOffsets atStart(Settings settings) {
        return new TopicOffsets(settings, PATIENCE_AT_START_MILLIS);
    }

    private TopicOffsets(Settings settings, int patienceMillis) {
        kafka = settings.kafka();
        admin = Topics.admin(
                kafka,
                Map.of(
                        AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, patienceMillis,
                        AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, PATIENCE_MILLIS));
    }

    /** For each partition of these topics, the offset that its next record will have. */
    public Map<TopicPartition, Long> ends(Predicate<String> topics) throws ExecutionException, InterruptedException {
        return offsets(partitions(topics), OffsetSpec.latest());
    }

    /** For each partition of these topics, the offset of its first available record. */
    public Map<TopicPartition, Long> firsts(Predicate<String> topics) throws ExecutionException, InterruptedException {
        return offsets(partitions(topics), OffsetSpec.earliest());
    }

    /** The number of records in these topics. */
    public long count(Predicate<String> topics) throws ExecutionException, InterruptedException {
        List<TopicPartition> partitions = partitions(topics);
        Map<TopicPartition, Long> first = offsets(partitions, OffsetSpec.earliest());
        return offsets(partitions, OffsetSpec.latest()).entrySet().stream()
                .mapToLong(end -> end.getValue() - first.get(end.getKey()))
                .sum();
    }

    /** The number of records before these offsets that the group has not committed. */
    public long behind(String group, Map<TopicPartition, Long> ends) throws ExecutionException, InterruptedException {
        Map<TopicPartition, Long> committed = committed(group);
        Map<TopicPartition, Long> first = offsets(List.copyOf(ends.keySet()), OffsetSpec.earliest());
        return ends.entrySet().stream()
                .mapToLong(end -> {
                    long next = Math.max(committed.getOrDefault(end.getKey(), 0L), first.get(end.getKey()));
                    return Math.max(0, end.getValue() - next);
                })
                .sum();
    }

    /**
     * The time at which the oldest record that the group has not committed came into its topic; empty if there is none,
     * or if it is gone.
     */
    public Optional<Instant> oldestBehind(String group, Map<TopicPartition, Long> ends)
            throws ExecutionException, InterruptedException {
        Map<TopicPartition, Long> next = new HashMap<>();
        Map<TopicPartition, Long> committed = committed(group);
        Map<TopicPartition, Long> first = offsets(List.copyOf(ends.keySet()), OffsetSpec.earliest());
        ends.forEach((partition, end) -> {
            long from = Math.max(first.get(partition), committed.getOrDefault(partition, 0L));
            if (from < end) {
                next.put(partition, from);
            }
        });
        return next.isEmpty() ? Optional.empty() : oldest(next);
    }

    /** The time of the oldest of the records that have these offsets; empty if all of them are gone. */
    private synchronized Optional<Instant> oldest(Map<TopicPartition, Long> next) {
        if (reader == null) {
            reader = new KafkaConsumer<>(
                    kafka.reader(Map.of(
                            // the first batch of each partition is enough
                            ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, 1)),
                    new ByteArrayDeserializer(),
                    new ByteArrayDeserializer());
        }
        long oldest = Long.MAX_VALUE;
        reader.assign(next.keySet());
        next.forEach(reader::seek);
        Set<TopicPartition> asked = new HashSet<>(next.keySet());
        for (Instant end = Instant.now().plus(LOOK);
                !asked.isEmpty() && Instant.now().isBefore(end); ) {
            ConsumerRecords<byte[], byte[]> records = reader.poll(POLL);
            for (TopicPartition partition : records.partitions()) {
                oldest = Math.min(oldest, records.records(partition).get(0).timestamp());
                asked.remove(partition);
                reader.pause(List.of(partition));
            }
        }
        reader.unsubscribe();
        return oldest == Long.MAX_VALUE ? Optional.empty() : Optional.of(Instant.ofEpochMilli(oldest));
    }

    /** The committed offsets of a group, without the partitions in which it has none. */
    public Map<TopicPartition, Long> committed(String group) throws ExecutionException, InterruptedException {
        Map<TopicPartition, Long> committed = new HashMap<>();
        admin.listConsumerGroupOffsets(group)
                .partitionsToOffsetAndMetadata()
                .get()
                .forEach((partition, offset) -> {
                    if (offset != null) {
                        committed.put(partition, offset.offset());
                    }
                });
        return committed;
    }

    /** The topics of which the members of each group own partitions now; none if the group does not exist. */
    public Map<String, Set<String>> readBy(Set<String> groups) throws ExecutionException, InterruptedException {
        Map<String, Set<String>> topics = new LinkedHashMap<>();
        described(groups)
                .forEach((group, members) -> topics.put(
                        group,
                        members.stream()
                                .flatMap(member -> member.assignment().topicPartitions().stream())
                                .map(TopicPartition::topic)
                                .collect(Collectors.toCollection(TreeSet::new))));
        return topics;
    }

    /** The client ids of the members of each group; none if the group does not exist. */
    public Map<String, List<String>> members(Set<String> groups) throws ExecutionException, InterruptedException {
        Map<String, List<String>> clients = new LinkedHashMap<>();
        described(groups)
                .forEach((group, members) -> clients.put(
                        group, members.stream().map(MemberDescription::clientId).toList()));
        return clients;
    }

    /** In one request: the client makes each request for groups of the classic protocol twice, with a pause between. */
    private Map<String, Collection<MemberDescription>> described(Set<String> groups)
            throws ExecutionException, InterruptedException {
        Map<String, KafkaFuture<ConsumerGroupDescription>> descriptions =
                admin.describeConsumerGroups(groups).describedGroups();
        Map<String, Collection<MemberDescription>> members = new LinkedHashMap<>();
        for (String group : groups) {
            try {
                members.put(group, descriptions.get(group).get().members());
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof GroupIdNotFoundException)) {
                    throw e;
                }
                members.put(group, List.of());
            }
        }
        return members;
    }

    private List<TopicPartition> partitions(Predicate<String> topics) throws ExecutionException, InterruptedException {
        List<String> names =
                admin.listTopics().names().get().stream().filter(topics).toList();
        return admin.describeTopics(names).allTopicNames().get().values().stream()
                .flatMap(topic -> topic.partitions().stream()
                        .map(partition -> new TopicPartition(topic.name(), partition.partition())))
                .toList();
    }

    private Map<TopicPartition, Long> offsets(List<TopicPartition> partitions, OffsetSpec which)
            throws ExecutionException, InterruptedException {
        Map<TopicPartition, ListOffsetsResultInfo> offsets = admin.listOffsets(
                        partitions.stream().collect(Collectors.toMap(Function.identity(), partition -> which)))
                .all()
                .get();
        return offsets.entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey, offset -> offset.getValue()
                .offset()));
    }

    @Override
    public synchronized void close() {
        admin.close(Duration.ZERO);
        if (reader != null) {
            reader.close();
        }
    }
}

package dev.olapsync.operate;

import dev.olapsync.OlapSync;
import dev.olapsync.load.Loads;
import dev.olapsync.load.Loads.Load;
import dev.olapsync.model.Model;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.Route;
import org.apache.camel.component.kafka.KafkaConfiguration;
import org.apache.camel.component.kafka.KafkaEndpoint;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.health.HealthCheckHelper;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * Asks the routes, Postgres, the broker and ClickHouse how they are. One that does not answer in time is named in the
 * status and does not hold up the others. Thread safe.
 */
final class StatusProbe implements AutoCloseable {

    private static final int PATIENCE_SECONDS = 5;
    private static final String ROUTE_ID = "route.id";

    private final CamelContext context;
    private final OlapSync olapSync;
    private final Admin admin;
    private final ExecutorService questions = Executors.newFixedThreadPool(4, task -> {
        Thread thread = new Thread(task, "status");
        thread.setDaemon(true);
        return thread;
    });

    StatusProbe(CamelContext context) {
        this.context = context;
        this.olapSync = OlapSync.of(context);
        this.admin = Admin.create(Map.of(
                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, olapSync.settings().kafka().brokers(),
                AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 1000 * PATIENCE_SECONDS,
                AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, 1000 * PATIENCE_SECONDS));
    }

    Status ask() {
        Future<List<Model>> models = questions.submit(() -> olapSync.models().all());
        Future<Status.Slot> slot = questions.submit(this::slot);
        Future<Map<String, Load>> loads = questions.submit(this::loads);
        Future<Map<String, Long>> waiting = questions.submit(this::waiting);
        Future<Long> deadLetters = questions.submit(this::deadLetters);

        Answers answers = new Answers();
        Map<String, Load> loaded = answers.get("ClickHouse", loads, Map.of());
        List<Status.Model> modelStates = answers.get("The models", models, List.<Model>of()).stream()
                .map(model -> model(model.name(), loaded.get(model.name())))
                .toList();
        Status.Slot slotState = answers.get("Postgres", slot, null);
        List<Status.Route> routes = routes(answers.get("The broker", waiting, Map.of()), answers.problems);
        return new Status(Instant.now().toString(), routes, modelStates, slotState,
                answers.get("The topic of dead letters", deadLetters, null), answers.problems);
    }

    /** Waits for answers, for all of them together no longer than the patience lasts. */
    private static final class Answers {

        private final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        private final List<String> problems = new ArrayList<>();

        <T> T get(String who, Future<T> question, T otherwise) {
            try {
                return question.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                question.cancel(true);
                problems.add(who + ": no answer in " + PATIENCE_SECONDS + " s");
            } catch (ExecutionException e) {
                problems.add(who + ": " + e.getCause().getMessage());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                problems.add(who + ": interrupted");
            }
            return otherwise;
        }
    }

    Collection<HealthCheck.Result> healthChecks() {
        return HealthCheckHelper.invoke(context, "full");
    }

    private List<Status.Route> routes(Map<String, Long> waiting, List<String> problems) {
        Map<String, String> ofRoutes = new HashMap<>();
        for (HealthCheck.Result check : healthChecks()) {
            if (check.getState() == HealthCheck.State.DOWN) {
                String problem = check.getMessage().orElse(check.getCheck().getId() + " is down");
                if (check.getDetails().get(ROUTE_ID) instanceof String route) {
                    ofRoutes.merge(route, problem, (a, b) -> a.equals(b) ? a : a + "; " + b);
                } else {
                    problems.add(problem);
                }
            }
        }
        return context.getRoutes().stream()
                .map(route -> new Status.Route(route.getId(),
                        context.getRouteController().getRouteStatus(route.getId()).name(),
                        waiting.get(route.getId()), ofRoutes.get(route.getId())))
                .toList();
    }

    private Status.Model model(String name, Load load) {
        return new Status.Model(name,
                load == null ? null : new Status.InitialLoad(load.rows(), load.total(), load.done()),
                olapSync.metrics().loaded(name));
    }

    private Status.Slot slot() throws SQLException {
        String name = olapSync.settings().postgres().slot();
        try (Connection connection = olapSync.postgres().getConnection();
                PreparedStatement statement = connection.prepareStatement(
                        "SELECT pg_current_wal_lsn() - confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = ?")) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                return new Status.Slot(name, row.next() ? row.getLong(1) : null);
            }
        }
    }

    private Map<String, Load> loads() {
        Loads loads = Loads.of(olapSync);
        return loads.all().stream().collect(Collectors.toMap(Load::model, Function.identity()));
    }

    private long deadLetters() throws ExecutionException, InterruptedException {
        List<TopicPartition> partitions = partitions(olapSync.topics().deadLetters()::equals);
        Map<TopicPartition, Long> first = offsets(partitions, OffsetSpec.earliest());
        return offsets(partitions, OffsetSpec.latest()).entrySet().stream()
                .mapToLong(end -> end.getValue() - first.get(end.getKey()))
                .sum();
    }

    /** For each route that reads topics, the records that it has not committed yet. */
    private Map<String, Long> waiting() throws ExecutionException, InterruptedException {
        Map<String, Long> waiting = new HashMap<>();
        for (Route route : context.getRoutes()) {
            if (route.getEndpoint() instanceof KafkaEndpoint kafka) {
                waiting.put(route.getId(), uncommitted(kafka.getConfiguration()));
            }
        }
        return waiting;
    }

    private long uncommitted(KafkaConfiguration consumer) throws ExecutionException, InterruptedException {
        // The offsets first: what is committed meanwhile may be counted as waiting, but nothing is left out.
        Map<TopicPartition, OffsetAndMetadata> committed =
                admin.listConsumerGroupOffsets(consumer.getGroupId()).partitionsToOffsetAndMetadata().get();
        List<TopicPartition> partitions = partitions(topics(consumer));
        Map<TopicPartition, Long> first = offsets(partitions, OffsetSpec.earliest());
        return offsets(partitions, OffsetSpec.latest()).entrySet().stream()
                .mapToLong(end -> {
                    OffsetAndMetadata done = committed.get(end.getKey());
                    return end.getValue() - (done == null ? first.get(end.getKey()) : done.offset());
                })
                .sum();
    }

    private static Predicate<String> topics(KafkaConfiguration consumer) {
        return consumer.isTopicIsPattern()
                ? Pattern.compile(consumer.getTopic()).asMatchPredicate()
                : List.of(consumer.getTopic().split(","))::contains;
    }

    private List<TopicPartition> partitions(Predicate<String> topics)
            throws ExecutionException, InterruptedException {
        List<String> names = admin.listTopics().names().get().stream().filter(topics).toList();
        return admin.describeTopics(names).allTopicNames().get().values().stream()
                .flatMap(topic -> topic.partitions().stream()
                        .map(partition -> new TopicPartition(topic.name(), partition.partition())))
                .toList();
    }

    private Map<TopicPartition, Long> offsets(List<TopicPartition> partitions, OffsetSpec which)
            throws ExecutionException, InterruptedException {
        Map<TopicPartition, ListOffsetsResultInfo> offsets = admin.listOffsets(
                partitions.stream().collect(Collectors.toMap(Function.identity(), partition -> which))).all().get();
        return offsets.entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey, offset -> offset.getValue().offset()));
    }

    @Override
    public void close() {
        questions.shutdownNow();
        admin.close(Duration.ZERO);
    }
}

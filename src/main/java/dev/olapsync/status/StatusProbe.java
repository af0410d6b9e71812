package dev.olapsync.status;

import dev.olapsync.config.Settings.SchemaChanges;
import dev.olapsync.deadletter.DeadLetterTopic;
import dev.olapsync.kafka.TopicOffsets;
import dev.olapsync.model.GenerationName;
import dev.olapsync.model.Models;
import dev.olapsync.pipeline.Generations;
import dev.olapsync.pipeline.Generations.Generation;
import dev.olapsync.pipeline.Loads;
import dev.olapsync.pipeline.Loads.Load;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.postgres.Replica;
import dev.olapsync.tables.ClickHouseTables;
import dev.olapsync.verify.Verifications;
import dev.olapsync.verify.Verifications.Last;
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
import java.util.Optional;
import java.util.TreeMap;
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
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.Route;
import org.apache.camel.component.kafka.KafkaConfiguration;
import org.apache.camel.component.kafka.KafkaEndpoint;
import org.apache.camel.health.HealthCheck;
import org.apache.camel.health.HealthCheckHelper;
import org.apache.kafka.common.TopicPartition;

/**
 * Queries the routes, Postgres, the broker and ClickHouse for their state. A server that does not answer in time is
 * named in the status and does not delay the others. Thread safe.
 */
public final class StatusProbe implements AutoCloseable {

    private static final int PATIENCE_SECONDS = 5;
    static final String ROUTE_ID = "route.id";

    private final CamelContext context;
    private final OlapSync olapSync;
    private final TopicOffsets offsets;
    private final ExecutorService questions = Executors.newFixedThreadPool(8, task -> {
        Thread thread = new Thread(task, "status");
        thread.setDaemon(true);
        return thread;
    });

    public StatusProbe(CamelContext context) {
        this.context = context;
        this.olapSync = OlapSync.of(context);
        this.offsets = new TopicOffsets(olapSync.settings());
    }

    public Status ask() {
        Future<Registry> registry = questions.submit(this::registry);
        Future<Models> models = questions.submit(olapSync::models);
        Future<Status.Slot> slot = questions.submit(this::slot);
        Future<Map<String, Long>> stored = questions.submit(this::stored);
        Future<Map<String, Last>> verified = questions.submit(this::verified);
        Future<Map<String, Waiting>> waiting = questions.submit(this::waiting);
        Future<DeadLetterCount> deadLetters = questions.submit(this::deadLetters);
        Future<Optional<String>> replica = questions.submit(this::replica);

        Answers answers = new Answers();
        Registry registered = answers.get("ClickHouse", registry, new Registry(List.of(), Map.of()));
        Map<String, String> nexts = next(registered);
        Map<String, Long> rows = answers.get("ClickHouse", stored, Map.of());
        Map<String, Last> lasts = answers.get("ClickHouse", verified, Map.of());
        List<Status.Model> modelStates = shown(answers.get("The models", models, null), registered).entrySet().stream()
                .map(shown -> model(
                        shown.getKey(),
                        registered.loads().get(shown.getKey()),
                        rows,
                        lasts.get(shown.getKey()),
                        nexts.get(shown.getValue())))
                .toList();
        answers.get("The replica", replica, Optional.empty());
        Status.Slot slotState = answers.get("Postgres", slot, null);
        Collection<HealthCheck.Result> checks = healthChecks();
        List<Status.Route> routes = routes(answers.get("The broker", waiting, Map.of()), checks, answers.problems);
        DeadLetterCount dead = answers.get("The topic of dead letters", deadLetters, new DeadLetterCount(null, null));
        return new Status(
                Instant.now().toString(),
                routes,
                modelStates,
                slotState,
                dead.count(),
                dead.newest(),
                olapSync.metrics().unread(),
                degraded(),
                checks.stream()
                        .map(check -> new Status.Check(
                                check.getCheck().getId(), check.getState().name()))
                        .toList(),
                answers.problems);
    }

    List<String> degraded() {
        List<String> degraded = new ArrayList<>();
        new TreeMap<>(olapSync.generationProblems()).forEach((model, problem) -> degraded.add(model + ": " + problem));
        olapSync.replica().flatMap(Replica::problem).ifPresent(degraded::add);
        return degraded;
    }

    /** Look-ups may be rare: each status tries the replica too. */
    private Optional<String> replica() throws SQLException {
        return olapSync.replica().isPresent() ? olapSync.replica().get().tried() : Optional.empty();
    }

    /** Waits for the answers, for all of them together at most for the patience. */
    private static final class Answers {

        private final long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        private final List<String> problems = new ArrayList<>();

        <T> T get(String who, Future<T> question, T otherwise) {
            try {
                return question.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                question.cancel(true);
                add(who + ": no answer in " + PATIENCE_SECONDS + " s");
            } catch (ExecutionException e) {
                add(who + ": " + e.getCause().getMessage());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                add(who + ": interrupted");
            }
            return otherwise;
        }

        /** Several queries to one server usually fail with the same error. */
        private void add(String problem) {
            if (!problems.contains(problem)) {
                problems.add(problem);
            }
        }
    }

    Collection<HealthCheck.Result> healthChecks() {
        return HealthCheckHelper.invoke(context, "full");
    }

    private List<Status.Route> routes(
            Map<String, Waiting> waiting, Collection<HealthCheck.Result> checks, List<String> problems) {
        Map<String, String> ofRoutes = new HashMap<>();
        for (HealthCheck.Result check : checks) {
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
                .map(route -> route(
                        route.getId(),
                        waiting.getOrDefault(route.getId(), new Waiting(null, null)),
                        ofRoutes.get(route.getId())))
                .toList();
    }

    private Status.Route route(String id, Waiting waiting, String problem) {
        return new Status.Route(
                id,
                context.getRouteController().getRouteStatus(id).name(),
                waiting.records(),
                waiting.millis(),
                olapSync.metrics().processed(id),
                problem);
    }

    private Status.Model model(String name, Load load, Map<String, Long> stored, Last verified, String next) {
        return new Status.Model(
                GenerationName.model(name),
                load == null ? null : new Status.InitialLoad(load.rows(), load.total(), load.done()),
                olapSync.metrics().loaded(name),
                stored.get(ClickHouseTables.storage(name)),
                verified == null
                        ? null
                        : new Status.Verified(
                                verified.finished().toString(),
                                verified.rows(),
                                verified.differences(),
                                verified.moving()),
                GenerationName.number(name),
                next);
    }

    /** The models that readers see, each with the name of its file. */
    private static Map<String, String> shown(Models models, Registry registered) {
        Map<String, String> shown = new TreeMap<>();
        if (models != null) {
            models.shown().forEach(model -> shown.put(model.name(), Models.file(model)));
        }
        frozen(registered).forEach(frozen -> frozen.names().forEach(name -> shown.put(name, frozen.model())));
        return shown;
    }

    private static Stream<Generation> frozen(Registry registered) {
        return Generations.shownOfEach(registered.generations()).stream()
                .filter(generation -> generation.state() == Generations.State.FROZEN);
    }

    /** By model, how far its next generation is, or why there is none yet. */
    private Map<String, String> next(Registry registered) {
        Map<String, String> next = new HashMap<>();
        SchemaChanges changes = olapSync.settings().olap().schemaChanges();
        frozen(registered).forEach(frozen -> next.put(frozen.model(), frozen.frozen(changes)));
        registered.generations().stream()
                .filter(Generation::isNext)
                .forEach(generation -> next.put(
                        generation.model(),
                        "generation " + generation.number() + " is being built, "
                                + progress(generation.names().stream()
                                        .flatMap(name -> Stream.ofNullable(
                                                registered.loads().get(name)))
                                        .toList())));
        return next;
    }

    private static String progress(List<Load> begun) {
        if (begun.isEmpty()) {
            return "not begun";
        }
        return begun.stream().allMatch(Load::done)
                ? "all rows are there and are compared"
                : begun.stream().mapToLong(Load::rows).sum() + " of "
                        + begun.stream().mapToLong(Load::total).sum() + " rows are there";
    }

    private Status.Slot slot() throws SQLException {
        String name = olapSync.settings().postgres().slot();
        try (Connection connection = olapSync.postgres().getConnection();
                PreparedStatement statement = connection.prepareStatement(
                        "SELECT pg_current_wal_lsn() - confirmed_flush_lsn, pg_current_wal_lsn() - restart_lsn,"
                                + " (SELECT nullif(setting, '-1')::bigint << 20 FROM pg_settings"
                                + " WHERE name = 'max_slot_wal_keep_size'),"
                                + " wal_status, active FROM pg_replication_slots WHERE slot_name = ?")) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                return row.next()
                        ? new Status.Slot(
                                name, bytes(row, 1), bytes(row, 2), bytes(row, 3), row.getString(4), row.getBoolean(5))
                        : new Status.Slot(name, null, null, null, null, false);
            }
        }
    }

    private static Long bytes(ResultSet row, int column) throws SQLException {
        long bytes = row.getLong(column);
        return row.wasNull() ? null : bytes;
    }

    /** By storage table, from the parts: cheap, with older versions and deleted rows. */
    private Map<String, Long> stored() {
        Map<String, Long> stored = new HashMap<>();
        olapSync.clickHouse()
                .query(
                        "SELECT table, sum(rows) AS stored FROM system.parts WHERE active"
                                + " AND database = {database:String} GROUP BY table",
                        Map.of("database", olapSync.clickHouse().database()))
                .forEach(table -> stored.put(table.getString("table"), table.getLong("stored")));
        return stored;
    }

    private Map<String, Last> verified() {
        return Verifications.of(olapSync).all().stream().collect(Collectors.toMap(Last::model, Function.identity()));
    }

    /** Generations and loads of this epoch, the loads by model. */
    private record Registry(List<Generation> generations, Map<String, Load> loads) {}

    private Registry registry() {
        Loads loads = new Loads(olapSync.clickHouse(), olapSync.epoch());
        return new Registry(
                Generations.of(olapSync).ofEpoch(),
                loads.all().stream().collect(Collectors.toMap(Load::model, Function.identity())));
    }

    private record DeadLetterCount(Long count, Status.DeadLetter newest) {}

    private DeadLetterCount deadLetters() throws ExecutionException, InterruptedException {
        long count = offsets.count(olapSync.topics().deadLetters()::equals);
        return new DeadLetterCount(
                count,
                count == 0
                        ? null
                        : new DeadLetterTopic(olapSync.settings())
                                .newest()
                                .map(deadLetter ->
                                        new Status.DeadLetter(deadLetter.time().toString(), deadLetter.error()))
                                .orElse(null));
    }

    /** Both are null if a route reads no topic. */
    private record Waiting(Long records, Long millis) {}

    /** For each route that reads topics, the number of records that it has not committed yet. */
    private Map<String, Waiting> waiting() throws ExecutionException, InterruptedException {
        Map<String, Waiting> waiting = new HashMap<>();
        for (Route route : context.getRoutes()) {
            if (route.getEndpoint() instanceof KafkaEndpoint kafka) {
                waiting.put(route.getId(), uncommitted(kafka.getConfiguration()));
            }
        }
        return waiting;
    }

    private Waiting uncommitted(KafkaConfiguration consumer) throws ExecutionException, InterruptedException {
        Map<TopicPartition, Long> ends = offsets.ends(topics(consumer));
        long records = offsets.behind(consumer.getGroupId(), ends);
        Long oldest = records == 0
                ? null
                : offsets.oldestBehind(consumer.getGroupId(), ends)
                        .map(time -> Math.max(
                                0, Duration.between(time, Instant.now()).toMillis()))
                        .orElse(null);
        return new Waiting(records, oldest);
    }

    private static Predicate<String> topics(KafkaConfiguration consumer) {
        return consumer.isTopicIsPattern()
                ? Pattern.compile(consumer.getTopic()).asMatchPredicate()
                : List.of(consumer.getTopic().split(","))::contains;
    }

    @Override
    public void close() {
        questions.shutdownNow();
        offsets.close();
    }
}

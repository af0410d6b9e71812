package dev.olapsync.pipeline;

import com.clickhouse.client.api.query.GenericRecord;
import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.clickhouse.ClickHouse.ClickHouseException;
import dev.olapsync.config.Settings.SchemaChanges;
import dev.olapsync.model.GenerationName;
import dev.olapsync.model.History;
import dev.olapsync.model.Model;
import dev.olapsync.model.Models;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.sql.DataSource;

/**
 * The registry of the generations of models, kept beside the rows. It decides which SELECT changes are processed for, and which
 * table readers see; the files only propose. A file that makes several models has one generation for all of them.
 */
public final class Generations {

    private static final String TABLE = "_generations";
    private static final int UNKNOWN_COLUMN = 47;
    /** More than the microseconds of any time. */
    private static final long FINAL = 1L << 60;
    /** Of the advisory lock under which what is found out about a generation and its switch exclude each other. */
    private static final long LOCK = 0x6f6c61702d73796eL;

    public enum State {
        /** An operator has asked for it; it is not built yet, and nothing is processed for it. */
        REQUESTED,
        /** Changes are processed for it, and its rows are being loaded. */
        BUILDING,
        /** Readers see it. */
        CURRENT,
        /** Readers saw it before; changes are still processed for it. */
        KEPT,
        /** Readers see it as it was when its SELECT stopped to fit the database; nothing is processed for it. */
        FROZEN,
        /** Readers see it as it was when its file was removed; nothing is processed for it. */
        ENDED,
        /** Nothing is processed for it, and its table is gone or about to be. */
        DROPPED;

        /** A change may have been left out for a generation in such a state, so it never gets out of it. */
        public boolean isFinal() {
            return this == FROZEN || this == ENDED || this == DROPPED;
        }
    }

    /**
     * @param epoch in which its rows were loaded
     * @param model the name of the file
     * @param number from 1, never used twice for a model
     * @param parts the names of the models that are made of it, such as the SELECTs of a union; empty if it is one of its name
     * @param content of the model's file
     * @param cause why it is frozen; empty otherwise
     * @param millis how long ago it got into this state
     */
    public record Generation(
            int epoch,
            String model,
            int number,
            List<String> parts,
            State state,
            String content,
            String cause,
            long millis) {

        public String name() {
            return GenerationName.of(model, number);
        }

        /** Under which its rows are published and loaded. */
        public List<String> names() {
            return parts.isEmpty() ? List.of(name()) : parts;
        }

        /** Under which its rows are published, and the versions of its history if it has one. */
        public List<String> targets() {
            return Models.hasHistory(content)
                    ? names().stream()
                            .flatMap(name -> Stream.of(name, History.name(name)))
                            .toList()
                    : names();
        }

        /** @param models that are made of it */
        public Generation of(List<Model> models) {
            List<String> names = models.stream().map(Model::name).toList();
            return new Generation(
                    epoch,
                    model,
                    number,
                    names.equals(List.of(name())) ? List.of() : names,
                    state,
                    content,
                    cause,
                    millis);
        }

        public Generation in(State next) {
            return new Generation(epoch, model, number, parts, next, content, "", 0);
        }

        Generation unfit(String why) {
            return state == State.CURRENT
                    ? new Generation(epoch, model, number, parts, State.FROZEN, content, why, 0)
                    : in(State.DROPPED);
        }

        /**
         * What readers of a frozen one see, since when, why, and what to do.
         *
         * @param changes what follows when a table is altered
         */
        public String frozen(SchemaChanges changes) {
            return model + " is frozen since "
                    + Instant.now().minusMillis(millis).truncatedTo(ChronoUnit.SECONDS)
                    + ": readers see generation " + number
                    + " with the rows as they were then, because its SELECT does not"
                    + " fit the database any more: " + cause + ". " + next(changes);
        }

        private String next(SchemaChanges changes) {
            return changes == SchemaChanges.STOP
                    ? "olap.schema.changes is stop: run 'olap-sync rebuild " + model
                            + "', or edit the file of the model."
                    : "The next generation is built as soon as the SELECT in the file of the model fits; edit it if necessary.";
        }

        /** Whether it is to be current when it is built. */
        public boolean isNext() {
            return state == State.REQUESTED || state == State.BUILDING;
        }
    }

    private final ClickHouse clickHouse;
    private final int epoch;

    public Generations(ClickHouse clickHouse, int epoch) {
        this.clickHouse = clickHouse;
        this.epoch = epoch;
    }

    public static Generations of(OlapSync olapSync) {
        return new Generations(olapSync.clickHouse(), olapSync.epoch());
    }

    /** Of all epochs, by model and number; empty when nothing was ever registered. */
    public List<Generation> all() {
        List<Generation> all = new ArrayList<>();
        for (GenericRecord row : rows()) {
            all.add(new Generation(
                    row.getInteger("epoch"),
                    row.getString("model"),
                    row.getInteger("generation"),
                    row.getList("parts"),
                    State.valueOf(row.getString("state")),
                    row.getString("content"),
                    row.getString("cause"),
                    row.getLong("millis")));
        }
        return all;
    }

    private List<GenericRecord> rows() {
        try {
            return clickHouse.queryIfThere(
                    "SELECT epoch, model, generation, parts, state, content, cause,"
                            + " dateDiff('millisecond', since, now64(3)) AS millis FROM " + TABLE
                            + " FINAL ORDER BY epoch, model, generation",
                    Map.of());
        } catch (ClickHouseException e) {
            if (e.code() == UNKNOWN_COLUMN) {
                // of an earlier version
                clickHouse.ddl().addColumns(TABLE, Map.of("parts", "Array(String)"));
                return rows();
            }
            throw e;
        }
    }

    /** Those of this epoch. */
    public List<Generation> ofEpoch() {
        return all().stream().filter(generation -> generation.epoch() == epoch).toList();
    }

    /** All of them or none; the table is there afterwards. */
    public void save(List<Generation> generations) {
        clickHouse
                .ddl()
                .createTable(
                        TABLE,
                        "epoch UInt16, model String, generation UInt32, parts Array(String), state String, content String,"
                                + " cause String, since DateTime64(3) DEFAULT now64(3), step UInt64",
                        "ReplacingMergeTree(step) ORDER BY (epoch, model, generation)");
        if (!generations.isEmpty()) {
            clickHouse.execute("INSERT INTO " + TABLE
                    + " (epoch, model, generation, parts, state, content, cause, step) VALUES "
                    + generations.stream()
                            .map(generation -> "(" + generation.epoch() + ", " + ClickHouse.literal(generation.model())
                                    + ", " + generation.number() + ", " + ClickHouse.array(generation.parts()) + ", "
                                    + ClickHouse.literal(generation.state().name()) + ", "
                                    + ClickHouse.literal(generation.content()) + ", "
                                    + ClickHouse.literal(generation.cause()) + ", " + step(generation.state()) + ")")
                            .collect(Collectors.joining(", ")));
        }
    }

    /** The latest counts, but a final state counts more than any other, and that of a dropped one most. */
    private static String step(State state) {
        long rank = state == State.DROPPED ? 2 : state.isFinal() ? 1 : 0;
        return rank + " * " + FINAL + " + toUnixTimestamp64Micro(now64(6))";
    }

    /**
     * Readers see the next generation from now on. Nothing happens if it does not fit the database any more.
     *
     * @return whether they see it
     */
    public boolean replace(DataSource postgres, Generation current, Generation next) throws SQLException {
        return exclusively(postgres, () -> {
            List<Generation> now = ofEpoch();
            Predicate<Generation> unchanged = known ->
                    now.stream().anyMatch(other -> other.name().equals(known.name()) && other.state() == known.state());
            if (!unchanged.test(current) || !unchanged.test(next)) {
                return false;
            }
            save(List.of(next.in(State.CURRENT), current.in(current.state().isFinal() ? State.DROPPED : State.KEPT)));
            return true;
        });
    }

    /**
     * Takes generations out of the stream: a current one is frozen, another one dropped.
     *
     * @param causes by the names of generations
     * @return as they were
     */
    List<Generation> takeOut(DataSource postgres, Map<String, String> causes) throws SQLException {
        return exclusively(postgres, () -> {
            List<Generation> unfit = ofEpoch().stream()
                    .filter(known -> !known.state().isFinal() && causes.containsKey(known.name()))
                    .toList();
            if (!unfit.isEmpty()) {
                save(unfit.stream()
                        .map(known -> known.unfit(causes.get(known.name())))
                        .toList());
            }
            return unfit;
        });
    }

    /** No other process of the database does such a thing at the same time. */
    private static <T> T exclusively(DataSource postgres, Supplier<T> action) throws SQLException {
        try (Connection connection = postgres.getConnection();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            try {
                statement.execute("SET LOCAL lock_timeout = '30s'");
                statement.execute("SELECT pg_advisory_xact_lock(" + LOCK + ")");
                return action.get();
            } finally {
                // the lock ends with the transaction
                connection.rollback();
                connection.setAutoCommit(true);
            }
        }
    }

    /** What is loaded for the first time in this epoch is current at once: readers have nothing else of it. */
    public void register(Models models) {
        List<Generation> all = all();
        save(models.shownByFile().entrySet().stream()
                .filter(file -> all.stream()
                        .noneMatch(
                                known -> known.epoch() == epoch && known.model().equals(file.getKey())))
                .map(file -> {
                    Model first = file.getValue().get(0);
                    return generation(
                                    file.getKey(),
                                    GenerationName.number(first.name()),
                                    State.CURRENT,
                                    models.content(first))
                            .of(file.getValue());
                })
                .toList());
    }

    /** A new generation of a model, which is not registered yet. */
    public Generation next(String model, String content) {
        int last =
                last(all().stream().filter(known -> known.model().equals(model)).toList());
        return generation(model, last + 1, State.REQUESTED, content);
    }

    private Generation generation(String model, int number, State state, String content) {
        return new Generation(epoch, model, number, List.of(), state, content, "", 0);
    }

    /**
     * The generations of a model that changes are processed for.
     *
     * @param known of all models
     * @param content that the file has now: it counts for a model that has no generation in this epoch yet, and where it has the
     *     same SELECT
     */
    List<Models.Text> texts(List<Generation> known, String model, String content) {
        List<Generation> own = known.stream()
                .filter(generation -> generation.model().equals(model))
                .toList();
        List<Generation> now =
                own.stream().filter(generation -> generation.epoch() == epoch).toList();
        if (now.isEmpty()) {
            int latest = own.stream().mapToInt(Generation::epoch).max().orElse(epoch);
            Optional<Generation> before = shown(own.stream()
                    .filter(generation -> generation.epoch() == latest)
                    .toList());
            return List.of(Models.Text.ofFile(before.map(Generation::number).orElse(1 + last(own)), content));
        }
        Optional<Generation> shown = shown(now);
        return now.stream()
                .filter(generation -> !generation.state().isFinal() && generation.state() != State.REQUESTED)
                .map(generation -> new Models.Text(
                        generation.number(),
                        Models.isSameSelect(content, generation.content()) ? content : generation.content(),
                        shown.filter(generation::equals).isPresent(),
                        true))
                .toList();
    }

    /** The files of models in the stream that this process does not have, as the process had them that registered the models. */
    Map<Path, String> filesElsewhere(List<Generation> known, Path folder, Models own) {
        return known.stream()
                .filter(generation -> generation.epoch() == epoch
                        && !generation.state().isFinal()
                        && !own.hasFile(Models.file(folder, generation.model())))
                .collect(Collectors.toMap(
                        generation -> Models.file(folder, generation.model()),
                        Generation::content,
                        (one, other) -> other));
    }

    private static int last(List<Generation> ofModel) {
        return ofModel.stream().mapToInt(Generation::number).max().orElse(0);
    }

    /** That of a model which readers see. */
    private static Optional<Generation> shown(List<Generation> ofModel) {
        return Stream.of(State.CURRENT, State.FROZEN, State.ENDED)
                .flatMap(state -> ofModel.stream().filter(generation -> generation.state() == state))
                .findFirst();
    }

    /** The generation of each model that readers see. */
    public List<Generation> shown() {
        return shownOfEach(ofEpoch());
    }

    /** The same, of generations of one epoch. */
    public static List<Generation> shownOfEach(List<Generation> ofEpoch) {
        return ofEpoch.stream()
                .collect(Collectors.groupingBy(Generation::model, TreeMap::new, Collectors.toList()))
                .values()
                .stream()
                .flatMap(ofModel -> shown(ofModel).stream())
                .toList();
    }

    /** The models that show the past, because their SELECT does not fit the database any more. */
    public List<Generation> frozen() {
        return shown().stream()
                .filter(generation -> generation.state() == State.FROZEN)
                .toList();
    }

    /**
     * The generation that a record belongs to: of an older epoch if this one has none of its name.
     *
     * @param target a model or a history
     */
    public Optional<Generation> owner(String target) {
        return all().stream()
                .filter(generation -> generation.targets().contains(target))
                .min(Comparator.comparing(this::isOver));
    }

    /** Whether nothing is processed for a generation any more: this epoch has loaded, or is going to load, what it needs of it. */
    public boolean isOver(Generation generation) {
        return generation.state().isFinal() || generation.epoch() < epoch;
    }

    /** Whether rows of this name are wanted no more. */
    public boolean isTakenOut(String target) {
        return owner(target).filter(this::isOver).isPresent();
    }
}

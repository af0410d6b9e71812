package dev.olapsync.model;

import dev.olapsync.postgres.TableName;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The models of a folder, checked against a database. Immutable and thread safe. */
public final class Models {

    private static final String EXTENSION = ".sql";
    private static final String STORAGE_SUFFIX = "_rows";
    private static final String DEAD_LETTERS = "dlq";
    /** Separates the name from the number of a part of a model with UNION ALL. */
    static final String PART = "_part";

    private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_]{0,199}");

    /**
     * One generation of a model.
     *
     * @param number from 1
     * @param content of its file when the generation was made
     * @param shown whether readers see it
     * @param registered whether it was compiled before: then it does not prevent the others when it does not compile any more
     */
    public record Text(int number, String content, boolean shown, boolean registered) {

        /** The content of a file whose model has no generations yet. */
        public static Text ofFile(int number, String content) {
            return new Text(number, content, true, false);
        }
    }

    private record Compiled(Text text, List<Model> models) {}

    private final Map<Path, String> files;
    private final List<Model> all;
    private final List<Model> shown;
    /** By the name of the generation. */
    private final Map<String, Compiled> compiled;
    /** By the name of the generation. */
    private final Map<String, List<ModelError>> unfit;

    private final SortedSet<TableName> tables;
    private final SortedSet<String> targets;
    private final Map<TableName, List<LookUp>> lookUps;

    /** For tests without a database. */
    Models(List<Model> all) {
        this(
                Map.of(),
                all.stream()
                        .collect(Collectors.toMap(
                                Model::name, model -> new Compiled(Text.ofFile(1, ""), List.of(model)))),
                Map.of());
    }

    private Models(Map<Path, String> files, Map<String, Compiled> compiled, Map<String, List<ModelError>> unfit) {
        this.files = new LinkedHashMap<>(files);
        this.compiled = Map.copyOf(compiled);
        this.unfit = Map.copyOf(unfit);
        this.shown = sorted(compiled.values().stream().filter(one -> one.text().shown()));
        this.all = sorted(compiled.values().stream());
        SortedSet<TableName> read = new TreeSet<>();
        all.forEach(model -> read.addAll(model.tables()));
        this.tables = Collections.unmodifiableSortedSet(read);
        SortedSet<String> names = new TreeSet<>();
        all.forEach(model -> {
            names.add(model.name());
            model.history().ifPresent(history -> names.add(history.name()));
        });
        this.targets = Collections.unmodifiableSortedSet(names);
        this.lookUps =
                all.stream().flatMap(model -> model.lookUps().stream()).collect(Collectors.groupingBy(LookUp::table));
    }

    private static List<Model> sorted(Stream<Compiled> from) {
        return from.flatMap(one -> one.models().stream())
                .sorted(Comparator.comparing(Model::name))
                .toList();
    }

    /**
     * Reads all {@code *.sql} files of a folder.
     *
     * @param postgres idle; one transaction is used, which is rolled back
     * @throws ModelException with all errors of all files
     */
    public static Models load(Path folder, Connection postgres) throws SQLException, ModelException {
        return load(folder, (name, content) -> List.of(Text.ofFile(1, content)), postgres);
    }

    /**
     * The same, but with the generations of each file's model that a function names.
     *
     * @param generations by the model's name and the file's content
     */
    public static Models load(Path folder, BiFunction<String, String, List<Text>> generations, Connection postgres)
            throws SQLException, ModelException {
        List<ModelError> errors = new ArrayList<>();
        Map<Path, String> files = new LinkedHashMap<>();
        for (Path file : files(folder)) {
            try {
                files.put(file, ModelReader.content(file));
            } catch (ModelException e) {
                errors.addAll(e.errors());
            }
        }
        if (files.isEmpty() && errors.isEmpty()) {
            errors.add(new ModelError(
                    folder,
                    1,
                    1,
                    "the folder holds no model: write one SELECT per ClickHouse table into"
                            + " <table>.sql, or point olap.models at the folder that holds them"));
        }
        return load(files, Map.of(), errors, generations, postgres);
    }

    /**
     * These models with other generations; what has not changed of them is taken as it is, and no file is read.
     *
     * @param further contents of files that have come, by their names
     */
    public Models with(
            BiFunction<String, String, List<Text>> generations, Map<Path, String> further, Connection postgres)
            throws SQLException, ModelException {
        Map<Path, String> all = new LinkedHashMap<>(files);
        all.putAll(further);
        return load(all, compiled, new ArrayList<>(), generations, postgres);
    }

    private static Models load(
            Map<Path, String> files,
            Map<String, Compiled> before,
            List<ModelError> errors,
            BiFunction<String, String, List<Text>> generations,
            Connection postgres)
            throws SQLException, ModelException {
        boolean autoCommit = postgres.getAutoCommit();
        boolean readOnly = postgres.isReadOnly();
        postgres.setReadOnly(false);
        postgres.setAutoCommit(false);
        try (Statement statement = postgres.createStatement()) {
            // a temporary view is created and rolled back
            statement.execute("SET TRANSACTION READ WRITE");
            return read(files, before, errors, generations, postgres);
        } finally {
            postgres.rollback();
            postgres.setAutoCommit(autoCommit);
            postgres.setReadOnly(readOnly);
        }
    }

    private static Models read(
            Map<Path, String> contents,
            Map<String, Compiled> before,
            List<ModelError> errors,
            BiFunction<String, String, List<Text>> generations,
            Connection postgres)
            throws SQLException, ModelException {
        Map<String, Compiled> compiled = new LinkedHashMap<>();
        Map<String, List<ModelError>> unfit = new LinkedHashMap<>();
        List<Path> files = List.copyOf(contents.keySet());
        Catalog catalog = Catalog.of(postgres);
        errors.addAll(badNames(files));
        for (Path file : files) {
            for (Text text : generations.apply(name(file), contents.get(file))) {
                String name = GenerationName.of(name(file), text.number());
                Compiled known = before.get(name);
                if (known != null && known.text().content().equals(text.content())) {
                    compiled.put(name, new Compiled(text, known.models()));
                    continue;
                }
                Savepoint savepoint = postgres.setSavepoint();
                try {
                    compiled.put(
                            name,
                            new Compiled(text, new ModelReader(file, name, text.content(), postgres, catalog).read()));
                } catch (ModelException e) {
                    if (text.registered()) {
                        unfit.put(name, e.errors());
                    } else {
                        errors.addAll(e.errors());
                    }
                    // a failed statement must not make those of the next model fail
                    postgres.rollback(savepoint);
                }
            }
        }
        errors.addAll(takenByParts(sorted(compiled.values().stream()), files));
        errors.addAll(takenByHistories(sorted(compiled.values().stream()), files));
        if (!errors.isEmpty()) {
            throw new ModelException(errors);
        }
        return new Models(contents, compiled, unfit);
    }

    /** The name of a model is also that of a topic and, with a suffix, that of its storage table. */
    private static List<ModelError> badNames(List<Path> files) {
        List<ModelError> errors = new ArrayList<>();
        List<String> names = files.stream().map(Models::name).toList();
        for (Path file : files) {
            String name = name(file);
            if (!NAME.matcher(name).matches()) {
                errors.add(new ModelError(
                        file,
                        1,
                        1,
                        "the file's name is that of a table and of a topic: give it letters, digits"
                                + " and _ only, a letter first, at most 200"));
            } else if (name.equals(DEAD_LETTERS)) {
                errors.add(new ModelError(
                        file,
                        1,
                        1,
                        "the name " + name + " is that of the topic of dead letters: rename the" + " file"));
            } else if (names.stream().anyMatch(other -> isStorage(name, other))) {
                errors.add(new ModelError(
                        file,
                        1,
                        1,
                        "the name " + name + " is that of the storage table of another model:"
                                + " rename one of the two files"));
            }
        }
        return errors;
    }

    private static boolean isStorage(String name, String model) {
        return name.matches(model + STORAGE_SUFFIX + "(_\\d+)?");
    }

    private static List<ModelError> takenByParts(List<Model> models, List<Path> files) {
        return models.stream()
                .filter(model -> {
                    String part = GenerationName.model(model.name());
                    return !part.equals(file(model))
                            && files.stream()
                                    .anyMatch(file -> name(file).equals(part)
                                            || name(file).equals(part + STORAGE_SUFFIX));
                })
                .map(model -> new ModelError(
                        model.file(),
                        1,
                        1,
                        "the name " + GenerationName.model(model.name())
                                + " is that of rows of this model: rename the file that has it"))
                .toList();
    }

    private static List<ModelError> takenByHistories(List<Model> models, List<Path> files) {
        Set<String> withHistory = models.stream()
                .filter(model -> model.history().isPresent())
                .map(model -> GenerationName.model(model.name()))
                .collect(Collectors.toCollection(TreeSet::new));
        return withHistory.stream()
                .flatMap(model -> files.stream()
                        .filter(file -> isOfHistory(name(file), model))
                        .map(file -> new ModelError(
                                file,
                                1,
                                1,
                                "the name " + name(file) + " is taken by the history of " + model
                                        + ": rename one of the two files")))
                .toList();
    }

    private static boolean isOfHistory(String name, String model) {
        String versions = History.versionsView(model);
        return name.equals(versions) || isStorage(name, versions) || name.equals(History.periodsView(model));
    }

    static String name(Path file) {
        String fileName = file.getFileName().toString();
        return fileName.substring(0, fileName.length() - EXTENSION.length());
    }

    private static List<Path> files(Path folder) throws ModelException {
        if (!Files.isDirectory(folder)) {
            throw new ModelException(List.of(new ModelError(
                    folder, 1, 1, "no such folder: point olap.models at the folder" + " that holds the models")));
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().endsWith(EXTENSION))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The registered generations that do not compile any more, by their names. Changes are not processed for them. */
    public Map<String, List<ModelError>> unfit() {
        return unfit;
    }

    /** These without some generations. */
    public Models without(Set<String> names) {
        Map<String, Compiled> others = new LinkedHashMap<>(compiled);
        others.keySet().removeAll(names);
        return new Models(files, others, unfit);
    }

    /** All that changes are processed for, also generations that readers do not see. Sorted by name. */
    public List<Model> all() {
        return all;
    }

    /** Those whose tables have been altered since they were compiled. */
    public List<Model> altered(Connection postgres) throws SQLException {
        List<Model> all = all();
        List<Boolean> current =
                ReadSchema.areCurrent(all.stream().map(Model::schema).toList(), postgres);
        return IntStream.range(0, all.size())
                .filter(i -> !current.get(i))
                .mapToObj(all::get)
                .toList();
    }

    /** Those that readers see. Sorted by name. */
    public List<Model> shown() {
        return shown;
    }

    /** Whether a text gives the same rows and the same tables as another. */
    public static boolean isSameSelect(String content, String other) {
        SqlText text = new SqlText(content);
        SqlText otherText = new SqlText(other);
        return text.firstStatement().equals(otherText.firstStatement())
                && TableLines.in(text).equals(TableLines.in(otherText))
                && hasHistory(content) == hasHistory(other);
    }

    /** Whether a file asks for a history. */
    public static boolean hasHistory(String content) {
        return HistoryLine.isIn(content);
    }

    /** The content of the model's file when it was compiled. */
    public String content(Model model) {
        return compiled.get(generation(model)).text().content();
    }

    /** The name of the generation that a model, which may be a part of its file, belongs to. */
    public static String generation(Model model) {
        return GenerationName.of(file(model), GenerationName.number(model.name()));
    }

    /** The models of the generation of this name; empty if it is not compiled. */
    public List<Model> ofGeneration(String name) {
        return compiled.containsKey(name) ? compiled.get(name).models() : List.of();
    }

    /** The model of this name that readers see. */
    public Optional<Model> findShown(String name) {
        return shown.stream()
                .filter(model -> GenerationName.model(model.name()).equals(name))
                .findFirst();
    }

    /** The generations of a model that changes are processed for, or the one of this name. */
    public List<Model> generations(String name) {
        return all.stream()
                .filter(model -> model.name().equals(name)
                        || GenerationName.model(model.name()).equals(name))
                .toList();
    }

    /** Whether a file is among those that have been read. */
    public boolean hasFile(Path file) {
        return files.containsKey(file);
    }

    /** The file of a model with this name. */
    public static Path file(Path folder, String name) {
        return folder.resolve(name + EXTENSION);
    }

    /** Of each model's name the content of its file. */
    public static Map<String, String> contents(Path folder) throws ModelException {
        Map<String, String> contents = new LinkedHashMap<>();
        for (Path file : files(folder)) {
            contents.put(name(file), ModelReader.content(file));
        }
        return contents;
    }

    /**
     * The name of the file, which is that of the view for readers, although a part of a union or a roll-up has another
     * name.
     */
    public static String file(Model model) {
        return name(model.file());
    }

    /** The models that readers see, by the name of the file, which is the name of their view. */
    public Map<String, List<Model>> shownByFile() {
        return shown.stream().collect(Collectors.groupingBy(Models::file, TreeMap::new, Collectors.toList()));
    }

    public Optional<Model> find(String name) {
        return all.stream().filter(model -> model.name().equals(name)).findFirst();
    }

    /** The message if there is no such model. */
    public String unknown(String name) {
        return "There is no model " + name + ", only " + all;
    }

    /** All names under which output rows are published: those of the models and of their histories. */
    public SortedSet<String> targets() {
        return targets;
    }

    /** All tables whose changes the models need; a partitioned table stands for its partitions. */
    public SortedSet<TableName> tables() {
        return tables;
    }

    /** The look-ups for changed rows of a table, over all models. */
    public List<LookUp> lookUpsOf(TableName changed) {
        return lookUps.getOrDefault(changed, List.of());
    }

    /** The columns of a change of this table that are needed: keys, and those of histories. */
    public Set<String> columnsOfChanges(TableName changed) {
        return lookUpsOf(changed).stream()
                .flatMap(lookUp -> Stream.concat(
                        lookUp.key().stream(),
                        lookUp.ofGrain()
                                ? lookUp.model().history().stream().flatMap(history -> history.lookUp().key().stream())
                                : Stream.empty()))
                .map(KeyColumn::name)
                .collect(Collectors.toSet());
    }

    /** The columns of a change that may be needed, by their names: the keys; for a history all columns. */
    public Predicate<String> columnsOfChanges() {
        if (all.stream().anyMatch(model -> model.history().isPresent())) {
            return column -> true;
        }
        Set<String> keys = lookUps.values().stream()
                .flatMap(List::stream)
                .flatMap(lookUp -> lookUp.key().stream())
                .map(KeyColumn::name)
                .collect(Collectors.toSet());
        return keys::contains;
    }
}

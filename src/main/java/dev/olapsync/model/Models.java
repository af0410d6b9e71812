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
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The models of a folder, checked against a database. Immutable and thread safe. */
public final class Models {

    private static final String EXTENSION = ".sql";
    private static final String STORAGE_SUFFIX = "_rows";
    private static final String DEAD_LETTERS = "dlq";
    /** Separates the name from the number of a part of a model with UNION ALL. */
    static final String PART = "_part";

    private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_]{0,199}");

    private final List<Model> all;
    private final SortedSet<TableName> tables;
    private final SortedSet<String> targets;
    private final Map<TableName, List<LookUp>> lookUps;

    Models(List<Model> all) {
        this.all = List.copyOf(all);
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

    /**
     * Reads all {@code *.sql} files of a folder.
     *
     * @param postgres idle; one transaction is used, which is rolled back
     * @throws ModelException with all errors of all files
     */
    public static Models load(Path folder, Connection postgres) throws SQLException, ModelException {
        boolean autoCommit = postgres.getAutoCommit();
        boolean readOnly = postgres.isReadOnly();
        postgres.setReadOnly(false);
        postgres.setAutoCommit(false);
        try (Statement statement = postgres.createStatement()) {
            // a temporary view is created and rolled back
            statement.execute("SET TRANSACTION READ WRITE");
            return read(folder, postgres);
        } finally {
            postgres.rollback();
            postgres.setAutoCommit(autoCommit);
            postgres.setReadOnly(readOnly);
        }
    }

    private static Models read(Path folder, Connection postgres) throws SQLException, ModelException {
        List<Model> models = new ArrayList<>();
        List<ModelError> errors = new ArrayList<>();
        List<Path> files = files(folder);
        if (files.isEmpty()) {
            errors.add(new ModelError(
                    folder,
                    1,
                    1,
                    "the folder holds no model: write one SELECT per ClickHouse table into"
                            + " <table>.sql, or point olap.models at the folder that holds them"));
        }
        Catalog catalog = Catalog.of(postgres);
        errors.addAll(badNames(files));
        for (Path file : files) {
            Savepoint before = postgres.setSavepoint();
            try {
                models.addAll(new ModelReader(file, postgres, catalog).read());
            } catch (ModelException e) {
                errors.addAll(e.errors());
                // a failed statement must not make those of the next model fail
                postgres.rollback(before);
            }
        }
        errors.addAll(takenByParts(models, files));
        errors.addAll(takenByHistories(models, files));
        if (!errors.isEmpty()) {
            throw new ModelException(errors);
        }
        models.sort(Comparator.comparing(Model::name));
        return new Models(models);
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
            } else if (names.stream().anyMatch(other -> name.equals(other + STORAGE_SUFFIX))) {
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

    private static List<ModelError> takenByParts(List<Model> models, List<Path> files) {
        return models.stream()
                .filter(model -> !model.name().equals(file(model))
                        && files.stream()
                                .anyMatch(file -> name(file).equals(model.name())
                                        || name(file).equals(model.name() + STORAGE_SUFFIX)))
                .map(model -> new ModelError(
                        model.file(),
                        1,
                        1,
                        "the name " + model.name() + " is that of rows of this model: rename the file"
                                + " that has it"))
                .toList();
    }

    private static List<ModelError> takenByHistories(List<Model> models, List<Path> files) {
        List<ModelError> errors = new ArrayList<>();
        for (Model model : models) {
            List<String> taken = model.history().stream()
                    .flatMap(history -> Stream.of(
                            history.name(), history.name() + STORAGE_SUFFIX, model.name() + History.PERIODS_SUFFIX))
                    .toList();
            files.stream()
                    .filter(file -> taken.contains(name(file)))
                    .forEach(file -> errors.add(new ModelError(
                            file,
                            1,
                            1,
                            "the name " + name(file) + " is taken by the history of " + model.name()
                                    + ": rename one of the two files")));
        }
        return errors;
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

    /** Sorted by name. */
    public List<Model> all() {
        return all;
    }

    /**
     * The name of the file, which is that of the view for readers, although a part of a union or a roll-up has another
     * name.
     */
    public static String file(Model model) {
        return name(model.file());
    }

    /**
     * The models whose rows together are the rows of one file, by the name of the file, which is the name of their
     * view.
     */
    public Map<String, List<Model>> unions() {
        Map<String, List<Model>> unions = new LinkedHashMap<>();
        for (Model model : all) {
            String name = name(model.file());
            if (!name.equals(model.name()) && model.rollUp().isEmpty()) {
                unions.computeIfAbsent(name, none -> new ArrayList<>()).add(model);
            }
        }
        return unions;
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

package dev.olapsync.model;

import dev.olapsync.postgres.ValueErrors;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Finds out whether rows that Postgres cannot compute have a joined row in common that is the cause: a row for which
 * all rows fail that refer to it. Immutable.
 */
public final class FaultyParents {

    private static final int LEAST_CHILDREN = 2;
    /** Maximum number of parents that are checked, those with most children first. */
    private static final int MAX_PARENTS = 20;
    /** Maximum number of other children of a parent that are computed, to see whether all fail. */
    private static final int OTHER_CHILDREN = 10;

    /** @param key the texts of the columns by which its children are found */
    public record Parent(LookUp lookUp, List<String> key) {}

    private final int width;
    private final Map<LookUp, String> parents;
    private final String rows;

    /**
     * @param width number of columns of the key of the grain
     * @param parents for each look-up of a joined table SQL with an array for each column of that key; columns
     *     {@code n}, {@code parent}
     * @param rows SQL that computes rows; its parameters are the maximum bytes of each row, and the same arrays
     */
    FaultyParents(int width, Map<LookUp, String> parents, String rows) {
        this.width = width;
        this.parents = parents;
        this.rows = rows;
    }

    /**
     * @param keys of rows that cannot be computed
     * @return those that have a faulty parent in common with others; of several parents the one with most of them
     */
    public Map<List<String>, Parent> of(Connection postgres, List<List<String>> keys) throws SQLException {
        Map<List<String>, Parent> causes = new LinkedHashMap<>();
        if (keys.size() < LEAST_CHILDREN) {
            return causes;
        }
        Map<Parent, Set<Integer>> children = new LinkedHashMap<>();
        for (LookUp lookUp : parents.keySet()) {
            addChildren(postgres, lookUp, keys, children);
        }
        List<Parent> largestFirst = new ArrayList<>(children.keySet());
        largestFirst.sort(
                Comparator.comparing((Parent parent) -> children.get(parent).size())
                        .reversed());
        for (Parent parent : largestFirst.subList(0, Math.min(MAX_PARENTS, largestFirst.size()))) {
            List<List<String>> failed =
                    children.get(parent).stream().map(keys::get).toList();
            List<List<String>> unexplained =
                    failed.stream().filter(key -> !causes.containsKey(key)).toList();
            if (unexplained.size() >= LEAST_CHILDREN && allFail(postgres, parent, failed)) {
                unexplained.forEach(key -> causes.put(key, parent));
            }
        }
        return causes;
    }

    private void addChildren(
            Connection postgres, LookUp lookUp, List<List<String>> keys, Map<Parent, Set<Integer>> children)
            throws SQLException {
        try (PreparedStatement statement = postgres.prepareStatement(parents.get(lookUp))) {
            KeyColumn.set(statement, 1, width, keys);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    children.computeIfAbsent(
                                    new Parent(lookUp, Arrays.asList((String[])
                                            row.getArray("parent").getArray())),
                                    parent -> new TreeSet<>())
                            .add(row.getInt("n") - 1);
                }
            }
        } catch (SQLException e) {
            rethrowUnlessOfValues(e);
        }
    }

    private boolean allFail(Connection postgres, Parent parent, List<List<String>> failed) throws SQLException {
        List<List<String>> others = new ArrayList<>();
        try (PreparedStatement statement =
                postgres.prepareStatement(parent.lookUp().listing() + " LIMIT " + (failed.size() + OTHER_CHILDREN))) {
            KeyColumn.set(statement, 1, parent.key().size(), List.of(parent.key()));
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    List<String> key = new ArrayList<>(width);
                    for (int i = 1; i <= width; i++) {
                        key.add(row.getString(i));
                    }
                    others.add(key);
                }
            }
        } catch (SQLException e) {
            rethrowUnlessOfValues(e);
            return false;
        }
        others.removeAll(failed);
        for (List<String> other : others.subList(0, Math.min(OTHER_CHILDREN, others.size()))) {
            if (isComputed(postgres, other)) {
                return false;
            }
        }
        return true;
    }

    private boolean isComputed(Connection postgres, List<String> key) throws SQLException {
        try (PreparedStatement statement = postgres.prepareStatement(rows)) {
            statement.setLong(1, 0);
            KeyColumn.set(statement, 2, width, List.of(key));
            statement.executeQuery().close();
            return true;
        } catch (SQLException e) {
            rethrowUnlessOfValues(e);
            return false;
        }
    }

    private static void rethrowUnlessOfValues(SQLException e) throws SQLException {
        if (!ValueErrors.isOne(e)) {
            throw e;
        }
    }
}

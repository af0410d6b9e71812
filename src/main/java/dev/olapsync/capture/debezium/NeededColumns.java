package dev.olapsync.capture.debezium;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.olapsync.model.Models;
import dev.olapsync.postgres.TableName;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The columns of a change that may be needed, by the quoted name of the table. As a text it is an option of the
 * connector.
 *
 * @param byTable null while the models are not known
 */
public record NeededColumns(Map<String, Set<String>> byTable) {

    /** The name of the option. */
    public static final String OPTION = "olap.needed.columns";

    private static final ObjectMapper JSON = new ObjectMapper();

    public static NeededColumns of(Models models) {
        Map<String, Set<String>> byTable = new HashMap<>();
        models.tables().forEach(table -> byTable.put(table.quoted(), models.columnsOfChanges(table)));
        return new NeededColumns(byTable);
    }

    /** @param option null for none */
    public static NeededColumns parse(String option) {
        try {
            return new NeededColumns(option == null ? null : JSON.readValue(option, new TypeReference<>() {}));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(OPTION + " is not what this program has written", e);
        }
    }

    public String option() {
        try {
            return JSON.writeValueAsString(byTable);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("names of columns cannot be written", e);
        }
    }

    /** Whether changes with these columns have those of the others too. */
    public boolean covers(NeededColumns others) {
        return others.byTable.entrySet().stream().allMatch(other -> byTable.getOrDefault(other.getKey(), Set.of())
                .containsAll(other.getValue()));
    }

    /** Empty if they are not known. */
    Optional<Set<String>> of(String schema, String table) {
        return Optional.ofNullable(byTable)
                .map(known -> known.getOrDefault(new TableName(schema, table).quoted(), Set.of()));
    }
}

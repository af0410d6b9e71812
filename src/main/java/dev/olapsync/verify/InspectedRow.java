package dev.olapsync.verify;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.olapsync.check.Findings;
import dev.olapsync.check.KafkaChecks;
import dev.olapsync.deadletter.DeadLetter;
import dev.olapsync.deadletter.DeadLetterTopic;
import dev.olapsync.model.KeyColumn;
import dev.olapsync.model.Model;
import dev.olapsync.model.ModelException;
import dev.olapsync.model.Models;
import dev.olapsync.model.OutputColumn;
import dev.olapsync.model.RowKey;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.postgres.ValueErrors;
import dev.olapsync.tables.ClickHouseTables;
import dev.olapsync.verify.Barrier.StandstillException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * One row for inspection: both sides, its stored versions and where they come from, its dead letters.
 *
 * @param key the texts of the columns of the key, as both sides write them
 */
public record InspectedRow(OlapSync olapSync, Model model, List<String> key) {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** There is no such model, or the key of the model has other columns; the message says which. */
    public static final class NoSuchKeyException extends Exception {

        NoSuchKeyException(String message) {
            super(message);
        }
    }

    /** What a side shows that has no such row. */
    public static final String NO_ROW = "no row";

    /** Both sides of the row, each as JSON, or {@link #NO_ROW}. */
    public record Both(String inPostgres, String inClickHouse, boolean same) {}

    /** @param key as text; of a composite key a JSON array */
    public static InspectedRow of(OlapSync olapSync, String modelName, String key)
            throws SQLException, ModelException, NoSuchKeyException {
        Models models = olapSync.models();
        Model model = models.findShown(modelName).orElseThrow(() -> new NoSuchKeyException(models.unknown(modelName)));
        List<String> columns = RowKey.columns(key, model.key().size());
        if (columns.size() != model.key().size()) {
            throw new NoSuchKeyException("The key of " + modelName + " has "
                    + model.key().size() + " columns: "
                    + model.key().stream().map(OutputColumn::name).toList());
        }
        requireValues(olapSync, model, columns);
        new ClickHouseTables(olapSync.clickHouse()).requireExistence(List.of(model));
        return new InspectedRow(olapSync, model, PagedPass.canonical(model, columns));
    }

    private static void requireValues(OlapSync olapSync, Model model, List<String> values)
            throws SQLException, NoSuchKeyException {
        List<KeyColumn> key = model.lookUps().get(0).key();
        if (key.size() != values.size()) {
            return;
        }
        for (int i = 0; i < values.size(); i++) {
            String type = key.get(i).type();
            try (Connection postgres = olapSync.postgres().getConnection();
                    PreparedStatement cast = postgres.prepareStatement("SELECT CAST(? AS " + type + ")")) {
                cast.setString(1, values.get(i));
                cast.execute();
            } catch (SQLException e) {
                if (!ValueErrors.isOne(e)) {
                    throw e;
                }
                throw new NoSuchKeyException(
                        "The key column " + model.key().get(i).name() + " of " + model.name() + " is of type " + type
                                + ", and '" + values.get(i) + "' is no value of it.");
            }
        }
    }

    public Both read(Verification verification) throws SQLException, IOException {
        Both[] both = {new Both(NO_ROW, NO_ROW, true)};
        verification
                .verifier()
                .compare(
                        model,
                        List.of(key),
                        (inPostgres, inClickHouse, difference) ->
                                both[0] = new Both(json(inPostgres), json(inClickHouse), difference == null));
        return both[0];
    }

    private String json(List<String> row) {
        if (row == null) {
            return NO_ROW;
        }
        ObjectNode json = JSON.createObjectNode();
        for (int i = 0; i < row.size(); i++) {
            json.put(model.columns().get(i).name(), row.get(i));
        }
        return json.toString();
    }

    /**
     * Why the sides differed, in words.
     *
     * @param settled both sides after everything that was committed had gone through the pipeline
     */
    public String causeOfDifference(Both settled, Barrier barrier, Duration patience)
            throws SQLException, StandstillException, InterruptedException {
        return settled.same()
                ? "The change was still on its way; it has arrived now."
                : stored().causeOfDifference(barrier.captured(patience));
    }

    private StoredRow stored() {
        return StoredRow.read(olapSync.clickHouse(), model, key);
    }

    /** One line for each stored version, the version that counts first, with its origin if the topics still have it. */
    public List<String> lineage() {
        StoredRow stored = stored();
        return stored.lines(new Lineage(olapSync, model, key)
                .origins(stored.versions().stream()
                        .map(StoredRow.Version::number)
                        .toList()));
    }

    /** The row as a difference that can be repaired. */
    public Verification.Result different() {
        return new Verification.Result(model, 1, List.of(key), 0, 0, null);
    }

    /** The dead letters of this row; empty if the broker does not answer. */
    public List<DeadLetter> deadLetters() throws Exception {
        List<DeadLetter> ofRow = new ArrayList<>();
        if (new KafkaChecks(olapSync.settings(), Findings.failures(new PrintWriter(Writer.nullWriter()))).listens()) {
            new DeadLetterTopic(olapSync.settings()).read(deadLetter -> {
                if (deadLetter.of().equals(model.name())
                        && PagedPass.canonical(model, RowKey.columns(deadLetter.key(), key.size()))
                                .equals(key)) {
                    ofRow.add(deadLetter);
                }
            });
        }
        return ofRow;
    }
}

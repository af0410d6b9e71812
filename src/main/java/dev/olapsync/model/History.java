package dev.olapsync.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The history of a single-table model: every change of the table becomes a row of its own, made from the image of the
 * change. Immutable.
 */
public final class History {

    private static final String SUFFIX = "_history";
    private static final String PERIODS_SUFFIX = "_scd2";

    private static final List<KeyColumn> OF_THE_CHANGE = Stream.of("_op", "_commit_time", "_version")
            .map(name -> new KeyColumn(name, "text[]", KeyColumn.Format.PLAIN, false))
            .toList();

    private final List<KeyColumn> image;
    private final LookUp lookUp;

    /** @param image the columns of the table that the model uses */
    History(Model model, Query.Grain grain, List<KeyColumn> image, String sql, RowText rowText) {
        this.image = List.copyOf(image);
        this.lookUp = new LookUp(
                model,
                name(model.name()),
                grain.alias(),
                grain.table().name(),
                Stream.concat(image.stream(), OF_THE_CHANGE.stream()).toList(),
                false,
                true,
                true,
                true,
                sql,
                sql,
                "",
                rowText);
    }

    /** The name of the history of a model, in the generation of the model's name. */
    public static String name(String model) {
        return model + SUFFIX;
    }

    /** The view of the versions, of the generation that readers see. */
    public static String versionsView(String model) {
        return GenerationName.model(model) + SUFFIX;
    }

    /** The view of the periods in which versions were valid. */
    public static String periodsView(String model) {
        return GenerationName.model(model) + PERIODS_SUFFIX;
    }

    /** The name of its topic. */
    public String name() {
        return lookUp.target();
    }

    /**
     * A look-up that makes rows from versions instead of reading them: its keys are {@link #version}s, and each gives
     * one row, with {@code _op}, {@code _commit_time} and {@code _version} after the columns of the model.
     */
    public LookUp lookUp() {
        return lookUp;
    }

    /**
     * The key of the look-up for one change.
     *
     * @param row from a change event: after the change, or before it for a delete
     * @param op {@code create}, {@code update}, {@code delete} or {@code read}
     * @param committed an ISO instant
     * @throws IllegalArgumentException if the change does not contain the whole row
     */
    public List<String> version(JsonNode row, String op, String committed, BigInteger version) {
        List<String> texts = new ArrayList<>(image.size() + OF_THE_CHANGE.size());
        for (KeyColumn column : image) {
            JsonNode value = row.path(column.name());
            if (value.isMissingNode() || KeyColumn.isUnavailable(value)) {
                throw new IllegalArgumentException(
                        "the change of " + lookUp.table() + " does not carry " + column.name());
            }
            texts.add(column.text(value));
        }
        texts.addAll(List.of(op, committed, version.toString()));
        return texts;
    }
}

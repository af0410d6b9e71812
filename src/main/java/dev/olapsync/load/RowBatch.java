package dev.olapsync.load;

import dev.olapsync.kafka.PolledRecord;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/** Rows of one model that are written with one INSERT. */
public final class RowBatch {

    /** The way on which the rows came. */
    public enum Way {
        STREAM,
        FAN_OUT,
        INITIAL_LOAD
    }

    /**
     * @param key the key of the row as text
     * @param json one JSON object, with version and deletion mark
     * @param committed time at which its change was committed in Postgres, in milliseconds since 1970; 0 for a row
     *     without a change
     * @param polled the record that contains the row; null outside of the stream
     */
    record Row(byte[] key, byte[] json, long committed, PolledRecord polled) {}

    /** Bytes of a row, on average. Wider rows would be in memory once more for little. */
    private static final long WIDE = 2_000;

    private final String model;
    private final Way way;
    private final List<Row> rows;

    private RowBatch(String model, Way way, List<Row> rows) {
        this.model = model;
        this.way = way;
        this.rows = rows;
    }

    static RowBatch ofStream(String model) {
        return new RowBatch(model, Way.STREAM, new ArrayList<>());
    }

    /** The children of a parent with very many children. */
    public static RowBatch ofFanOut(String model) {
        return new RowBatch(model, Way.FAN_OUT, new ArrayList<>());
    }

    public static RowBatch ofInitialLoad(String model) {
        return new RowBatch(model, Way.INITIAL_LOAD, new ArrayList<>());
    }

    void add(Row row) {
        rows.add(row);
    }

    /** @param json one JSON object, with version and deletion mark */
    public void add(String key, byte[] json) {
        rows.add(new Row(key.getBytes(StandardCharsets.UTF_8), json, 0, null));
    }

    public String getModel() {
        return model;
    }

    public int getRows() {
        return rows.size();
    }

    Way way() {
        return way;
    }

    /** The only row of a batch of one. */
    Row row() {
        return rows.get(0);
    }

    List<RowBatch> halves() {
        int middle = rows.size() / 2;
        return List.of(
                new RowBatch(model, way, rows.subList(0, middle)),
                new RowBatch(model, way, rows.subList(middle, rows.size())));
    }

    /**
     * Time at which the change of each row was committed in Postgres, in milliseconds since 1970; rows without a change
     * are left out.
     */
    LongStream commitMillis() {
        return rows.stream().mapToLong(Row::committed).filter(committed -> committed != 0);
    }

    /** One JSON array per line; empty if a row cannot be written so, or if the names are a small part of the rows. */
    Optional<InputStream> compact(CompactRows layout) {
        int bytes = bytes();
        return bytes > WIDE * rows.size()
                ? Optional.empty()
                : layout.of(rows.stream().map(Row::json)::iterator, bytes);
    }

    private int bytes() {
        return rows.stream().mapToInt(row -> row.json().length + 1).reduce(0, Math::addExact);
    }

    /** One JSON object per line. */
    public InputStream json() {
        byte[] lines = new byte[bytes()];
        int at = 0;
        for (Row row : rows) {
            System.arraycopy(row.json(), 0, lines, at, row.json().length);
            at += row.json().length;
            lines[at++] = '\n';
        }
        return new ByteArrayInputStream(lines);
    }

    @Override
    public String toString() {
        return rows.size() + " rows of " + model;
    }
}

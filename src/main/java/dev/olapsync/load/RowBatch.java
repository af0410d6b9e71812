package dev.olapsync.load;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.util.Arrays;
import java.util.stream.LongStream;

/** Rows of one model that are written with one INSERT. */
public final class RowBatch {

    private final String model;
    private final ByteArrayOutputStream json = new ByteArrayOutputStream(64 * 1024);
    private long[] commitMillis = new long[1024];
    private int rows;

    RowBatch(String model) {
        this.model = model;
    }

    /**
     * @param row one JSON object
     * @param committed when its change was committed in Postgres, in milliseconds since 1970
     */
    void add(byte[] row, long committed) {
        json.writeBytes(row);
        json.write('\n');
        if (rows == commitMillis.length) {
            commitMillis = Arrays.copyOf(commitMillis, 2 * rows);
        }
        commitMillis[rows++] = committed;
    }

    public String getModel() {
        return model;
    }

    public int getRows() {
        return rows;
    }

    /** When each row's change was committed in Postgres, in milliseconds since 1970. */
    LongStream commitMillis() {
        return Arrays.stream(commitMillis, 0, rows);
    }

    InputStream json() {
        return new ByteArrayInputStream(json.toByteArray());
    }

    @Override
    public String toString() {
        return rows + " rows of " + model;
    }
}

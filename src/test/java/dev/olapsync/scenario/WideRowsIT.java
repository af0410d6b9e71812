package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import dev.olapsync.devstack.Pipeline;
import org.junit.jupiter.api.Test;

/** Rows that are very wide, with the memory that the pipeline has by default, 512 MB. */
class WideRowsIT {

    private static final int ROWS = Integer.getInteger("widerows.rows", 3_000);
    private static final int BYTES = Integer.getInteger("widerows.bytes", 100_000);

    /** Values that did not change are not in the log, so the changes are small and only their rows are wide; then with old images. */
    @Test
    void aBacklogOfSmallChangesAndOneWithOldImages() throws Exception {
        try (Scenario wide = wide(ROWS, BYTES);
                Pipeline pipeline = wide.process()) {
            pipeline.start();
            wide.awaitLoaded();
            aBacklogGoesThrough(wide, pipeline, ROWS, BYTES, 1, "dead letter");
            wide.postgres("UPDATE kind SET name = 'note'");
            wide.awaitInSync();
            wide.postgres("ALTER TABLE doc REPLICA IDENTITY FULL");
            aBacklogGoesThrough(wide, pipeline, ROWS, BYTES, 2, "note");
        }
    }

    @Test
    void rowsOfAMegabyteAndTheirParent() throws Exception {
        int rows = 300;
        int bytes = 1_000_000;
        try (Scenario wide = wide(rows, bytes);
                Pipeline pipeline = wide.process()) {
            pipeline.start();
            wide.awaitLoaded();
            aBacklogGoesThrough(wide, pipeline, rows, bytes, 1, "dead letter");
            wide.postgres("UPDATE kind SET name = 'note'");
            wide.awaitInSync();
            wide.postgres("UPDATE doc SET body = body || 'x', digest = md5(body || 'x') WHERE id <= 50");
            wide.awaitInSync();
            assertThat(pipeline.isRunning()).isTrue();
        }
    }

    /** Read by the initial load, with a row beside them that cannot be copied as it is, then in the stream and of a parent. */
    @Test
    void valuesOfSixtyFourMegabytes() throws Exception {
        try (Scenario wide = Scenario.of(
                                "huge",
                                "CREATE TABLE kind (id int PRIMARY KEY, name text);"
                                        + " CREATE TABLE doc (id int PRIMARY KEY, kind int, n int, body text, scan bytea)")
                        .model(
                                "doc_fact",
                                "SELECT d.id, k.name, 100 / d.n AS share, d.body, d.scan FROM doc d JOIN kind k ON k.id = d.kind");
                Pipeline pipeline = wide.process()) {
            wide.postgres(
                    "INSERT INTO kind VALUES (1, 'dead letter')",
                    "INSERT INTO doc SELECT i, 1, CASE i WHEN 3 THEN 0 ELSE 1 END, repeat(md5(i::text), 2000000), NULL FROM generate_series(1, 4) i",
                    "UPDATE doc SET body = 'short', scan = convert_to(body, 'UTF8') WHERE id = 2");
            pipeline.start();
            wide.awaitLoaded();
            wide.postgres("UPDATE doc SET n = 2");
            wide.awaitInSync();
            wide.postgres("UPDATE kind SET name = 'note'");
            wide.awaitInSync();
            wide.postgres("UPDATE doc SET body = upper(body) WHERE id <> 2", "UPDATE doc SET scan = substr(scan, 2)");
            wide.awaitInSync();
            assertThat(pipeline.isRunning()).isTrue();
            assertThat(wide.clickHouse("SELECT id, length(body), length(scan) FROM doc_fact ORDER BY id"))
                    .containsExactly("1,64000000,null", "2,5,128000000", "3,64000000,null", "4,64000000,null");
        }
    }

    private static Scenario wide(int rows, int bytes) throws Exception {
        Scenario wide = Scenario.of(
                        "wide",
                        "CREATE TABLE kind (id int PRIMARY KEY, name text);"
                                + " CREATE TABLE doc (id int PRIMARY KEY, kind int, n int, body text, digest text)")
                .model(
                        "doc_fact",
                        "SELECT d.id, k.name, d.n, d.body, d.digest FROM doc d JOIN kind k ON k.id = d.kind");
        wide.postgres(
                "INSERT INTO kind VALUES (1, 'dead letter')",
                "INSERT INTO doc SELECT i, 1, 0, body, md5(body) FROM"
                        + " generate_series(1, "
                        + rows
                        + ") i, LATERAL (SELECT string_agg(md5(i || '-' || j), '') AS body FROM generate_series(1, "
                        + bytes / 32 + ") j) b");
        return wide;
    }

    /**
     * @param round from 1, of those in which each row is changed once
     * @param kind the name of the parent
     */
    private static void aBacklogGoesThrough(
            Scenario wide, Pipeline pipeline, int rows, int bytes, int round, String kind) throws Exception {
        wide.awaitQuiet();
        pipeline.stop();
        for (int part = 0; part < 4; part++) {
            wide.postgres("UPDATE doc SET n = n + 1 WHERE id % 4 = " + part);
        }
        long begin = System.nanoTime();
        pipeline.start();
        wide.awaitQuiet();
        assertThat(pipeline.isRunning()).isTrue();
        assertThat(wide.clickHouse("SELECT count() FROM doc_fact WHERE n = " + round + " AND name = '" + kind
                        + "' AND lower(hex(MD5(body))) = digest"))
                .containsExactly(String.valueOf(rows));
        System.out.printf(
                "wide rows, 512 MB: %,d changes of %,d bytes in %.1f s%n",
                rows, bytes, (System.nanoTime() - begin) / 1e9);
    }
}

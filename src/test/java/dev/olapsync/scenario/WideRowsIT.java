package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import dev.olapsync.devstack.Pipeline;
import org.junit.jupiter.api.Test;

/** Rows that are very wide, with the memory that the pipeline has by default, 512 MB. */
class WideRowsIT {

    private static final int ROWS = Integer.getInteger("widerows.rows", 4_000);
    private static final int BYTES = Integer.getInteger("widerows.bytes", 100_000);
    /** A batch of rows may have a twentieth of the memory; see docs/operations.md. */
    private static final int SMALL_BATCH = 512_000_000 / 20 / BYTES;

    @Test
    void aBacklogWithOldImages() throws Exception {
        try (Scenario wide = wide(); Pipeline pipeline = wide.process()) {
            wide.postgres("ALTER TABLE doc REPLICA IDENTITY FULL");
            aBacklogGoesThrough(wide, pipeline);
        }
    }

    /** Values that did not change are not in the log, so the changes are small and only their rows are wide. */
    @Test
    void aBacklogOfSmallChangesInSmallBatches() throws Exception {
        try (Scenario wide = wide().set("olap.batch.rows", SMALL_BATCH); Pipeline pipeline = wide.process()) {
            aBacklogGoesThrough(wide, pipeline);
        }
    }

    private static Scenario wide() throws Exception {
        Scenario wide = Scenario.of("wide", "CREATE TABLE kind (id int PRIMARY KEY, name text);"
                + " CREATE TABLE doc (id int PRIMARY KEY, kind int, n int, body text)")
                .model("doc_fact", "SELECT d.id, k.name, d.n, d.body, md5(d.body) AS digest FROM doc d JOIN kind k ON k.id = d.kind");
        wide.postgres("INSERT INTO kind VALUES (1, 'letter')", "INSERT INTO doc SELECT i, 1, 0, body FROM generate_series(1, "
                + ROWS + ") i, LATERAL (SELECT string_agg(md5(i || '-' || j), '') AS body FROM generate_series(1, "
                + BYTES / 32 + ") j) b");
        return wide;
    }

    private static void aBacklogGoesThrough(Scenario wide, Pipeline pipeline) throws Exception {
        pipeline.start();
        wide.awaitLoaded();
        wide.awaitQuiet();
        pipeline.kill();
        for (int part = 0; part < 4; part++) {
            wide.postgres("UPDATE doc SET n = n + 1 WHERE id % 4 = " + part);
        }
        long begin = System.nanoTime();
        pipeline.start();
        wide.awaitQuiet();
        assertThat(pipeline.isRunning()).isTrue();
        assertThat(wide.clickHouse("SELECT count() FROM doc_fact WHERE n = 1 AND name = 'letter' AND lower(hex(MD5(body))) = digest"))
                .containsExactly(String.valueOf(ROWS));
        System.out.printf("wide rows, 512 MB: %,d changes of %,d bytes in %.1f s%n", ROWS, BYTES,
                (System.nanoTime() - begin) / 1e9);
    }
}

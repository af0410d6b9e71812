package dev.olapsync.routes;

import dev.olapsync.kafka.CommitOffsets;
import dev.olapsync.load.ClickHouseInsert;
import dev.olapsync.load.RowBatches;
import dev.olapsync.pipeline.KafkaClients;

/** The Java twin of {@code routes/load.camel.yaml}. */
public class LoadRoutes extends PipelineRoutes {

    @Override
    public void configure() throws Exception {
        bean("kafka-clients", KafkaClients.class);
        errorHandler(tryAgain(8, 200));

        route(
                        "load",
                        batches(
                                        "\\Q{{olap.topic.rows:olap}}.\\E[^.]*",
                                        "load",
                                        "consumersCount=1",
                                        "maxPollRecords={{olap.batch.rows:5000}}",
                                        "pollTimeoutMs={{olap.batch.millis:100}}")
                                .id("poll-rows")
                                .description("Poll rows")
                                .note(
                                        "Each poll is a batch: it ends at maxPollRecords rows, or pollTimeoutMs after the last batch."))
                .routeDescription("Output rows become rows in ClickHouse")
                .routeNote("The consumer aggregates by count (olap.batch.rows) or by time (olap.batch.millis). Each"
                        + " batch is written with one INSERT for each table, and its offsets are committed after"
                        + " that. A row that is written twice is one row, because ClickHouse keeps the row with the"
                        + " greatest version for each key. With the aggregate EIP instead, offsets would wait for"
                        + " later records; docs/design.md describes the trial.")
                .setVariable("batch", simple("${body}"))
                .id("remember-rows")
                .description("Remember batch")
                .process(of(RowBatches.class))
                .id("to-row-batches")
                .description("Batches per table")
                .split(simple("${body}"))
                .stopOnException()
                .streaming()
                .id("for-each-table")
                .description("For each table")
                .process(of(ClickHouseInsert.class))
                .id("insert")
                .description("Insert rows")
                .end()
                .process(of(CommitOffsets.class))
                .id("commit-rows")
                .description("Commit offsets")
                .note("Commits after the write, for every partition in the batch.");
    }
}

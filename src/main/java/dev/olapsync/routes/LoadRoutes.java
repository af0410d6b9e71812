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

        route(
                        "load",
                        batches(
                                        "\\Q{{olap.topic.rows:olap}}.\\E[^.]*",
                                        "load",
                                        "consumersCount=1",
                                        "maxPollRecords={{olap.batch.rows:5000}}",
                                        "pollTimeoutMs={{olap.batch.millis:100}}")
                                .id("poll-rows")
                                .description(
                                        "A poll ends at so many rows, or so many milliseconds after the last one; what it has brought"
                                                + " is a batch"))
                .routeDescription("Output rows become rows in ClickHouse")
                .routeNote(
                        "The consumer aggregates by count (olap.batch.rows) or by time (olap.batch.millis); each batch is"
                                + " written with one INSERT for each table, and its offsets are committed after that. Written twice"
                                + " is written once, because ClickHouse keeps of each key the row with the greatest version. With the"
                                + " aggregate EIP instead, offsets would wait for records that come later; docs/design.md has the"
                                + " trial.")
                .errorHandler(tryAgain(8, 200))
                .setVariable("batch", simple("${body}"))
                .id("remember-rows")
                .process(of(RowBatches.class))
                .id("to-row-batches")
                .description("One batch for each table")
                .split(simple("${body}"))
                .stopOnException()
                .streaming()
                .id("for-each-table")
                .process(of(ClickHouseInsert.class))
                .id("insert")
                .end()
                .process(of(CommitOffsets.class))
                .id("commit-rows")
                .description("After the write, of every partition in the batch");
    }
}

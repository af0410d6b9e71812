package dev.olapsync.routes;

import dev.olapsync.backfill.InitialLoad;
import dev.olapsync.capture.ChangeEvents;
import dev.olapsync.capture.VisibilityFence;
import dev.olapsync.pipeline.KafkaClients;

/** The Java twin of {@code routes/capture.camel.yaml}. */
public class CaptureRoutes extends PipelineRoutes {

    @Override
    public void configure() throws Exception {
        bean("kafka-clients", KafkaClients.class);
        initialLoad();
        snapshot();
        capture();
    }

    final void initialLoad() {
        route(
                        "initial-load",
                        input("timer:initial-load", "repeatCount=1", "delay=0")
                                .id("at-start")
                                .description("At the start"))
                .routeDescription("Loads the existing rows into ClickHouse")
                .routeNote("Runs once, at the start. It creates publication and slot first, so no change is missed,"
                        + " and writes its rows with the lowest version of the epoch, so any change that comes"
                        + " through the log meanwhile wins. An interrupted load continues where it stopped; a"
                        + " finished load is not repeated.")
                .errorHandler(tryAgain(-1, 500))
                .process(of(InitialLoad.class))
                .id("load-existing-rows")
                .description("Load existing rows");
    }

    final void snapshot() {
        route("snapshot", input("direct:snapshot").id("rows-of-snapshot").description("Snapshot rows"))
                .routeDescription("Existing rows become records in topics")
                .routeNote("If olap.load.source=snapshot; the topics are cdc.<schema>.<table>."
                        + " One exchange is one batch of Debezium's engine. The snapshot continues after the broker"
                        + " has acknowledged the whole batch; after a failure it starts again.")
                .errorHandler(noErrorHandler())
                .process(of(ChangeEvents.class))
                .id("to-read-events")
                .description("To read events")
                .to(producer("kafka:topic-of-each-record", "synchronous=true"))
                .id("publish-read-rows")
                .description("Publish rows");
    }

    private void capture() {
        route(
                        "capture",
                        input(
                                        "postgres-cdc:olap-sync",
                                        "databaseHostname={{postgres.host:localhost}}",
                                        "databasePort={{postgres.port:5432}}",
                                        "databaseDbname=RAW({{postgres.database:shop}})",
                                        "databaseUser=RAW({{postgres.user:postgres}})",
                                        "databaseSslmode={{postgres.sslmode:prefer}}",
                                        "databaseSslrootcert={{?postgres.sslrootcert}}",
                                        "databaseSslcert={{?postgres.sslcert}}",
                                        "databaseSslkey={{?postgres.sslkey}}",
                                        "slotName={{postgres.slot:olap_sync}}",
                                        "publicationName={{postgres.publication:olap_sync}}",
                                        "maxBatchSize=2048",
                                        "maxQueueSize=4096",
                                        "maxQueueSizeInBytes=16777216")
                                .id("write-ahead-log")
                                .description("Write-ahead log"))
                .routeDescription("The changes of Postgres become records in the topics cdc.<schema>.<table>")
                .routeNote("One exchange is one batch of Debezium's engine, a list of changes in commit order. A"
                        + " batch is confirmed to the slot only after the broker has acknowledged the whole batch.")
                .errorHandler(noErrorHandler())
                .process(of(VisibilityFence.class))
                .id("wait-until-visible")
                .description("Wait until visible")
                .note("Waits until every later look-up sees the changes of this batch.")
                .process(of(ChangeEvents.class))
                .id("to-change-events")
                .description("To change events")
                .to(producer("kafka:topic-of-each-record", "synchronous=false"))
                .id("publish-changes")
                .description("Publish changes")
                .note(
                        "Sends all records; the batch is complete when all are acknowledged, and the next batch is prepared meanwhile.");
    }
}

package dev.olapsync.routes;

import dev.olapsync.CommitOffsets;
import dev.olapsync.PostgresDataSource;
import dev.olapsync.enrich.DirtyRows;
import dev.olapsync.enrich.FinishedRows;
import dev.olapsync.enrich.JoinedRows;
import dev.olapsync.enrich.RowRecords;
import java.util.Map;

/** The Java twin of {@code routes/enrich.camel.yaml}. */
public class EnrichRoutes extends PipelineRoutes {

    @Override
    public void configure() throws Exception {
        bean("postgres", PostgresDataSource.class, Map.of(
                "host", "{{postgres.host:localhost}}",
                "port", "{{postgres.port:5432}}",
                "database", "{{postgres.database:shop}}",
                "username", "{{postgres.user:postgres}}",
                "password", "{{postgres.password:postgres}}"));

        route("enrich", input("kafka:{{olap.topic.changes:cdc}}\\..*",
                "topicIsPattern=true",
                BROKERS,
                "groupId={{olap.group:olap-sync}}-enrich",
                "autoOffsetReset=earliest",
                KEYS_IN,
                VALUES_IN,
                "batching=true",
                "maxPollRecords={{olap.batch.rows:5000}}",
                "batchingIntervalMs={{olap.batch.millis:100}}",
                "pollTimeoutMs=20",
                "allowManualCommit=true",
                "autoCommitEnable=false",
                "breakOnFirstError=true",
                "pollOnError=RECONNECT",
                "sessionTimeoutMs=10000",
                "additionalProperties.metadata.max.age.ms=5000")
                .id("poll-changes")
                .description("A batch is full at so many changes, or after so many milliseconds"))
                .routeDescription("Changes become finished rows, joined with their parents, in the topics olap.<model>")
                .routeNote("A change is a hint that some rows are dirty; their content is read afresh from Postgres, with one"
                        + " query for each model and changed table of a batch. The version of a row is the position of the"
                        + " change in the log. So the order of processing does not matter, nor how often a change is"
                        + " delivered.")
                .errorHandler(tryAgain(8, 200))
                .setVariable("batch", simple("${body}")).id("remember-changes")
                .process(of(DirtyRows.class)).id("find-dirty-rows")
                .split(simple("${body}")).aggregationStrategy(of(FinishedRows.class)).stopOnException()
                    .id("for-each-look-up")
                    .enrich().constant("direct:look-up").aggregationStrategy(of(JoinedRows.class)).id("join-parents").end()
                .end()
                .process(of(RowRecords.class)).id("to-row-records")
                .to(endpoint("kafka:olap",
                        BROKERS,
                        KEYS_OUT,
                        VALUES_OUT,
                        "requestRequiredAcks=all",
                        "enableIdempotence=true",
                        "lingerMs=2",
                        "producerBatchSize=262144",
                        "compressionCodec=lz4",
                        "batchWithIndividualHeaders=true",
                        "synchronous=true"))
                .id("publish-rows")
                .process(of(CommitOffsets.class)).id("commit-changes")
                .description("After the write, of every partition in the batch");

        route("look-up", input("direct:look-up").id("look-up-keys"))
                .routeDescription("Reads the joined rows of a set of dirty keys, with one query")
                .errorHandler(noErrorHandler())
                .setHeader("CamelJdbcParameters", simple("${body.parameters}")).id("keys-as-parameters")
                .setBody(simple("${body.sql}")).id("query")
                .to(endpoint("jdbc:postgres",
                        "useHeadersAsParameters=true",
                        "outputType=SelectList"))
                .id("read-joined-rows");
    }
}

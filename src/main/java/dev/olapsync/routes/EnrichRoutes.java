package dev.olapsync.routes;

import dev.olapsync.enrich.BisectingLookUp;
import dev.olapsync.enrich.DirtyRowFinder;
import dev.olapsync.enrich.LookUpResults;
import dev.olapsync.enrich.LookUpToRows;
import dev.olapsync.enrich.RowRecords;
import dev.olapsync.fanout.ChildLister;
import dev.olapsync.fanout.ChildrenCopy;
import dev.olapsync.fanout.FanOutRows;
import dev.olapsync.fanout.FanOutSorter;
import dev.olapsync.fanout.WideRowCopy;
import dev.olapsync.kafka.CommitOffsets;
import dev.olapsync.load.ClickHouseInsert;
import dev.olapsync.pipeline.KafkaClients;
import dev.olapsync.pipeline.LookUpDataSource;
import dev.olapsync.postgres.PostgresDataSource;
import java.sql.SQLException;
import java.util.Map;

/** The Java twin of {@code routes/enrich.camel.yaml}. */
public class EnrichRoutes extends PipelineRoutes {

    @Override
    public void configure() throws Exception {
        beans();
        errorHandler(tryAgain(8, 200));
        enrich();
        lookUp();
        fanOut();
    }

    final void beans() throws Exception {
        bean(
                "postgres",
                PostgresDataSource.class,
                Map.of(
                        "host", "{{postgres.host:localhost}}",
                        "port", "{{postgres.port:5432}}",
                        "database", "{{postgres.database:shop}}",
                        "username", "{{postgres.user:postgres}}",
                        "password", "{{postgres.password:postgres}}",
                        "sslMode", "{{postgres.sslmode:prefer}}",
                        "sslRootCert", "{{postgres.sslrootcert:}}",
                        "sslCert", "{{postgres.sslcert:}}",
                        "sslKey", "{{postgres.sslkey:}}",
                        "timeZone", "{{olap.timezone:UTC}}"));
        bean("look-ups", LookUpDataSource.class, Map.of("primary", "#bean:postgres"));
        bean("kafka-clients", KafkaClients.class);
    }

    private void enrich() {
        route(
                        "enrich",
                        batches(
                                        "\\Q{{olap.topic.changes:cdc}}.\\E[^.]*\\.*[^.]*",
                                        "enrich",
                                        "consumersCount=1",
                                        "maxPollRecords={{olap.batch.rows:5000}}",
                                        "pollTimeoutMs=1")
                                .id("poll-changes")
                                .description("Poll changes")
                                .note(
                                        "Each poll is a batch: the changes that have arrived, up to maxPollRecords. With a second consumer, one looks up while the other publishes and commits; this needs memory for two batches."))
                .routeDescription("Changes become output rows, joined with their parents, in the topics olap.<model>")
                .routeNote("A change says that some rows are dirty. Their content is read again from Postgres, with"
                        + " one query for each model and changed table of a batch. The version of a row is the"
                        + " position of the change in the log. So the order of processing and the number of"
                        + " deliveries do not matter.")
                .setVariable("batch", simple("${body}"))
                .id("remember-changes")
                .description("Remember batch")
                .process(of(DirtyRowFinder.class))
                .id("find-dirty-rows")
                .description("Find dirty rows")
                .split(simple("${body}"))
                .aggregationStrategy(of(LookUpResults.class))
                .stopOnException()
                .streaming()
                .id("for-each-look-up")
                .description("For each look-up")
                .enrich()
                .constant("direct:look-up")
                .aggregationStrategy(of(LookUpToRows.class))
                .id("join-parents")
                .description("Join parents")
                .end()
                .end()
                .process(of(RowRecords.class))
                .id("to-row-records")
                .description("To row records")
                .to(producer("kafka:topic-of-each-record", "synchronous=true"))
                .id("publish-rows")
                .description("Publish rows")
                .process(of(CommitOffsets.class))
                .id("commit-changes")
                .description("Commit offsets")
                .note("Commits after the write, for every partition in the batch.");
    }

    final void lookUp() {
        route("look-up", input("direct:look-up").id("look-up-keys").description("Keys to look up"))
                .routeDescription("Reads the joined rows of a set of dirty keys, with one query")
                .routeNote("Reads no more rows than a batch may hold. If there are more, LookUpToRows sends the keys"
                        + " to the route fan-out. Reads from the replica postgres.lookup.host, if there is one that has"
                        + " replayed the changes, otherwise from the primary.")
                .errorHandler(noErrorHandler())
                .setVariable("keys", simple("${body}"))
                .id("remember-keys")
                .description("Remember keys")
                .doTry()
                .id("look-up-all")
                .description("Look up all")
                .setHeader("CamelJdbcParameters", simple("${body.parameters}"))
                .id("keys-as-parameters")
                .description("Set the keys")
                .setBody(simple("${body.sql}"))
                .id("query")
                .description("Set the query")
                .to(endpoint(
                        "jdbc:look-ups",
                        "useHeadersAsParameters=true",
                        "outputType=SelectList",
                        "statement.maxRows={{olap.batch.rows:5000}}"))
                .id("read-joined-rows")
                .description("Read joined rows")
                .doCatch(SQLException.class)
                .id("on-sql-error")
                .description("On an SQL error")
                .note("A row that Postgres cannot compute must not hold up the others; other failures stay failures.")
                .process(of(BisectingLookUp.class))
                .id("look-up-in-halves")
                .description("Look up in halves")
                .end();
    }

    final void fanOut() {
        route(
                        "fan-out",
                        batches(
                                        "\\Q{{olap.topic.rows:olap}}-fanout",
                                        "fan-out",
                                        "consumersCount=2",
                                        "maxPollRecords=5",
                                        "pollTimeoutMs={{olap.batch.millis:100}}",
                                        "maxPollIntervalMs=3600000")
                                .id("poll-fan-outs")
                                .description("Poll fan-outs")
                                .note(
                                        "A few records at a time, each with the keys of up to 2,000 rows. Listing all rows of a large table can take longer than the usual interval between two polls."))
                .routeDescription(
                        "Writes the rows of parents with very many children to ClickHouse, by a route of their"
                                + " own")
                .routeNote("Changes that make very many rows dirty go to this route, so that other changes do not"
                        + " wait for them. First the rows are listed, which gives records with their keys in the"
                        + " same topic; then these rows are read and written, some thousands at a time. An"
                        + " interrupted fan-out continues at its committed offsets.")
                .setVariable("batch", simple("${body}"))
                .id("remember-fan-outs")
                .description("Remember batch")
                .process(of(FanOutSorter.class))
                .id("sort-fan-outs")
                .description("Sort fan-outs")
                .process(of(ChildrenCopy.class))
                .id("copy-children")
                .description("Copy children")
                .note(
                        "Rows of one change that are more than a batch may hold do not pass through this process as objects.")
                .split(simple("${body}"))
                .stopOnException()
                .streaming()
                .id("for-each-fan-out")
                .description("For each fan-out")
                .choice()
                .id("list-or-look-up")
                .description("List or look up")
                .when(simple("${body} is 'dev.olapsync.fanout.ListingRequest'"))
                .id("rows-to-list")
                .description("Rows to list")
                .process(of(ChildLister.class))
                .id("list-children")
                .description("List children")
                .when(simple("${body} is 'dev.olapsync.enrich.FanOutRequest'"))
                .id("to-be-copied")
                .description("Row to copy")
                .process(of(WideRowCopy.class))
                .id("copy-wide-row")
                .description("Copy wide row")
                .otherwise()
                .id("rows-to-look-up")
                .description("Rows to look up")
                .enrich()
                .constant("direct:look-up")
                .aggregationStrategy(of(LookUpToRows.class))
                .id("join-parents-of-children")
                .description("Join parents")
                .end()
                .process(of(FanOutRows.class))
                .id("to-batch-of-children")
                .description("To a batch")
                .process(of(ClickHouseInsert.class))
                .id("insert-children")
                .description("Insert rows")
                .end()
                .end()
                .process(of(CommitOffsets.class))
                .id("commit-fan-outs")
                .description("Commit offsets")
                .note("Commits after the write, for every partition in the batch.");

        route(
                        "publish-fan-outs",
                        input("direct:publish-fan-outs")
                                .id("fan-outs-to-publish")
                                .description("Lists of children"))
                .routeDescription("Publishes lists of children to the fan-out")
                .errorHandler(noErrorHandler())
                .to(endpoint(
                        "kafka:{{olap.topic.rows:olap}}-fanout",
                        BROKERS,
                        "batchWithIndividualHeaders=true",
                        "synchronous=true"))
                .id("send-fan-outs")
                .description("Publish lists");
    }
}

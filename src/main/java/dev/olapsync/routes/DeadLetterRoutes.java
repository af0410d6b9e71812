package dev.olapsync.routes;

/** The Java twin of {@code routes/dead-letters.camel.yaml}. */
public class DeadLetterRoutes extends PipelineRoutes {

    @Override
    public void configure() {
        route(
                        "dead-letters",
                        input("direct:dead-letters")
                                .id("dead-letters-to-publish")
                                .description("Dead letters"))
                .routeDescription("Records and rows that could not be processed go into the topic olap.dlq")
                .routeNote("The other routes send their dead letters here and continue when the broker has"
                        + " acknowledged them.")
                .errorHandler(noErrorHandler())
                .to(endpoint(
                        "kafka:{{olap.topic.rows:olap}}.dlq",
                        BROKERS,
                        "batchWithIndividualHeaders=true",
                        "synchronous=true"))
                .id("publish-dead-letters")
                .description("Publish to DLQ");
    }
}

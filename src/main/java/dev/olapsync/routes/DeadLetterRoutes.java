package dev.olapsync.routes;

/** The Java twin of {@code routes/dead-letters.camel.yaml}. */
public class DeadLetterRoutes extends PipelineRoutes {

    @Override
    public void configure() {
        route("dead-letters", input("direct:dead-letters").id("dead-letters-to-publish"))
                .routeDescription("What could not be processed goes into the topic olap.dlq")
                .routeNote(
                        "The other routes hand their dead letters over and go on when the broker has acknowledged them.")
                .errorHandler(noErrorHandler())
                .to(endpoint(
                        "kafka:{{olap.topic.rows:olap}}.dlq",
                        BROKERS,
                        "batchWithIndividualHeaders=true",
                        "synchronous=true"))
                .id("publish-dead-letters");
    }
}

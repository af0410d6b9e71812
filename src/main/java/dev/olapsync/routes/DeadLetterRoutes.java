package dev.olapsync.routes;

/** The Java twin of {@code routes/dead-letters.camel.yaml}. */
public class DeadLetterRoutes extends PipelineRoutes {

    @Override
    public void configure() {
        route("dead-letters", input("direct:dead-letters").id("letters"))
                .routeDescription("What could not be processed goes into the topic olap.dlq")
                .routeNote("The other routes hand their letters over and go on when the broker has acknowledged them.")
                .errorHandler(noErrorHandler())
                .to(endpoint("kafka:letters",
                        BROKERS,
                        KEYS_OUT,
                        VALUES_OUT,
                        "maxRequestSize=34603008",
                        "bufferMemorySize=69206016",
                        "batchWithIndividualHeaders=true",
                        "synchronous=true"))
                .id("publish-letters");
    }
}

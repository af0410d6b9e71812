package dev.olapsync.routes;

import java.util.Map;
import java.util.stream.Stream;
import org.apache.camel.LoggingLevel;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.model.BeanFactoryDefinition;
import org.apache.camel.model.BeanModelHelper;
import org.apache.camel.model.FromDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.errorhandler.DefaultErrorHandlerDefinition;

/** The common parts of the Java routes, so that each reads like its YAML twin. */
abstract class PipelineRoutes extends RouteBuilder {

    static final String BROKERS = "brokers={{kafka.brokers:localhost:9092}}";

    /** A step, strategy or bean of this class. */
    static String of(Class<?> type) {
        return "#class:" + type.getName();
    }

    /** An endpoint with its options, each {@code name=value}. */
    static String endpoint(String uri, String... options) {
        return options.length == 0 ? uri : uri + "?" + String.join("&", options);
    }

    /** A producer of batches of records, which are acknowledged when all replicas have them. */
    static String producer(String uri, String synchronous) {
        return endpoint(uri, BROKERS, "batchWithIndividualHeaders=true", "recordMetadata=false", synchronous);
    }

    /**
     * A consumer in which each poll is a batch. The route commits the offsets, after the write; a failed batch is
     * polled again.
     *
     * @param topics a pattern of their names
     * @param group suffix after the prefix of the consumer groups
     * @param options number of consumers, and the limits of a batch
     */
    static FromDefinition batches(String topics, String group, String... options) {
        String[] common = {
            "topicIsPattern=true",
            BROKERS,
            "groupId={{olap.group:olap-sync}}-" + group,
            "batching=true",
            "batchingIntervalMs=1",
            "allowManualCommit=true",
            "autoCommitEnable=false",
            "breakOnFirstError=true",
            "pollOnError=RECONNECT"
        };
        return input(
                "kafka:" + topics,
                Stream.concat(Stream.of(common), Stream.of(options)).toArray(String[]::new));
    }

    /** The start of a route; it gets an id, like all steps. */
    static FromDefinition input(String uri, String... options) {
        return new FromDefinition(endpoint(uri, options));
    }

    final RouteDefinition route(String id, FromDefinition input) {
        RouteDefinition route = from(input.getUri()).routeId(id);
        route.getInput().id(input.getId()).description(input.getDescription()).note(input.getNote());
        return route;
    }

    /** A failed step is retried this number of times, with pauses that double up to ten seconds. */
    final DefaultErrorHandlerDefinition tryAgain(int times, long firstPauseMillis) {
        return defaultErrorHandler()
                .maximumRedeliveries(times)
                .redeliveryDelay(firstPauseMillis)
                .useExponentialBackOff()
                .backOffMultiplier(2)
                .maximumRedeliveryDelay(10_000)
                .retryAttemptedLogLevel(LoggingLevel.WARN)
                .allowRedeliveryWhileStopping(false);
    }

    /** A bean that the endpoints of these routes use. */
    final void bean(String name, Class<?> type) throws Exception {
        bean(name, type, Map.of());
    }

    final void bean(String name, Class<?> type, Map<String, Object> properties) throws Exception {
        BeanFactoryDefinition<?> bean = new BeanFactoryDefinition<>();
        bean.setName(name);
        bean.setType(of(type));
        bean.setProperties(properties);
        getBeans().add(bean);
        bindToRegistry(name, BeanModelHelper.newInstance(bean, getContext()));
    }
}

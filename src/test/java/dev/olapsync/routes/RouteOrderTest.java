package dev.olapsync.routes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.olapsync.deadletter.DeadLetters;
import java.lang.reflect.Constructor;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.camel.AggregationStrategy;
import org.apache.camel.Exchange;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.builder.AdviceWith;
import org.apache.camel.component.kafka.KafkaConstants;
import org.apache.camel.component.mock.MockEndpoint;
import org.apache.camel.model.EnrichDefinition;
import org.apache.camel.model.ProcessDefinition;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.SplitDefinition;
import org.apache.camel.model.ToDefinition;
import org.apache.camel.model.errorhandler.DefaultErrorHandlerDefinition;
import org.apache.camel.support.DefaultExchange;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.apache.camel.test.junit5.CamelTestSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The routes of the files in routes/ without servers: each step that would need one only notes that it was reached, and
 * fails if the test wants that. Order, branches, error handlers and the variables are those of the files.
 */
class RouteOrderTest extends CamelTestSupport {

    private static final String INPUT = "direct:input";
    private static final int ATTEMPTS = 9;
    private static final List<String> BATCH = List.of("a record", "another record");

    /** What {@code ${body.sql}} and {@code ${body.parameters}} of a look-up read. */
    public record Keys(String sql, Map<String, Object> parameters) {}

    private static final Keys KEYS = new Keys("SELECT", Map.of("k1", "{1}"));

    private final List<String> reached = Collections.synchronizedList(new ArrayList<>());
    private Object committed;
    private String failing;
    private Object failingBody;
    private Exception failure;

    RouteOrderTest() {
        testConfiguration().withUseAdviceWith(true);
    }

    /** Those of the files; a subclass has their twins. */
    @Override
    protected RoutesBuilder[] createRouteBuilders() throws Exception {
        List<RoutesBuilder> routes = new ArrayList<>();
        for (String file : RouteFile.files(List.of(RouteFile.values()))) {
            routes.addAll(PluginHelper.getRoutesLoader(context)
                    .findRoutesBuilders(ResourceHelper.resolveMandatoryResource(context, "file:routes/" + file)));
        }
        return routes.toArray(RoutesBuilder[]::new);
    }

    static List<Arguments> steps() {
        return Stream.of(
                        "enrich: find-dirty-rows read-joined-rows to-row-records publish-rows commit-changes",
                        "load: to-row-batches insert commit-rows",
                        "capture: wait-until-visible to-change-events publish-changes",
                        "snapshot: to-read-events publish-read-rows",
                        "dead-letters: publish-dead-letters",
                        "publish-fan-outs: send-fan-outs",
                        "fan-out: sort-fan-outs copy-children read-joined-rows to-batch-of-children insert-children commit-fan-outs")
                .map(line -> line.split(": "))
                .map(line -> Arguments.of(line[0], List.of(line[1].split(" "))))
                .toList();
    }

    static Stream<Arguments> eachStep() {
        return steps().stream().flatMap(route -> {
            List<?> steps = (List<?>) route.get()[1];
            return steps.stream().map(step -> Arguments.of(route.get()[0], step, steps));
        });
    }

    /** Starts this route alone, and those that it calls, with steps that only note that they were reached. */
    private void start(String route) throws Exception {
        Set<String> needed = new LinkedHashSet<>(List.of(route, "look-up", "dead-letters"));
        context.getRouteDefinitions()
                .forEach(each -> each.setAutoStartup(String.valueOf(needed.contains(each.getId()))));
        for (String started : needed) {
            RouteDefinition definition = context.getRouteDefinition(started);
            shortenPauses(definition);
            strategies(definition);
            List<String> steps = recorded(definition);
            AdviceWith.adviceWith(context, started, advice -> {
                if (started.equals(route)) {
                    advice.replaceFromWith(INPUT);
                }
                for (String step : steps) {
                    advice.weaveById(step).replace().process(exchange -> reach(step, exchange));
                }
            });
        }
        context.start();
    }

    private static List<String> recorded(RouteDefinition route) {
        return ProcessorDefinitionHelper.filterTypeInOutputs(route.getOutputs(), ProcessorDefinition.class).stream()
                .filter(step -> step instanceof ProcessDefinition || step instanceof ToDefinition)
                .map(ProcessorDefinition::getId)
                .toList();
    }

    private static void shortenPauses(RouteDefinition route) {
        if (route.getErrorHandlerFactory() instanceof DefaultErrorHandlerDefinition handler
                && handler.getRedeliveryPolicy() != null) {
            handler.getRedeliveryPolicy().setRedeliveryDelay("1");
            handler.getRedeliveryPolicy().setMaximumRedeliveryDelay("1");
        }
    }

    /** What the real ones need is not there: the rows that a look-up has found are its answer as it is. */
    private static void strategies(RouteDefinition route) {
        AggregationStrategy answer = (before, after) -> after;
        ProcessorDefinitionHelper.filterTypeInOutputs(route.getOutputs(), EnrichDefinition.class)
                .forEach(enrich -> enrich.setAggregationStrategy(answer));
        ProcessorDefinitionHelper.filterTypeInOutputs(route.getOutputs(), SplitDefinition.class).stream()
                .filter(split -> split.getAggregationStrategy() != null)
                .forEach(split -> split.setAggregationStrategy(answer));
    }

    private void reach(String step, Exchange exchange) throws Exception {
        reached.add(step);
        if (step.equals(failing)
                && (failingBody == null
                        || failingBody.equals(exchange.getMessage().getBody()))) {
            throw failure;
        }
        if (step.startsWith("commit-")) {
            committed = exchange.getVariable("batch");
        } else if (step.equals("find-dirty-rows") || step.equals("sort-fan-outs")) {
            exchange.getMessage().setBody(List.of(KEYS));
        }
    }

    private Exchange send(Object body) {
        return template.request(INPUT, exchange -> exchange.getMessage().setBody(body));
    }

    private void fail(String step, Exception why) {
        failing = step;
        failure = why;
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("steps")
    void theStepsOfARouteHaveThisOrder(String route, List<String> steps) throws Exception {
        start(route);
        assertThat(send(route.equals("load") ? List.of(BATCH) : BATCH).getException())
                .isNull();
        assertThat(reached).isEqualTo(steps);
    }

    /** A step that reads or writes is tried again only where the file says so; what follows is not reached. */
    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("eachStep")
    void aStepThatFailsFailsTheExchangeAndNothingBehindItIsReached(String route, String step, List<String> steps)
            throws Exception {
        start(route);
        fail(step, new IllegalStateException("out of order"));
        assertThat(send(route.equals("load") ? List.of(BATCH) : BATCH).getException())
                .hasStackTraceContaining("out of order");
        assertThat(reached).containsOnlyElementsOf(steps.subList(0, steps.indexOf(step) + 1));
        assertThat(Collections.frequency(reached, step)).isEqualTo(triedAgain(route) ? ATTEMPTS : 1);
        assertThat(committed).as("what was committed").isNull();
    }

    private static boolean triedAgain(String route) {
        return List.of("enrich", "fan-out", "load").contains(route);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"enrich", "fan-out", "load"})
    void whatIsCommittedIsTheBatchThatWasPolled(String route) throws Exception {
        start(route);
        List<?> polled = route.equals("load") ? List.of(BATCH) : BATCH;
        send(polled);
        assertThat(committed).isEqualTo(polled);
    }

    /** One table that fails ends the batch: it is written again, all of it, and nothing is committed. */
    @Test
    void theTablesBehindOneThatFailsAreNotWritten() throws Exception {
        start("load");
        fail("insert", new IllegalStateException("out of order"));
        failingBody = "a table";
        assertThat(send(List.of("a table", "another table")).getException()).hasStackTraceContaining("out of order");
        assertThat(Collections.frequency(reached, "insert")).isEqualTo(ATTEMPTS);
        assertThat(reached).doesNotContain("commit-rows");
    }

    @Test
    void aStepThatSucceedsAtASecondAttemptIsNotAFailure() throws Exception {
        start("load");
        AdviceWith.adviceWith(context, "load", advice -> advice.weaveByType(SplitDefinition.class)
                .before()
                .process(exchange -> {
                    reached.add("second attempt");
                    if (Collections.frequency(reached, "second attempt") == 1) {
                        throw new IllegalStateException("out of order");
                    }
                }));
        assertThat(send(BATCH).getException()).isNull();
        assertThat(reached)
                .containsExactly(
                        "to-row-batches", "second attempt", "second attempt", "insert", "insert", "commit-rows");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({"enrich, 200, 8", "fan-out, 200, 8", "load, 200, 8", "initial-load, 500, -1"})
    void pausesDoubleUpToTenSeconds(String route, String first, String times) {
        var policy = ((DefaultErrorHandlerDefinition)
                        context.getRouteDefinition(route).getErrorHandlerFactory())
                .getRedeliveryPolicy();
        assertThat(policy.getMaximumRedeliveries()).isEqualTo(times);
        assertThat(policy.getRedeliveryDelay()).isEqualTo(first);
        assertThat(policy.getUseExponentialBackOff()).isEqualTo("true");
        assertThat(Double.parseDouble(policy.getBackOffMultiplier())).isEqualTo(2);
        assertThat(policy.getMaximumRedeliveryDelay()).isEqualTo("10000");
    }

    /** The load of existing rows is tried until it succeeds. */
    @Test
    void theInitialLoadIsTriedWithoutAnEnd() throws Exception {
        MockEndpoint loaded = getMockEndpoint("mock:loaded");
        loaded.expectedMessageCount(1);
        start("initial-load");
        AdviceWith.adviceWith(context, "initial-load", advice -> advice.weaveAddLast()
                .process(exchange -> {
                    reached.add("attempt");
                    if (Collections.frequency(reached, "attempt") <= 3 * ATTEMPTS) {
                        throw new IllegalStateException("out of order");
                    }
                })
                .to(loaded));
        template.sendBody(INPUT, null);
        loaded.assertIsSatisfied();
        assertThat(Collections.frequency(reached, "load-existing-rows")).isEqualTo(1);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({"dev.olapsync.fanout.ListingRequest, list-children", "dev.olapsync.enrich.FanOutRequest, copy-wide-row"
    })
    void aFanOutRequestGoesThroughTheBranchOfItsKind(Class<?> kind, String step) throws Exception {
        start("fan-out");
        Constructor<?> constructor = kind.getDeclaredConstructors()[0];
        constructor.setAccessible(true);
        Object request = constructor.newInstance(new Object[constructor.getParameterCount()]);
        AdviceWith.adviceWith(context, "fan-out", advice -> advice.weaveById("for-each-fan-out")
                .before()
                .setBody(exchange -> List.of(request)));
        assertThat(send(BATCH).getException()).isNull();
        assertThat(reached).containsExactly("sort-fan-outs", "copy-children", step, "commit-fan-outs");
    }

    /** Rows that Postgres cannot compute are found by halves; whatever else fails stays a failure. */
    @ParameterizedTest(name = "{0}")
    @CsvSource({"java.sql.SQLException, true", "java.io.IOException, false"})
    void aLookUpThatFailsIsDividedAfterAnErrorOfSql(Class<? extends Exception> error, boolean divided)
            throws Exception {
        start("enrich");
        fail(
                "read-joined-rows",
                error == SQLException.class
                        ? new SQLException("division by zero", "22012")
                        : error.getConstructor(String.class).newInstance("out of order"));
        Exchange ended = send(BATCH);
        assertThat(reached.contains("look-up-in-halves")).isEqualTo(divided);
        assertThat(reached.contains("commit-changes")).isEqualTo(divided);
        assertThat(ended.getException() == null).isEqualTo(divided);
    }

    @Test
    void aStepWhoseDeadLetterIsNotAcknowledgedFails() throws Exception {
        start("load");
        fail("publish-dead-letters", new IllegalStateException("out of order"));
        Exchange deadLetter = new DefaultExchange(context);
        deadLetter.getMessage().setHeader(KafkaConstants.OVERRIDE_TOPIC, "olap.dlq");
        assertThatThrownBy(() -> DeadLetters.send(context, List.of(deadLetter)))
                .hasStackTraceContaining("out of order");
        assertThat(reached).containsExactly("publish-dead-letters");
    }

    @Test
    void aLookUpAsksWithTheKeysAsParameters() throws Exception {
        start("enrich");
        MockEndpoint asked = getMockEndpoint("mock:asked");
        AdviceWith.adviceWith(
                context, "look-up", advice -> advice.weaveById("query").after().to(asked));
        asked.expectedBodiesReceived("SELECT");
        asked.expectedHeaderReceived("CamelJdbcParameters", Map.of("k1", "{1}"));
        send(BATCH);
        asked.assertIsSatisfied();
    }
}

package dev.olapsync.faults;

import dev.olapsync.devstack.DevStackException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** The pipeline's process ends: in order, at any moment, and behind each of its steps. */
final class PipelineFaults {

    /** Steps that every build halts behind: each between a write and what acknowledges it. */
    private static final List<String> IN_EVERY_BUILD = List.of("publish-changes", "insert");
    /** A step that is passed only once in a start. */
    private static final String ONCE = "load-existing-rows";
    /** Steps that are passed only in an initial load through the topics. */
    private static final List<String> OF_SNAPSHOT = List.of("to-read-events", "publish-read-rows");

    private PipelineFaults() {}

    static List<Fault> all(HaltingRoutes routes) {
        List<Fault> faults = new ArrayList<>(List.of(
                Fault.quick("pipeline killed", PipelineFaults::kill),
                Fault.slow("pipeline stopped (SIGTERM) and started", PipelineFaults::restart)));
        for (String step : routes.steps()) {
            faults.add(new Fault(
                    "pipeline killed behind " + step,
                    IN_EVERY_BUILD.contains(step),
                    (shop, random) -> halt(shop, step, random)));
        }
        return faults;
    }

    private static String kill(FaultyShop shop, Random random) {
        shop.pipeline().kill();
        shop.pipeline().start();
        return Fault.BY_ITSELF;
    }

    private static String restart(FaultyShop shop, Random random) {
        shop.pipeline().stop();
        shop.pipeline().start();
        return Fault.BY_ITSELF;
    }

    private static String halt(FaultyShop shop, String step, Random random) throws Exception {
        if (step.equals(ONCE) || OF_SNAPSHOT.contains(step)) {
            shop.pipeline().kill();
            if (OF_SNAPSHOT.contains(step)) {
                shop.loadThroughTopics();
            }
            shop.routes().halt(step, 1);
            try {
                shop.pipeline().start();
            } catch (DevStackException e) {
                // it had halted before it was ready: awaitEnd tells
            }
        } else {
            shop.routes().halt(step, 1 + random.nextInt(3));
        }
        shop.awaitHalt(step);
        shop.routes().doNotHalt();
        shop.pipeline().start();
        return Fault.BY_ITSELF;
    }
}

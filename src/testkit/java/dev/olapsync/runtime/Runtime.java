package dev.olapsync.runtime;

import dev.olapsync.devstack.Service;
import dev.olapsync.scenario.Scenario;
import java.util.List;
import java.util.function.Function;

/** Where the routes run. */
enum Runtime {
    MAIN_YAML("camel-main, YAML", scenario -> List.of(scenario.process())),

    MAIN_JAVA("camel-main, Java DSL", scenario -> List.of(scenario.process("--dsl", "java"))),

    PODS("capture, 2 enrich, 2 load", Pod::all),

    CLI("Camel CLI", scenario -> List.of(scenario.programs().camelCli())),

    KAMELETS("Pipes of Kamelets", scenario -> List.of(scenario.programs().camelCliOfPipes())),

    EXPORT_MAIN("export to camel-main", scenario -> List.of(scenario.programs().exported("camel-main"))),

    EXPORT_SPRING_BOOT(
            "export to Spring Boot", scenario -> List.of(scenario.programs().exported("spring-boot"))),

    EXPORT_QUARKUS("export to Quarkus", scenario -> List.of(scenario.programs().exported("quarkus")));

    private final String title;
    private final Function<Scenario, List<Service>> processes;

    Runtime(String title, Function<Scenario, List<Service>> processes) {
        this.title = title;
        this.processes = processes;
    }

    String title() {
        return title;
    }

    /** The processes that are the pipeline of this scenario; none of them runs yet. */
    List<Service> processes(Scenario scenario) {
        return processes.apply(scenario);
    }
}

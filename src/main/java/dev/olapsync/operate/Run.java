package dev.olapsync.operate;

import dev.olapsync.Settings;
import dev.olapsync.model.Models;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.MainListenerSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs the routes until it is told to stop. */
@Command(name = "run", mixinStandardHelpOptions = true, description = "Runs the routes.")
final class Run implements Callable<Integer> {

    @Mixin
    private Configuration configuration;

    @Option(names = "--routes", paramLabel = "FOLDER", defaultValue = "routes",
            description = "the folder of the *.camel.yaml files, default: ${DEFAULT-VALUE}")
    private Path routes;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        Settings settings = configuration.settings();
        // in the words of check, before Camel says it in its own
        Findings findings = Findings.failures(spec.commandLine().getErr());
        PostgresChecks postgres = new PostgresChecks(settings, findings);
        Optional<Models> models = postgres.essential();
        models.ifPresent(compiled -> new ClickHouseChecks(settings, findings).essential(compiled, postgres.slotMissing()));
        if (findings.failed()) {
            return findings.exitCode();
        }
        // before the routes start: a port that is in use must stop nothing that runs
        try (StatusServer status = StatusServer.open(settings.status())) {
            return run(status);
        }
    }

    private int run(StatusServer status) throws Exception {
        org.apache.camel.main.Main main = new org.apache.camel.main.Main();
        main.setPropertyPlaceholderLocations("file:" + configuration.file());
        main.configure()
                .withName("olap-sync")
                .withRoutesIncludePattern("file:" + routes + "/*.camel.yaml")
                .withShutdownTimeout(30);
        // a route whose broker or ClickHouse is still starting waits for it
        main.configure().routeControllerConfig()
                .withEnabled(true)
                .withInitialDelay(0)
                .withBackOffDelay(1_000)
                .withBackOffMultiplier(2)
                .withBackOffMaxDelay(10_000)
                .withUnhealthyOnRestarting(true);
        main.addMainListener(new MainListenerSupport() {
            @Override
            public void afterStart(BaseMainSupport started) {
                status.serve(started.getCamelContext());
            }
        });
        main.run();
        return main.getExitCode();
    }
}

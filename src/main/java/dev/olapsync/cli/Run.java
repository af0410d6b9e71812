package dev.olapsync.cli;

import dev.olapsync.check.ClickHouseChecks;
import dev.olapsync.check.Findings;
import dev.olapsync.check.KafkaChecks;
import dev.olapsync.check.PostgresChecks;
import dev.olapsync.config.Settings;
import dev.olapsync.model.Models;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.routes.RouteFile;
import dev.olapsync.status.StatusServer;
import dev.olapsync.verify.ContinuousVerification;
import dev.olapsync.verify.Verification;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.component.properties.PropertiesComponent;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.MainListenerSupport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Runs the routes until SIGTERM. */
@Command(
        name = "run",
        mixinStandardHelpOptions = true,
        description = "Runs the routes, until Ctrl-C or SIGTERM.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:stopped",
            "1:a server cannot be used, or the port of the status is in use",
            "2:the configuration, a model or an option is wrong"
        })
final class Run implements Callable<Integer> {

    private static final int WRONG_CONFIGURATION = 2;
    private static final long PAUSE_MILLIS = 500;

    @Mixin
    private Configuration configuration;

    enum Dsl {
        YAML,
        JAVA
    }

    @Option(
            names = "--routes",
            paramLabel = "FILE",
            split = ",",
            defaultValue = "${env:OLAP_ROUTES:-" + Option.NULL_VALUE + "}",
            description =
                    "run the routes of these files only: ${COMPLETION-CANDIDATES}; the others run elsewhere. Default: those of"
                            + " OLAP_ROUTES in the environment, else all")
    private List<RouteFile> pages;

    @Option(
            names = "--routes-from",
            paramLabel = "FOLDER",
            description = "the folder of the *.camel.yaml files, default: routes")
    private Path folder;

    @Option(
            names = "--dsl",
            paramLabel = "DSL",
            defaultValue = "yaml",
            description = "yaml: the files; java: the same routes as they are compiled in. Default: ${DEFAULT-VALUE}")
    private Dsl dsl;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        if (dsl == Dsl.JAVA && folder != null) {
            throw new ParameterException(
                    spec.commandLine(), "--routes-from names YAML files, and --dsl java reads none");
        }
        Settings settings = configuration.settings();
        if (dsl == Dsl.YAML && !Files.isDirectory(routesFolder())) {
            throw new ParameterException(
                    spec.commandLine(),
                    "There is no folder " + routesFolder() + " with the routes. Name it with --routes-from.");
        }
        // with the message of check, before Camel reports its own
        Findings findings = Findings.failures(spec.commandLine().getErr());
        // beside the checks of Postgres; what fails with an exception is repeated, and fails there
        CompletableFuture<Optional<Findings>> broker =
                CompletableFuture.supplyAsync(() -> brokerChecks(settings), Run::inBackground);
        broker.thenRun(new ClickHouseChecks(settings, Findings.failures(JsonOutput.nowhere()))::prepare);
        PostgresChecks postgres = new PostgresChecks(settings, findings);
        Optional<Models> models = postgres.essential();
        if (findings.failed()) {
            return findings.exitCode();
        }
        Optional<Findings> ofBroker =
                broker.exceptionally(e -> Optional.empty()).join();
        if (ofBroker.isEmpty() && !await(found -> new KafkaChecks(settings, found).listens())
                || !await(found -> new ClickHouseChecks(settings, found).listens())) {
            return WRONG_CONFIGURATION;
        }
        if (ofBroker.isPresent()) {
            findings.add(ofBroker.get());
        } else {
            new KafkaChecks(settings, findings).essential();
        }
        // only the process that captures needs the slot, and it may be about to create it
        boolean captures = pages == null || pages.contains(RouteFile.CAPTURE);
        Optional<Models> registered = models.map(compiled -> new ClickHouseChecks(settings, findings)
                .essential(compiled, () -> captures && postgres.slotMissing(), postgres.published()));
        if (findings.failed()) {
            return findings.exitCode();
        }
        // before the routes start: a port that is in use must not stop a running pipeline
        try (StatusServer status = StatusServer.open(settings.status())) {
            return run(settings, registered, status);
        }
    }

    /** The checks of the broker, which are not printed; empty if it does not listen. */
    private static Optional<Findings> brokerChecks(Settings settings) {
        Findings found = Findings.failures(JsonOutput.nowhere());
        KafkaChecks checks = new KafkaChecks(settings, found);
        try {
            if (!checks.listens()) {
                return Optional.empty();
            }
            checks.essential();
            return Optional.of(found);
        } catch (InterruptedException e) {
            throw new CompletionException(e);
        }
    }

    private static void inBackground(Runnable task) {
        Thread thread = new Thread(task, "checks");
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * Servers are often started together. The routes need all servers to start; later they can do without one for a
     * while.
     *
     * @return false if waiting would be in vain, because the address is invalid
     */
    private boolean await(Predicate<Findings> listens) throws InterruptedException {
        PrintWriter err = spec.commandLine().getErr();
        Findings first = Findings.failures(err);
        if (listens.test(first)) {
            return true;
        }
        if (first.exitCode() == WRONG_CONFIGURATION) {
            return false;
        }
        err.println("Waiting for it.");
        while (!listens.test(Findings.failures(JsonOutput.nowhere()))) {
            Thread.sleep(PAUSE_MILLIS);
        }
        return true;
    }

    /** @param models compiled by the checks */
    private int run(Settings settings, Optional<Models> models, StatusServer status) throws Exception {
        org.apache.camel.main.Main main = new org.apache.camel.main.Main() {

            @Override
            protected CamelContext createCamelContext() {
                CamelContext context = super.createCamelContext();
                // in the way in which Settings reads the same file
                ((PropertiesComponent) context.getPropertiesComponent()).setEncoding(StandardCharsets.UTF_8.name());
                return context;
            }
        };
        main.setPropertyPlaceholderLocations("file:" + configuration.file());
        settings.overrides().forEach(main::addOverrideProperty);
        main.configure()
                .withName("olap-sync")
                // our headers always have the same case, and each record has some
                .withCaseInsensitiveHeaders(false)
                .withShutdownTimeout(30);
        models.ifPresent(compiled -> main.bind("models", compiled));
        addRoutes(main);
        main.addMainListener(new MainListenerSupport() {

            private ContinuousVerification verification;

            @Override
            public void afterStart(BaseMainSupport started) {
                status.serve(started.getCamelContext());
                if (settings.verify().continuous()) {
                    verification = new ContinuousVerification(
                            OlapSync.of(started.getCamelContext()),
                            Verification.PATIENCE,
                            settings.verify().rowsPerSecond());
                    verification.start(Duration.ofSeconds(settings.verify().pauseSeconds()));
                }
            }

            @Override
            public void beforeStop(BaseMainSupport stopping) {
                if (verification != null) {
                    verification.close();
                }
            }
        });
        main.run();
        return main.getExitCode();
    }

    /** Those of the working directory, else those of the distribution, as it is for models. */
    private Path routesFolder() {
        Path routes = Path.of("routes");
        String home = System.getProperty("olap-sync.home");
        if (folder != null) {
            return folder;
        }
        return Files.isDirectory(routes) || home == null
                ? routes
                : Path.of(home).resolve(routes);
    }

    private void addRoutes(org.apache.camel.main.Main main) {
        if (dsl == Dsl.JAVA) {
            RouteFile.routes(pages == null ? List.of(RouteFile.values()) : pages)
                    .forEach(main.configure()::addRoutesBuilder);
            return;
        }
        List<String> files = pages == null ? List.of("*.camel.yaml") : RouteFile.files(pages);
        main.configure()
                .withRoutesIncludePattern(files.stream()
                        .map(file -> "file:" + routesFolder().resolve(file))
                        .collect(Collectors.joining(",")));
    }
}

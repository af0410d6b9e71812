package dev.olapsync.devstack;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** {@code camel run} by the real Camel CLI, in a folder laid out like a checkout, configured by its environment. */
public final class CamelCli extends Service {

    /** What there is to run. */
    public static final String ROUTES = "routes";

    public static final String PIPES = "examples/kamelets";

    private final Path project;
    private final Map<String, String> settings;
    private final String arguments;

    /**
     * @param home the folder to run in; its log is beside it
     * @param project the folder with the routes and Pipes
     * @param settings keys of application.properties
     * @param what {@link #ROUTES} or {@link #PIPES}
     * @param options behind {@code run routes/*.yaml}
     */
    public CamelCli(Path home, Path project, Map<String, String> settings, String what, String... options) {
        super("CamelCli", 0, home);
        this.project = project;
        this.settings = settings;
        this.arguments = "run " + what + "/*.yaml " + String.join(" ", options);
    }

    @Override
    public String address() {
        return folder().toString();
    }

    /** Where it runs: the routes there may be edited. */
    public Path folder() {
        return home();
    }

    /** What another command of the CLI prints, such as {@code get health}. */
    public String ask(String... words) throws IOException {
        ProcessBuilder builder = camel(String.join(" ", words)).redirectErrorStream(true);
        Process command = builder.start();
        String printed = new String(command.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return printed;
    }

    @Override
    void prepare() throws IOException {
        if (!Files.exists(folder().resolve("routes"))) {
            CamelCommand.layOut(folder(), project, ROUTES, PIPES);
        }
        CamelCommand.install();
    }

    @Override
    ProcessBuilder command() {
        return camel(arguments);
    }

    @Override
    boolean isReady(String logged) {
        return logged.contains("Routes startup (total");
    }

    private ProcessBuilder camel(String arguments) {
        return CamelCommand.shell(folder(), settings, "exec camel " + arguments);
    }
}

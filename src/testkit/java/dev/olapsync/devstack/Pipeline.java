package dev.olapsync.devstack;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The pipeline as its users run it: {@code olap-sync run} of the distribution that {@code mvn package} leaves, configured
 * by its environment. Its port is that of the status endpoint.
 */
public final class Pipeline extends Service {

    /** Java options for a process that lives for seconds: what compiles fast is faster then. */
    public static final String SHORT_LIVED = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC";

    private static final Path DISTRIBUTION = Path.of("target", "olap-sync");

    private final Map<String, String> settings;
    private final List<String> arguments;
    private final String javaOptions;
    private final Path folder;

    /**
     * @param home its log is beside this
     * @param settings keys of application.properties
     */
    public Pipeline(Path home, Map<String, String> settings) {
        this(home, settings, List.of(), "");
    }

    /**
     * @param home its log is beside this
     * @param settings keys of application.properties
     * @param arguments of {@code olap-sync run}
     * @param javaOptions for {@code JAVA_OPTS}
     */
    public Pipeline(Path home, Map<String, String> settings, List<String> arguments, String javaOptions) {
        this(home, settings, arguments, javaOptions, DISTRIBUTION);
    }

    /** @param folder to run in; configuration and routes are looked for there first */
    public Pipeline(Path home, Map<String, String> settings, List<String> arguments, String javaOptions, Path folder) {
        super("Pipeline", 0, home);
        this.folder = folder;
        this.settings = settings;
        this.arguments = arguments;
        this.javaOptions = javaOptions;
    }

    @Override
    public String address() {
        return "http://localhost:" + port() + "/status";
    }

    @Override
    void prepare() {
        if (!Files.isExecutable(program())) {
            throw new DevStackException(
                    "There is no " + program() + ". Run mvn package first, in the project's folder.");
        }
    }

    @Override
    ProcessBuilder command() {
        List<String> command = new ArrayList<>(List.of(program().toString(), "run"));
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
        configure(builder, settings);
        builder.environment().put(variable("olap.status.port"), String.valueOf(port()));
        builder.environment().put("JAVA_OPTS", javaOptions);
        return builder;
    }

    @Override
    boolean isReady(String logged) {
        return logged.contains("Status at http");
    }

    /** Puts the settings, and no others, into the environment. */
    static void configure(ProcessBuilder builder, Map<String, String> settings) {
        // a configuration that the shell happens to have is not meant for this one
        builder.environment().keySet().removeIf(key -> key.matches("(POSTGRES|KAFKA|CLICKHOUSE|OLAP)_.*"));
        settings.forEach((key, value) -> builder.environment().put(variable(key), value));
    }

    private static Path program() {
        return DISTRIBUTION.resolve("bin").resolve("olap-sync").toAbsolutePath();
    }

    private static String variable(String key) {
        return key.toUpperCase(Locale.ROOT).replace('.', '_');
    }
}

package dev.olapsync.devstack;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/**
 * The Maven project that {@code camel export} makes of the routes, by the command lines in docs/camel.md: the last one
 * runs it, configured by its environment, the ones before are executed once in this JVM.
 */
public final class ExportedProject extends Service {

    private static final Path PROJECTS = Path.of("target", "exports").toAbsolutePath();
    private static final Path DOCUMENT = Path.of("docs", "camel.md");
    private static final String INDENT = "    ";
    private static final int BUILD_MINUTES = 20;
    private static final Set<String> BUILT = new HashSet<>();

    private final Map<String, String> settings;
    private final String runtime;

    /**
     * @param home its log is beside this
     * @param settings keys of application.properties
     * @param runtime as {@code camel export --runtime} has it
     */
    public ExportedProject(Path home, Map<String, String> settings, String runtime) {
        super("ExportedProject", 0, home);
        this.settings = settings;
        this.runtime = runtime;
    }

    @Override
    public String address() {
        return folder().toString();
    }

    private Path folder() {
        return PROJECTS.resolve(runtime);
    }

    @Override
    void prepare() throws IOException {
        synchronized (BUILT) {
            if (!BUILT.contains(runtime)) {
                build();
                BUILT.add(runtime);
            }
        }
    }

    @Override
    ProcessBuilder command() {
        try {
            List<String> lines = commandLines();
            ProcessBuilder builder = CamelCommand.shell(
                    folder(), settings, "exec " + lines.get(lines.size() - 1).trim());
            builder.environment().put("JAVA_TOOL_OPTIONS", Pipeline.SHORT_LIVED);
            return builder;
        } catch (IOException e) {
            throw new DevStackException("Cannot read " + DOCUMENT, e);
        }
    }

    @Override
    boolean isReady(String logged) {
        return logged.contains("Routes startup (total");
    }

    private void build() throws IOException {
        CamelCommand.install();
        Cache.delete(folder());
        CamelCommand.layOut(Files.createDirectories(folder()), Path.of(""), "routes");
        List<String> lines = commandLines();
        Path log = PROJECTS.resolve(runtime + "-build.log");
        Process process = CamelCommand.shell(folder(), Map.of(), String.join("\n", lines.subList(0, lines.size() - 1)))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            if (!process.waitFor(BUILD_MINUTES, TimeUnit.MINUTES)) {
                process.destroy();
                throw new DevStackException("Still building after " + BUILD_MINUTES + " minutes: " + log);
            }
        } catch (InterruptedException e) {
            process.destroy();
            Thread.currentThread().interrupt();
            throw new CompletionException(e);
        }
        if (process.exitValue() != 0) {
            throw new DevStackException("The project for " + runtime + " cannot be built. The log: " + log);
        }
    }

    /** Of the block with this runtime. */
    private List<String> commandLines() throws IOException {
        List<String> block = new ArrayList<>();
        for (String line : Files.readAllLines(DOCUMENT)) {
            if (line.startsWith(INDENT)) {
                block.add(line);
            } else if (block.stream().anyMatch(command -> command.contains("--runtime=" + runtime))) {
                break;
            } else {
                block.clear();
            }
        }
        if (block.isEmpty()) {
            throw new DevStackException(DOCUMENT + " does not say how to export to " + runtime);
        }
        return block;
    }
}

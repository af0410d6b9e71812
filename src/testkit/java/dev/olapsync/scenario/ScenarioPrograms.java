package dev.olapsync.scenario;

import dev.olapsync.devstack.CamelCli;
import dev.olapsync.devstack.ExportedProject;
import dev.olapsync.devstack.Pipeline;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** The program on a scenario: its commands, and the pipeline in processes of its own. */
public final class ScenarioPrograms {

    private final Scenario scenario;
    private final AtomicInteger processes = new AtomicInteger();

    ScenarioPrograms(Scenario scenario) {
        this.scenario = scenario;
    }

    /**
     * The pipeline of the distribution, as a process of its own, on this scenario.
     *
     * @param arguments of {@code olap-sync run}
     */
    public Pipeline process(String... arguments) {
        return new Pipeline(folder("process"), scenario.configuration(), List.of(arguments), "");
    }

    /**
     * The program in a container, on this scenario.
     *
     * @param folder the working directory
     * @param environment of the container; the addresses are this scenario's
     * @param arguments of {@code olap-sync}, beginning with {@code run}
     */
    public Pipeline container(Path folder, Map<String, String> environment, List<String> arguments) {
        Map<String, String> settings = new HashMap<>(environment);
        settings.putAll(scenario.configuration());
        return new Pipeline(
                folder("container"), settings, arguments.subList(1, arguments.size()), Pipeline.SHORT_LIVED, folder);
    }

    /**
     * The routes under the Camel CLI, on this scenario.
     *
     * @param options behind {@code camel run routes/*.yaml}
     */
    public CamelCli camelCli(String... options) {
        return new CamelCli(folder("cli"), Path.of(""), scenario.configuration(), CamelCli.ROUTES, options);
    }

    /** The Pipes, which consist of Kamelets, under the Camel CLI, on this scenario. */
    public CamelCli camelCliOfPipes() {
        return camelCliOfPipes(Path.of(""));
    }

    /**
     * The Pipes of a folder that is laid out like a checkout.
     *
     * @param options behind {@code camel run examples/kamelets/*.yaml}
     */
    public CamelCli camelCliOfPipes(Path project, String... options) {
        return new CamelCli(folder("pipes"), project, scenario.configuration(), CamelCli.PIPES, options);
    }

    /**
     * The routes as the project that {@code camel export} makes of them, on this scenario.
     *
     * @param runtime as {@code camel export --runtime} has it
     */
    public ExportedProject exported(String runtime) {
        return new ExportedProject(folder(runtime), scenario.configuration(), runtime);
    }

    private Path folder(String what) {
        return Path.of("target", "scenarios", scenario.name() + "_" + what + "_" + processes.incrementAndGet());
    }

    /** Runs a command of olap-sync on this scenario. */
    public Scenario.Ended execute(String... words) throws IOException {
        List<String> line = new ArrayList<>(List.of(words));
        line.add("--config");
        line.add(scenario.configuration(Path.of("target", "scenarios", scenario.name() + ".properties"))
                .toString());
        StringWriter printed = new StringWriter();
        PrintWriter out = new PrintWriter(printed);
        int code = dev.olapsync.cli.Main.commandLine().setOut(out).setErr(out).execute(line.toArray(String[]::new));
        return new Scenario.Ended(code, printed.toString());
    }

    /** What a command of olap-sync prints, run on this scenario; it has to succeed. */
    public String command(String... words) throws IOException {
        Scenario.Ended ended = execute(words);
        if (ended.code() != 0) {
            throw new AssertionError(List.of(words) + " ended with " + ended.code() + ": " + ended.printed());
        }
        return ended.printed();
    }

    /** A command of olap-sync as a process of its own, which can be killed. */
    public Process commandProcess(String... words) throws IOException {
        List<String> line = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                dev.olapsync.cli.Main.class.getName()));
        line.addAll(List.of(words));
        line.add("--config");
        line.add(scenario.configuration(Path.of("target", "scenarios", scenario.name() + ".properties"))
                .toString());
        return new ProcessBuilder(line)
                .redirectErrorStream(true)
                .redirectOutput(Path.of("target", "scenarios", scenario.name() + "_command.log")
                        .toFile())
                .start();
    }
}

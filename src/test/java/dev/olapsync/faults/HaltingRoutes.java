package dev.olapsync.faults;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;

/**
 * The three routes with a {@link HaltHere} behind every step, taken from the files as they are. Only the time after which
 * the broker counts a consumer as dead is shorter: it is waited for after each kill.
 */
final class HaltingRoutes {

    private static final Path ROUTES = Path.of("routes");
    /** What begins like a step and is none. */
    private static final List<String> NO_STEPS = List.of("route", "errorHandler", "beans");

    private static final Pattern STEP = Pattern.compile("( *)- (\\w+):");
    private static final Pattern ID = Pattern.compile(" *id: (\\S+)");
    private static final String SESSION = "( *)breakOnFirstError: true";
    private static final String SHORT_SESSION = "$1breakOnFirstError: true\n$1sessionTimeoutMs: 3000";
    private static final String HALT = """
            %1$s- process:
            %1$s    id: halt-after-%2$s
            %1$s    ref: "#class:dev.olapsync.faults.HaltHere('%2$s')"
            """;

    private final Path folder;
    private final Path order;
    private final Path agent;
    private final List<String> steps = new ArrayList<>();

    /** @param folder gets the routes, the agent's jar and the orders */
    HaltingRoutes(Path folder) throws IOException {
        this.folder = Files.createDirectories(folder.toAbsolutePath());
        this.order = this.folder.resolve("halt");
        this.agent = this.folder.resolve("halt-here.jar");
        try (Stream<Path> files = Files.list(ROUTES)) {
            for (Path file : files.filter(file -> file.toString().endsWith(".camel.yaml"))
                    .sorted()
                    .toList()) {
                String routes = halting(Files.readAllLines(file)).replaceAll(SESSION, SHORT_SESSION);
                Files.writeString(this.folder.resolve(file.getFileName()), routes);
            }
        }
        writeAgent();
    }

    /** Where the routes are. */
    Path folder() {
        return folder;
    }

    /** The ids of all steps. */
    List<String> steps() {
        return steps;
    }

    /** What Java needs to know to run these routes. */
    String javaOptions() {
        return "-javaagent:" + agent + " -D" + HaltHere.ORDER + "=" + order;
    }

    /** From now on, the process that passes behind the step for the n-th time ends. */
    void halt(String step, int barrier) throws IOException {
        Path written = Files.writeString(folder.resolve("halt.new"), step + " " + barrier);
        Files.move(written, order, StandardCopyOption.ATOMIC_MOVE);
    }

    void doNotHalt() throws IOException {
        Files.deleteIfExists(order);
    }

    private String halting(List<String> lines) {
        StringBuilder routes = new StringBuilder();
        halting(lines, 0, lines.size(), routes);
        return routes.toString();
    }

    /** A step lasts until a line that is not deeper than its dash. */
    private void halting(List<String> lines, int from, int to, StringBuilder routes) {
        for (int i = from; i < to; i++) {
            routes.append(lines.get(i)).append('\n');
            Matcher step = STEP.matcher(lines.get(i));
            Matcher id = ID.matcher(i + 1 < to ? lines.get(i + 1) : "");
            if (step.matches() && !NO_STEPS.contains(step.group(2))) {
                if (!id.matches()) {
                    throw new IllegalStateException("A step without an id in its first line: " + lines.get(i));
                }
                int end = i + 1;
                while (end < to && depth(lines.get(end)) > step.group(1).length()) {
                    end++;
                }
                halting(lines, i + 1, end, routes);
                routes.append(HALT.formatted(step.group(1), id.group(1)));
                steps.add(id.group(1));
                i = end - 1;
            }
        }
    }

    private static int depth(String line) {
        return line.isBlank()
                ? Integer.MAX_VALUE
                : line.length() - line.stripLeading().length();
    }

    private void writeAgent() throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(new Attributes.Name("Premain-Class"), HaltHere.class.getName());
        String file = HaltHere.class.getName().replace('.', '/') + ".class";
        try (OutputStream out = Files.newOutputStream(agent);
                JarOutputStream jar = new JarOutputStream(out, manifest);
                InputStream code = HaltHere.class.getClassLoader().getResourceAsStream(file)) {
            jar.putNextEntry(new ZipEntry(file));
            code.transferTo(jar);
        }
    }
}

package dev.olapsync.devstack;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.apache.camel.impl.DefaultCamelContext;

/**
 * {@code camel run} by the real Camel CLI, in a folder laid out like a checkout, configured by its
 * environment. Its home and its local Maven repository are its own; the latter has the jar that {@code mvn package} left,
 * and all else from the user's.
 */
public final class CamelCli extends Service {

    private static final Path HOME = Path.of("target", "camel-cli").toAbsolutePath();
    private static final Path LAUNCHER = Path.of("src", "test", "camel-cli");
    private static final String GROUP = "dev";
    private static final String ARTIFACT = "dev/olapsync/olap-sync";

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
            for (String what : List.of(ROUTES, PIPES)) {
                Files.createDirectories(folder().resolve(what));
                for (Path file : list(project.resolve(what))) {
                    Files.copy(file, folder().resolve(project.relativize(file)));
                }
            }
            Files.copy(Path.of("application.properties"), folder().resolve("application.properties"));
        }
        installLauncher();
        installOurJar();
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
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        ProcessBuilder builder = new ProcessBuilder(
                        "sh",
                        "-c",
                        "exec " + java + " " + Pipeline.SHORT_LIVED + " -Duser.home=" + HOME + " -Dmaven.repo.local="
                                + repository() + " CamelJBang " + arguments)
                .directory(folder().toFile());
        Pipeline.configure(builder, settings);
        try {
            builder.environment()
                    .put("CLASSPATH", HOME + ":" + Files.readString(classPath()).trim());
        } catch (IOException e) {
            throw new DevStackException("Cannot read " + classPath(), e);
        }
        return builder;
    }

    /** What JBang does: the class path by Maven, once, and one class that is compiled against it. */
    private static void installLauncher() throws IOException {
        if (!Files.exists(classPath())) {
            Files.createDirectories(HOME);
            run(
                    "mvn",
                    "-B",
                    "-q",
                    "-f",
                    LAUNCHER.resolve("pom.xml").toString(),
                    "dependency:build-classpath",
                    "-Dcamel.version=" + new DefaultCamelContext().getVersion(),
                    "-Dmdep.outputFile=" + classPath());
        }
        ToolProvider.getSystemJavaCompiler()
                .run(
                        null,
                        null,
                        null,
                        "-d",
                        HOME.toString(),
                        "-cp",
                        Files.readString(classPath()).trim(),
                        LAUNCHER.resolve("CamelJBang.java").toString());
    }

    private static Path classPath() {
        return HOME.resolve("classpath");
    }

    /** The user's repository, by links, without what it may have of ours. */
    private static void installOurJar() throws IOException {
        Cache.delete(repository());
        Path users = Path.of(System.getProperty(
                "maven.repo.local",
                Path.of(System.getProperty("user.home"), ".m2", "repository").toString()));
        Path group = Files.createDirectories(repository().resolve(GROUP));
        for (Path entry : list(users)) {
            if (!entry.endsWith(GROUP)) {
                Files.createSymbolicLink(repository().resolve(entry.getFileName()), entry.toAbsolutePath());
            }
        }
        for (Path entry : list(users.resolve(GROUP))) {
            if (!entry.endsWith("olapsync")) {
                Files.createSymbolicLink(group.resolve(entry.getFileName()), entry.toAbsolutePath());
            }
        }
        String version = version();
        Path folder = Files.createDirectories(repository().resolve(ARTIFACT).resolve(version));
        Files.copy(
                Path.of("pom.xml"),
                folder.resolve("olap-sync-" + version + ".pom"),
                StandardCopyOption.REPLACE_EXISTING);
        Files.copy(Path.of("target", "olap-sync-" + version + ".jar"), folder.resolve("olap-sync-" + version + ".jar"));
    }

    private static Path repository() {
        return HOME.resolve("repository");
    }

    /** As the packaged jar tells it. */
    private static String version() throws IOException {
        Path lastReport = Path.of("target", "maven-archiver", "pom.properties");
        if (!Files.exists(lastReport)) {
            throw new DevStackException(
                    "There is no jar of olap-sync. Run mvn package first, in the project's folder.");
        }
        Properties properties = new Properties();
        try (var reader = Files.newBufferedReader(lastReport)) {
            properties.load(reader);
        }
        return properties.getProperty("version");
    }

    private static List<Path> list(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return new ArrayList<>(files.toList());
        }
    }

    private static void run(String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (process.waitFor() != 0) {
                throw new DevStackException(String.join(" ", command) + " failed: " + printed);
            }
        } catch (InterruptedException e) {
            process.destroy();
            Thread.currentThread().interrupt();
            throw new CompletionException(e);
        }
    }
}

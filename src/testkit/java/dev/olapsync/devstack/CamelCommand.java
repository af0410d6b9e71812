package dev.olapsync.devstack;

import java.io.File;
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
 * The command {@code camel}, for shell commands in folders that are laid out like a checkout. Its home and its local
 * Maven repository, which {@code mvn} uses in these commands too, are its own; the latter has the jar that {@code mvn
 * package} left, and all else from the user's.
 */
final class CamelCommand {

    private static final Path HOME = Path.of("target", "camel-cli").toAbsolutePath();
    private static final Path REPOSITORY = HOME.resolve("repository");
    private static final Path PROGRAMS = HOME.resolve("bin");
    private static final Path CLASS_PATH = HOME.resolve("classpath");
    private static final Path LAUNCHER = Path.of("src", "test", "camel-cli");
    private static final String GROUP = "dev";
    private static final String ARTIFACT = "dev/olapsync/olap-sync";

    private CamelCommand() {}

    /** Installs the command, and the jar that it takes from its repository. */
    static void install() throws IOException {
        installLauncher();
        installOurJar();
    }

    /** Copies the configuration of the checkout, and these folders of a project. */
    static void layOut(Path folder, Path project, String... folders) throws IOException {
        for (String name : folders) {
            Files.createDirectories(folder.resolve(name));
            for (Path file : list(project.resolve(name))) {
                Files.copy(file, folder.resolve(project.relativize(file)));
            }
        }
        Files.copy(Path.of("application.properties"), folder.resolve("application.properties"));
    }

    /** @param settings keys of application.properties, which are put into the environment */
    static ProcessBuilder shell(Path folder, Map<String, String> settings, String commands) {
        ProcessBuilder builder = new ProcessBuilder("sh", "-e", "-c", commands).directory(folder.toFile());
        Pipeline.configure(builder, settings);
        Map<String, String> environment = builder.environment();
        environment.put(
                "PATH",
                PROGRAMS
                        + File.pathSeparator
                        + Path.of(System.getProperty("java.home"), "bin")
                        + File.pathSeparator
                        + environment.get("PATH"));
        environment.put("MAVEN_OPTS", Pipeline.SHORT_LIVED + " -Dmaven.repo.local=" + REPOSITORY);
        return builder;
    }

    /** What JBang does: the class path by Maven, once, and one class that is compiled against it. */
    private static void installLauncher() throws IOException {
        if (!Files.exists(CLASS_PATH)) {
            Files.createDirectories(HOME);
            run(
                    "mvn",
                    "-B",
                    "-q",
                    "-f",
                    LAUNCHER.resolve("pom.xml").toString(),
                    "dependency:build-classpath",
                    "-Dcamel.version=" + new DefaultCamelContext().getVersion(),
                    "-Dmdep.outputFile=" + CLASS_PATH);
        }
        String classPath = Files.readString(CLASS_PATH).trim();
        ToolProvider.getSystemJavaCompiler()
                .run(
                        null,
                        null,
                        null,
                        "-d",
                        HOME.toString(),
                        "-cp",
                        classPath,
                        LAUNCHER.resolve("CamelJBang.java").toString());
        Path program = Files.createDirectories(PROGRAMS).resolve("camel");
        Files.writeString(
                program,
                "#!/bin/sh\nCLASSPATH=" + HOME + ":" + classPath + " exec java " + Pipeline.SHORT_LIVED
                        + " -Duser.home=" + HOME + " -Dmaven.repo.local=" + REPOSITORY + " CamelJBang \"$@\"\n");
        if (!program.toFile().setExecutable(true)) {
            throw new IOException(program + " cannot be made executable");
        }
    }

    /** The user's repository, by links, without what it may have of ours; what the commands have added to it stays. */
    private static void installOurJar() throws IOException {
        Cache.delete(REPOSITORY.resolve(GROUP));
        Path users = Path.of(System.getProperty(
                "maven.repo.local",
                Path.of(System.getProperty("user.home"), ".m2", "repository").toString()));
        Path group = Files.createDirectories(REPOSITORY.resolve(GROUP));
        link(users, REPOSITORY, GROUP);
        link(users.resolve(GROUP), group, "olapsync");
        String version = version();
        Path folder = Files.createDirectories(REPOSITORY.resolve(ARTIFACT).resolve(version));
        Files.copy(
                Path.of("pom.xml"),
                folder.resolve("olap-sync-" + version + ".pom"),
                StandardCopyOption.REPLACE_EXISTING);
        Files.copy(Path.of("target", "olap-sync-" + version + ".jar"), folder.resolve("olap-sync-" + version + ".jar"));
    }

    private static void link(Path from, Path to, String omitted) throws IOException {
        for (Path entry : list(from)) {
            Path link = to.resolve(entry.getFileName());
            if (!entry.endsWith(omitted) && !Files.exists(link)) {
                Files.createSymbolicLink(link, entry.toAbsolutePath());
            }
        }
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

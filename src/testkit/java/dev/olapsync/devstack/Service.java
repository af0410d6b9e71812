package dev.olapsync.devstack;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * One server of the dev stack: a process of its own, on a loopback port and a data directory that stay the same when it is
 * stopped or killed and started again. It does not outlive the JVM that started it, not even when that one is killed.
 * Thread-safe.
 */
public abstract class Service implements AutoCloseable {

    private static final Duration START_TIME = Duration.ofSeconds(90);
    private static final Duration STOP_TIME = Duration.ofSeconds(30);

    private static final Pattern ERROR = Pattern.compile("\\b(ERROR|FATAL)\\b|Exception: ");

    private final String name;
    private final Place place;
    private final Path home;
    private Process process;
    private Process watchdog;

    Service(String name, int port, Path home) {
        this(name, Place.here(port), home);
    }

    Service(String name, Place place, Path home) {
        this.name = name;
        this.place = place;
        this.home = home.toAbsolutePath();
    }

    public final String name() {
        return name;
    }

    public final String host() {
        return place.host();
    }

    public final int port() {
        return place.port();
    }

    /** Whether it is started and stopped here, and its data deleted in the end. */
    public final boolean isOurs() {
        return place.ours();
    }

    final Place place() {
        return place;
    }

    /** Where clients reach it, as one would write it into their configuration. */
    public abstract String address();

    /** What the server prints, of all its starts. */
    public final Path log() {
        return home.resolveSibling(home.getFileName() + ".log");
    }

    final Path home() {
        return home;
    }

    /** Fails when the server could not start; changes nothing that others see. */
    void check() {
        if (place.ours()) {
            awaitFreePort();
        }
    }

    /** Starts the server and waits until it serves clients; does nothing when it runs. */
    public final synchronized void start() {
        if (isRunning() && place.ours()) {
            return;
        }
        try {
            if (!place.ours()) {
                afterStart();
                return;
            }
            awaitFreePort();
            Files.createDirectories(home);
            prepare();
            long logStart = Files.exists(log()) ? Files.size(log()) : 0;
            launch();
            try {
                awaitReady(logStart);
                afterStart();
            } catch (IOException | RuntimeException e) {
                kill();
                throw e;
            }
        } catch (IOException e) {
            throw new DevStackException("Cannot start " + name + ": " + e.getMessage(), e);
        }
    }

    /** Stops the server as its manual recommends; does nothing when it does not run. */
    public final synchronized void stop() {
        place.requireOurs(name, "stop it");
        if (process != null) {
            end(stopSignal());
        }
    }

    /** Ends the process with SIGKILL, without any chance to tidy up. */
    public final synchronized void kill() {
        place.requireOurs(name, "kill it");
        if (process != null) {
            end("KILL");
        }
    }

    public final synchronized boolean isRunning() {
        return !place.ours() || (process != null && process.isAlive());
    }

    /** The process id of the running server. */
    public final synchronized long pid() {
        place.requireOurs(name, "look for its process");
        if (!isRunning()) {
            throw new IllegalStateException(name + " is not running");
        }
        return process.pid();
    }

    @Override
    public final void close() {
        stop();
    }

    /** Brings {@link #home()} into a state in which the server can start; called before each start. */
    void prepare() throws IOException {}

    /** The server's command line and environment. */
    abstract ProcessBuilder command();

    /**
     * Whether the server serves clients.
     *
     * @param logged what it has logged since this start
     */
    abstract boolean isReady(String logged);

    /**
     * Whether the server ended for a reason that goes away by itself.
     *
     * @param logged what it has logged since this start
     */
    boolean isPassing(String logged) {
        return false;
    }

    /** Completes a server that serves clients already. */
    void afterStart() throws IOException {}

    String stopSignal() {
        return "TERM";
    }

    /** Ends the server when this JVM is gone and nobody needs an orderly end. */
    String orphanSignal() {
        return "KILL";
    }

    /** A Java process with the class path of this one. */
    static ProcessBuilder java(List<String> options, Class<?> main, Object... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(LargePages.options());
        command.addAll(options);
        command.add(main.getName());
        Arrays.stream(arguments).map(Object::toString).forEach(command::add);
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("CLASSPATH", classPath());
        return builder;
    }

    private static String classPath() {
        // Maven plugins run us in a class loader of their own, which java.class.path does not know
        if (Service.class.getClassLoader() instanceof URLClassLoader loader) {
            return Arrays.stream(loader.getURLs()).map(Service::file).collect(Collectors.joining(File.pathSeparator));
        }
        return System.getProperty("java.class.path");
    }

    private static String file(URL url) {
        try {
            return Path.of(url.toURI()).toString();
        } catch (URISyntaxException e) {
            throw new IllegalStateException("Not a file on the class path: " + url, e);
        }
    }

    private void awaitFreePort() {
        // the watchdog of a killed dev stack may still be at work
        long deadline = System.nanoTime() + Duration.ofSeconds(2).toNanos();
        while (!Ports.isFree(port())) {
            if (System.nanoTime() > deadline) {
                throw new DevStackException(
                        "Port " + port() + " for " + name + " is in use. Stop the program that listens there, "
                                + "or choose another port with -Ddevstack." + name.toLowerCase() + ".port=<port>.");
            }
            pause();
        }
    }

    private void launch() throws IOException {
        process = command()
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
                .start();
        process.getOutputStream().close();
        // "cat" ends when this JVM ends, however that happens: the pipe is held by nobody else
        String script = "trap '' INT TERM HUP; cat; kill -" + orphanSignal() + " " + process.pid();
        watchdog = new ProcessBuilder("sh", "-c", script)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        process.onExit().thenRun(watchdog::destroyForcibly);
    }

    private void awaitReady(long logStart) throws IOException {
        long start = logStart;
        long deadline = System.nanoTime() + START_TIME.toNanos();
        while (!isReady(logged(start))) {
            if (System.nanoTime() > deadline) {
                throw new DevStackException(
                        name + " did not become ready within " + START_TIME.toSeconds() + " s. Its log: " + log());
            }
            if (!process.isAlive()) {
                int exitCode = process.exitValue();
                if (!isPassing(logged(start))) {
                    throw new DevStackException(name + " ended while starting (exit code " + exitCode + "): "
                            + reason(logged(start)) + "\nIts log: " + log());
                }
                start = Files.size(log());
                launch();
            }
            pause();
        }
    }

    private String logged(long from) throws IOException {
        try (InputStream in = Files.newInputStream(log())) {
            in.skipNBytes(from);
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** The first errors in the log, else its last line. */
    private static String reason(String logged) {
        String errors = logged.lines()
                .filter(line -> ERROR.matcher(line).find())
                .limit(3)
                .collect(Collectors.joining("\n"));
        return errors.isEmpty()
                ? logged.lines().filter(line -> !line.isBlank()).reduce("", (all, line) -> line)
                : errors;
    }

    private void end(String signal) {
        List<ProcessHandle> children = process.descendants().toList();
        try {
            if (process.isAlive()) {
                new ProcessBuilder("kill", "-" + signal, String.valueOf(process.pid()))
                        .start()
                        .waitFor();
            }
            if (!process.waitFor(STOP_TIME.toSeconds(), TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
            // busy backends of Postgres would not notice for long that they are alone
            children.forEach(ProcessHandle::destroyForcibly);
            children.forEach(child -> child.onExit().join());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CompletionException(e);
        }
        process = null;
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(50);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CompletionException(e);
        }
    }
}

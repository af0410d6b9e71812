package dev.olapsync.runtime;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import dev.olapsync.devstack.Cache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** A program that Go's tools build once from its module. */
enum GoTool {
    KUSTOMIZE("sigs.k8s.io/kustomize/kustomize/v5", "5.7.1"),
    HELM("helm.sh/helm/v3/cmd/helm", "3.22.0");

    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
    private static final long LONGEST_BUILD_MINUTES = 30;

    private final String module;
    private final String version;

    GoTool(String module, String version) {
        this.module = module;
        this.version = version;
    }

    /** The exit code, and both outputs as one text. */
    record Ended(int code, String printed) {}

    /** Without Go the test is skipped. */
    Ended run(String... arguments) throws IOException, InterruptedException {
        assumeTrue(hasGo(), this + " is not built: install Go (the command go) to test the manifests with it");
        Path tool = Cache.directory(this + "-" + version, this::install).resolve(toString());
        List<String> command = new ArrayList<>(List.of(tool.toString()));
        command.addAll(List.of(arguments));
        Path output = Files.createTempFile(toString(), ".yaml");
        try {
            ProcessBuilder builder = new ProcessBuilder(command);
            // helm warns if others can read it
            builder.environment().put("KUBECONFIG", "none");
            return run(builder, output);
        } finally {
            Files.delete(output);
        }
    }

    /** The resources that it prints; it has to succeed. */
    List<JsonNode> resources(String... arguments) throws IOException, InterruptedException {
        List<JsonNode> resources = new ArrayList<>();
        try (MappingIterator<JsonNode> documents =
                YAML.readerFor(JsonNode.class).readValues(succeeded(run(arguments)))) {
            documents.forEachRemaining(resources::add);
        }
        return resources;
    }

    private void install(Path folder) throws IOException {
        ProcessBuilder install = new ProcessBuilder("go", "install", module + "@v" + version);
        install.environment().put("GOBIN", folder.toAbsolutePath().toString());
        succeeded(run(install, folder.resolve("install.log")));
    }

    private static boolean hasGo() throws InterruptedException {
        try {
            return new ProcessBuilder("go", "version").start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    private String succeeded(Ended ended) throws IOException {
        if (ended.code() != 0) {
            throw new IOException(this + " failed: " + ended.printed());
        }
        return ended.printed();
    }

    private static Ended run(ProcessBuilder command, Path output) throws IOException {
        Process process = command.redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            if (!process.waitFor(LONGEST_BUILD_MINUTES, TimeUnit.MINUTES)) {
                throw new IOException(
                        String.join(" ", command.command()) + " does not end: " + Files.readString(output));
            }
            return new Ended(process.exitValue(), Files.readString(output));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            process.destroyForcibly();
        }
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}

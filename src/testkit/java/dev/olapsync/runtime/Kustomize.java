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
import java.util.concurrent.TimeUnit;

/** The real kustomize, which Go's tools build once from its module. */
final class Kustomize {

    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
    private static final String MODULE = "sigs.k8s.io/kustomize/kustomize/v5@v5.7.1";
    private static final long LONGEST_BUILD_MINUTES = 15;

    private Kustomize() {}

    /** The resources of a folder with a kustomization.yaml. Without Go the test is skipped. */
    static List<JsonNode> build(Path folder) throws IOException, InterruptedException {
        assumeTrue(hasGo(), "kustomize is not built: install Go (the command go) to test the manifests with it");
        Path tool = Cache.directory("kustomize-5.7.1", Kustomize::install).resolve("kustomize");
        Path output = Files.createTempFile("kustomize", ".yaml");
        try {
            run(new ProcessBuilder(tool.toString(), "build", folder.toString()), output);
            List<JsonNode> resources = new ArrayList<>();
            try (MappingIterator<JsonNode> documents =
                    YAML.readerFor(JsonNode.class).readValues(output.toFile())) {
                documents.forEachRemaining(resources::add);
            }
            return resources;
        } finally {
            Files.delete(output);
        }
    }

    private static void install(Path folder) throws IOException {
        ProcessBuilder install = new ProcessBuilder("go", "install", MODULE);
        install.environment().put("GOBIN", folder.toAbsolutePath().toString());
        run(install, folder.resolve("install.log"));
    }

    private static boolean hasGo() throws InterruptedException {
        try {
            return new ProcessBuilder("go", "version").start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    private static void run(ProcessBuilder command, Path output) throws IOException {
        Process process = command.redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            if (!process.waitFor(LONGEST_BUILD_MINUTES, TimeUnit.MINUTES) || process.exitValue() != 0) {
                throw new IOException(String.join(" ", command.command()) + " failed: " + Files.readString(output));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            process.destroyForcibly();
        }
    }
}

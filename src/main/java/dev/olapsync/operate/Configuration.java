package dev.olapsync.operate;

import dev.olapsync.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The option that all commands share: where the configuration is. */
final class Configuration {

    @Option(names = "--config", paramLabel = "FILE", defaultValue = "application.properties",
            description = "the configuration, default: ${DEFAULT-VALUE}")
    private Path file;

    Path file() {
        return file;
    }

    Settings settings() throws IOException {
        if (!Files.isReadable(file)) {
            throw new IOException("There is no configuration " + file.toAbsolutePath()
                    + ". Name it with --config, or start the command in its folder.");
        }
        return Settings.load(file);
    }
}

package dev.olapsync.cli;

import dev.olapsync.config.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** The option that all commands share: the path of the configuration. */
public final class Configuration {

    static final String OPTION = "--config";

    /** What MODEL is, for the help of the commands. */
    static final String MODEL = "a model: the name of its file in olap.models, without .sql";

    @Option(
            names = OPTION,
            paramLabel = "FILE",
            defaultValue = "application.properties",
            description = "the configuration, default: ${DEFAULT-VALUE}")
    private Path file;

    Path file() {
        return file;
    }

    /** @throws ConfigurationException if there is no configuration, or a value in it is wrong */
    public Settings settings() throws IOException, ConfigurationException {
        if (Files.isDirectory(file)) {
            throw new ConfigurationException(file.toAbsolutePath() + " is a folder. Name the file with --config: "
                    + file.resolve("application.properties"));
        }
        if (!Files.isReadable(file)) {
            throw new ConfigurationException("There is no configuration " + file.toAbsolutePath()
                    + ". Name it with --config, or start the command in its folder.");
        }
        try {
            return Settings.load(file);
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(file + ": " + e.getMessage());
        }
    }

    /** Wrong usage. The message is for the user. */
    static final class ConfigurationException extends Exception {

        private static final long serialVersionUID = 1L;

        ConfigurationException(String message) {
            super(message);
        }
    }
}

package dev.olapsync.cli;

import dev.olapsync.cli.Configuration.ConfigurationException;
import dev.olapsync.model.ModelException;
import java.util.TimeZone;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/** The command line. Exit codes: 0 success, 1 a difference or a failure, 2 wrong usage, configuration or model. */
@Command(
        name = "olap-sync",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        description = "Keeps denormalised ClickHouse tables in sync with a normalised Postgres database.",
        subcommands = {
            Run.class,
            Check.class,
            Explain.class,
            StatusCommand.class,
            Verify.class,
            RepairRow.class,
            Resync.class,
            DeadLetterCommand.class
        })
public final class Main {

    public static void main(String[] arguments) {
        TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
        System.exit(commandLine().execute(arguments));
    }

    /** All commands, for a caller with its own streams. */
    public static CommandLine commandLine() {
        return new CommandLine(new Main())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler((error, command, parsed) -> {
                    command.getErr().println(command.getColorScheme().errorText(describe(error)));
                    return error instanceof ModelException || error instanceof ConfigurationException ? 2 : 1;
                });
    }

    /** The version that the jar's manifest has. */
    static final class Version implements IVersionProvider {

        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"olap-sync " + (version == null ? "(not packaged)" : version)};
        }
    }

    private static String describe(Throwable error) {
        return error.getMessage() == null ? error.toString() : error.getMessage();
    }
}

package dev.olapsync.cli;

import dev.olapsync.cli.Configuration.ConfigurationException;
import dev.olapsync.model.ModelException;
import java.util.TimeZone;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;

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
            Rebuild.class,
            GenerationsCommand.class,
            DeadLetterCommand.class,
            CommandLine.HelpCommand.class,
            AutoComplete.GenerateCompletion.class
        },
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:all is well",
            "1:a difference or a failure",
            "2:the usage, the configuration or a model is wrong"
        },
        footer = {"", "Shell completion: source <(olap-sync generate-completion)"})
public final class Main {

    @Option(names = Configuration.OPTION, paramLabel = "FILE", description = "the configuration of the command")
    private String config;

    public static void main(String[] arguments) {
        TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
        System.exit(commandLine().execute(arguments));
    }

    /** All commands, for a caller with its own streams. */
    public static CommandLine commandLine() {
        Main main = new Main();
        return new CommandLine(main)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setDefaultValueProvider(main::ofAllCommands)
                .setParameterExceptionHandler(Main::wrongUsage)
                .setExecutionStrategy(Main::quietUnlessRunning)
                .setExecutionExceptionHandler((error, command, parsed) -> {
                    command.getErr().println(command.getColorScheme().errorText(describe(error)));
                    return error instanceof ModelException || error instanceof ConfigurationException ? 2 : 1;
                });
    }

    /** Other commands than run report themselves what their clients would log; logback.xml reads this. */
    private static int quietUnlessRunning(ParseResult parsed) {
        if (parsed.hasSubcommand() && !(parsed.subcommand().commandSpec().userObject() instanceof Run)) {
            System.setProperty("olap-sync.log.clients", "OFF");
        }
        return new RunLast().execute(parsed);
    }

    /** An option before the command counts for the command. */
    private String ofAllCommands(ArgSpec option) {
        return config != null
                        && option instanceof OptionSpec named
                        && named.longestName().equals(Configuration.OPTION)
                ? config
                : null;
    }

    private static int wrongUsage(ParameterException error, String[] arguments) {
        CommandLine command = error.getCommandLine();
        command.getErr().println(command.getColorScheme().errorText(error.getMessage()));
        command.getErr().println("'" + command.getCommandSpec().qualifiedName() + " --help' shows what it takes.");
        return CommandLine.ExitCode.USAGE;
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

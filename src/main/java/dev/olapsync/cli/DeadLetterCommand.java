package dev.olapsync.cli;

import dev.olapsync.check.Findings;
import dev.olapsync.check.KafkaChecks;
import dev.olapsync.config.Settings;
import dev.olapsync.deadletter.DeadLetter;
import dev.olapsync.deadletter.DeadLetterReplay;
import dev.olapsync.deadletter.DeadLetterTopic;
import dev.olapsync.pipeline.OlapSync;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The dead letters: changes and rows that could not be processed as they are. */
@Command(
        name = "dlq",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        description = "Lists, shows and replays the dead letters.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:done", "1:a failure", "2:the configuration or an option is wrong"})
final class DeadLetterCommand {

    @Spec
    private CommandSpec spec;

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "One line for each dead letter, without its content.",
            exitCodeListHeading = "Exit codes:%n",
            exitCodeList = {"0:listed", "1:a failure", "2:the configuration or an option is wrong"})
    int list(@Mixin Configuration configuration, @Mixin JsonOutput json) throws Exception {
        Findings findings = reach(configuration.settings());
        if (findings.failed()) {
            return findings.exitCode();
        }
        if (json.wanted()) {
            List<Listed> all = new ArrayList<>();
            new DeadLetterTopic(configuration.settings()).read(deadLetter -> all.add(Listed.of(deadLetter)));
            JsonOutput.print(out(), all);
            return 0;
        }
        LongAdder deadLetters = new LongAdder();
        new DeadLetterTopic(configuration.settings()).read(deadLetter -> {
            out().printf(
                            Locale.ROOT,
                            "%-10s %s  %s %s: %s%n",
                            deadLetter.id(),
                            deadLetter.time(),
                            deadLetter.of(),
                            deadLetter.key(),
                            deadLetter.error());
            deadLetters.increment();
        });
        out().println(counted(deadLetters));
        out().flush();
        return 0;
    }

    /** A dead letter without its content. */
    record Listed(String id, String time, String of, String key, String error) {

        static Listed of(DeadLetter deadLetter) {
            return new Listed(
                    deadLetter.id(),
                    String.valueOf(deadLetter.time()),
                    deadLetter.of(),
                    deadLetter.key(),
                    deadLetter.error());
        }
    }

    @Command(
            name = "show",
            mixinStandardHelpOptions = true,
            description = "One dead letter whole, with its content.",
            exitCodeListHeading = "Exit codes:%n",
            exitCodeList = {
                "0:shown",
                "1:there is no such dead letter, or a failure",
                "2:the configuration or an option is wrong"
            })
    int show(
            @Mixin Configuration configuration,
            @Parameters(paramLabel = "ID", description = "as list prints it") String id)
            throws Exception {
        Findings findings = reach(configuration.settings());
        if (findings.failed()) {
            return findings.exitCode();
        }
        Optional<DeadLetter> found = new DeadLetterTopic(configuration.settings()).find(id);
        if (found.isEmpty()) {
            spec.commandLine()
                    .getErr()
                    .println("There is no dead letter " + id + ". 'olap-sync dlq list' prints those that"
                            + " are there.");
            return 1;
        }
        DeadLetter deadLetter = found.get();
        out().printf(
                        Locale.ROOT,
                        "id        %s%ntime      %s%nof        %s%nfrom      %s%nkey       %s%nposition  %s%nerror     %s%ncontent   %s%n",
                        deadLetter.id(),
                        deadLetter.time(),
                        deadLetter.of(),
                        deadLetter.from(),
                        deadLetter.key(),
                        deadLetter.position(),
                        deadLetter.error(),
                        deadLetter.content());
        if (deadLetter.isOfRow()) {
            out().println("          A value that cannot be held is null here. 'olap-sync repair-row " + deadLetter.of()
                    + " " + deadLetter.key() + "' shows the row as it is in Postgres.");
        }
        out().flush();
        return 0;
    }

    @Command(
            name = "replay",
            mixinStandardHelpOptions = true,
            description = {
                "Processes all dead letters again, once their cause is fixed, and deletes them.",
                "A change goes back into its topic; of a row it is enough to say that it has to be read again."
            },
            exitCodeListHeading = "Exit codes:%n",
            exitCodeList = {"0:they are on the way", "1:a failure", "2:the configuration or an option is wrong"})
    int replay(@Mixin Configuration configuration) throws Exception {
        Settings settings = configuration.settings();
        Findings findings = reach(settings);
        if (findings.failed()) {
            return findings.exitCode();
        }
        OlapSync olapSync = new OlapSync(settings);
        LongAdder deadLetters = new LongAdder();
        try {
            deadLetters.add(DeadLetterReplay.all(olapSync));
        } finally {
            olapSync.stop();
        }
        out().println(counted(deadLetters) + " on the way again");
        out().flush();
        return 0;
    }

    private static String counted(LongAdder deadLetters) {
        return deadLetters + (deadLetters.sum() == 1 ? " dead letter" : " dead letters");
    }

    /** A client would retry for a minute and then report less. */
    private Findings reach(Settings settings) {
        Findings findings = Findings.failures(spec.commandLine().getErr());
        new KafkaChecks(settings, findings).listens();
        return findings;
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}

package dev.olapsync.operate;

import dev.olapsync.OlapSync;
import dev.olapsync.Settings;
import dev.olapsync.enrich.Hint;
import java.io.PrintWriter;
import java.sql.Connection;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.common.TopicPartition;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The dead letters: changes and rows that could not be processed as they are. */
@Command(name = "dlq", mixinStandardHelpOptions = true, synopsisSubcommandLabel = "COMMAND",
        description = "Lists, shows and replays the dead letters.")
final class DeadLetterCommand {

    @Spec
    private CommandSpec spec;

    @Command(name = "list", mixinStandardHelpOptions = true, description = "One line for each letter, without its content.")
    int list(@Mixin Configuration configuration) throws Exception {
        Findings findings = reach(configuration.settings());
        if (findings.failed()) {
            return findings.exitCode();
        }
        LongAdder letters = new LongAdder();
        new DeadLetterTopic(configuration.settings()).read(letter -> {
            out().printf(Locale.ROOT, "%-10s %s  %s %s: %s%n", letter.id(), letter.time(), letter.of(), letter.key(), letter.error());
            letters.increment();
        });
        out().println(counted(letters));
        out().flush();
        return 0;
    }

    @Command(name = "show", mixinStandardHelpOptions = true, description = "One letter whole, with its content.")
    int show(@Mixin Configuration configuration,
            @Parameters(paramLabel = "ID", description = "as list prints it") String id) throws Exception {
        Findings findings = reach(configuration.settings());
        if (findings.failed()) {
            return findings.exitCode();
        }
        Optional<DeadLetter> found = new DeadLetterTopic(configuration.settings()).find(id);
        if (found.isEmpty()) {
            spec.commandLine().getErr().println("There is no letter " + id + ". 'olap-sync dlq list' prints those that are there.");
            return 1;
        }
        DeadLetter letter = found.get();
        out().printf(Locale.ROOT, "id        %s%ntime      %s%nof        %s%nfrom      %s%nkey       %s%nposition  %s%nerror     %s%ncontent   %s%n",
                letter.id(), letter.time(), letter.of(), letter.from(), letter.key(), letter.position(), letter.error(), letter.content());
        out().flush();
        return 0;
    }

    @Command(name = "replay", mixinStandardHelpOptions = true, description = {
        "Processes all letters again, once their cause is mended, and deletes them.",
        "A change goes back into its topic; of a row it is enough to say that it has to be read again."})
    int replay(@Mixin Configuration configuration) throws Exception {
        Settings settings = configuration.settings();
        Findings findings = reach(settings);
        if (findings.failed()) {
            return findings.exitCode();
        }
        DeadLetterTopic topic = new DeadLetterTopic(settings);
        LongAdder letters = new LongAdder();
        OlapSync olapSync = new OlapSync(settings);
        try (Connection connection = olapSync.postgres().getConnection(); Originals originals = new Originals(settings.kafka())) {
            Map<TopicPartition, Long> read = topic.read(letter -> {
                letter.original().ifPresent(originals::send);
                Optional<Hint> hint = letter.hint(olapSync.models());
                if (hint.isPresent()) {
                    hint.get().write(connection);
                }
                letters.increment();
            });
            originals.await();
            topic.delete(read);
        } finally {
            olapSync.stop();
        }
        out().println(counted(letters) + " on the way again");
        out().flush();
        return 0;
    }

    private static String counted(LongAdder letters) {
        return letters + (letters.sum() == 1 ? " letter" : " letters");
    }

    /** A client would try for a minute and then say less. */
    private Findings reach(Settings settings) {
        Findings findings = Findings.failures(spec.commandLine().getErr());
        new KafkaChecks(settings, findings).listens();
        return findings;
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}

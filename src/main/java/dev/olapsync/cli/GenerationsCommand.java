package dev.olapsync.cli;

import dev.olapsync.model.Model;
import dev.olapsync.pipeline.Generations;
import dev.olapsync.pipeline.Generations.Generation;
import dev.olapsync.pipeline.Generations.State;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.tables.ClickHouseTables;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The generations of the models, each of one SELECT and with a table of its own. */
@Command(
        name = "generations",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        description = "Lists the generations of the models, and switches to one that is kept.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:done", "1:a failure", "2:the configuration or an option is wrong"})
final class GenerationsCommand {

    @Spec
    private CommandSpec spec;

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "One line for each generation that has a table.",
            exitCodeListHeading = "Exit codes:%n",
            exitCodeList = {"0:listed", "1:a failure", "2:the configuration or an option is wrong"})
    int list(@Mixin Configuration configuration) throws Exception {
        OlapSync olapSync = new OlapSync(configuration.settings());
        try {
            PrintWriter out = spec.commandLine().getOut();
            out.printf(Locale.ROOT, "%-32s %10s %-10s %s%n", "MODEL", "GENERATION", "STATE", "TABLE");
            for (Generation generation : Generations.of(olapSync).ofEpoch()) {
                if (generation.state() != State.DROPPED) {
                    out.printf(
                            Locale.ROOT,
                            "%-32s %10d %-10s %s%n",
                            generation.model(),
                            generation.number(),
                            generation.state().name().toLowerCase(Locale.ROOT),
                            generation.targets().stream()
                                    .map(ClickHouseTables::storage)
                                    .collect(Collectors.joining(", ")));
                }
            }
            out.flush();
            return 0;
        } finally {
            olapSync.stop();
        }
    }

    @Command(
            name = "switch",
            mixinStandardHelpOptions = true,
            description = "Readers see this generation from now on; it has to be one that is kept.",
            exitCodeListHeading = "Exit codes:%n",
            exitCodeList = {
                "0:readers see it",
                "1:a failure",
                "2:there is no such generation, or the configuration is wrong"
            })
    int switchTo(
            @Mixin Configuration configuration,
            @Parameters(paramLabel = "MODEL", description = Configuration.MODEL) String name,
            @Parameters(paramLabel = "GENERATION", description = "its number, as list prints it") int number)
            throws Exception {
        OlapSync olapSync = new OlapSync(configuration.settings());
        try {
            Generations generations = Generations.of(olapSync);
            Optional<Generation> kept = generations.ofEpoch().stream()
                    .filter(generation -> generation.model().equals(name)
                            && generation.number() == number
                            && generation.state() == State.KEPT)
                    .findFirst();
            Optional<Generation> current = generations.shown().stream()
                    .filter(generation -> generation.model().equals(name))
                    .findFirst();
            List<Model> models = kept.isEmpty()
                    ? List.of()
                    : olapSync.models().ofGeneration(kept.get().name());
            if (models.isEmpty()
                    || current.isEmpty()
                    || !generations.replace(olapSync.postgres(), current.get(), kept.get())) {
                spec.commandLine()
                        .getErr()
                        .println("There is no generation " + number + " of " + name
                                + " that is kept. 'olap-sync generations list' shows which there are.");
                return 2;
            }
            new ClickHouseTables(olapSync.clickHouse()).show(models);
            spec.commandLine().getOut().println("Readers see generation " + number + " of " + name + " now.");
            return 0;
        } finally {
            olapSync.stop();
        }
    }
}

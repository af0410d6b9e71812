package dev.olapsync.cli;

import dev.olapsync.model.Models;
import dev.olapsync.pipeline.Generations;
import dev.olapsync.pipeline.Generations.Generation;
import dev.olapsync.pipeline.Generations.State;
import dev.olapsync.pipeline.NextEpoch;
import dev.olapsync.pipeline.OlapSync;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Has the pipeline load a model once more into a new generation, or all models in a new epoch. */
@Command(
        name = "rebuild",
        mixinStandardHelpOptions = true,
        description = {
            "Has the running pipeline load a model once more into a new table, beside the one that readers see, and switch them to"
                    + " it when it is in sync. 'olap-sync status' shows how far it is.",
            "",
            "With --all, everything is loaded once more into the same tables, after changes were lost: the slot or a topic was"
                    + " deleted, Postgres failed over or was restored. A pipeline that runs begins within seconds, another one at"
                    + " its next start. Until a model is loaded, readers see its old rows beside its new rows."
        },
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:the pipeline will do it", "1:a failure", "2:the configuration, a model or an option is wrong"
        })
final class Rebuild implements Callable<Integer> {

    @Mixin
    private Configuration configuration;

    @Parameters(paramLabel = "MODEL", arity = "0..1", description = Configuration.MODEL)
    private String name;

    @Option(names = "--all", description = "all models")
    private boolean all;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        if (all == (name != null)) {
            throw new ParameterException(spec.commandLine(), "Name a model, or --all");
        }
        OlapSync olapSync = new OlapSync(configuration.settings());
        try {
            if (all) {
                beginEpoch(olapSync);
                return 0;
            }
            Generations generations = Generations.of(olapSync);
            Map<String, String> files =
                    Models.contents(olapSync.settings().olap().models());
            List<Generation> known = generations.ofEpoch();
            List<String> models = known.stream()
                    .filter(generation -> (generation.state() == State.CURRENT || generation.state() == State.FROZEN)
                            && files.containsKey(generation.model()))
                    .map(Generation::model)
                    .filter(name::equals)
                    .filter(model ->
                            known.stream().noneMatch(other -> other.model().equals(model) && other.isNext()))
                    .toList();
            if (models.isEmpty()) {
                spec.commandLine()
                        .getErr()
                        .println("There is no model to rebuild with the name " + name
                                + ": it is not loaded, or is being rebuilt.");
                return 2;
            }
            for (String model : models) {
                generations.save(List.of(generations.next(model, files.get(model))));
                spec.commandLine().getOut().println(model + ": the running pipeline builds a new generation.");
            }
            return 0;
        } finally {
            olapSync.stop();
        }
    }

    private void beginEpoch(OlapSync olapSync) throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        NextEpoch next = NextEpoch.begin(olapSync, "rebuild --all");
        if (next.slotDropped()) {
            out.println("Replication slot " + olapSync.settings().postgres().slot()
                    + ", which Postgres had invalidated, is dropped.");
        }
        out.println(
                "Epoch " + next.number() + " begins: everything is loaded once more. A pipeline that runs begins within"
                        + " seconds, another one at its next start. Until a model is loaded, readers see its old rows beside its new rows."
                        + " 'olap-sync status' shows how far it is.");
    }
}

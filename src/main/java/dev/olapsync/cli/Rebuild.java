package dev.olapsync.cli;

import dev.olapsync.model.Models;
import dev.olapsync.pipeline.Generations;
import dev.olapsync.pipeline.Generations.Generation;
import dev.olapsync.pipeline.Generations.State;
import dev.olapsync.pipeline.OlapSync;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Has the running pipeline build a new generation of models. */
@Command(
        name = "rebuild",
        mixinStandardHelpOptions = true,
        description = {
            "Has the running pipeline load a model once more into a new table, beside the one that readers see, and switch",
            "them to it when it is in sync. 'olap-sync status' shows how far it is."
        })
final class Rebuild implements Callable<Integer> {

    @Mixin
    private Configuration configuration;

    @Parameters(paramLabel = "MODEL", arity = "0..1", description = "the model")
    private String name;

    @Option(names = "--all", description = "all models")
    private boolean all;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        OlapSync olapSync = new OlapSync(configuration.settings());
        try {
            Generations generations = Generations.of(olapSync);
            Map<String, String> files =
                    Models.contents(olapSync.settings().olap().models());
            List<Generation> known = generations.ofEpoch();
            List<String> models = known.stream()
                    .filter(generation -> generation.state() == State.CURRENT && files.containsKey(generation.model()))
                    .map(Generation::model)
                    .filter(model -> all || model.equals(name))
                    .filter(model -> known.stream()
                            .noneMatch(other -> other.model().equals(model) && other.state() == State.BUILDING))
                    .toList();
            if (models.isEmpty()) {
                spec.commandLine()
                        .getErr()
                        .println("There is no model to rebuild" + (name == null ? "" : " with the name " + name)
                                + ": it is not loaded, is being rebuilt, or has a history, UNION ALL or groups.");
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
}

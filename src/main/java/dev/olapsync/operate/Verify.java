package dev.olapsync.operate;

import dev.olapsync.OlapSync;
import dev.olapsync.model.Model;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Compares each view in ClickHouse with its model's SELECT in Postgres. */
@Command(name = "verify", mixinStandardHelpOptions = true,
        description = "Compares each view in ClickHouse with its model's SELECT in Postgres, value by value.")
final class Verify implements Callable<Integer> {

    @Mixin
    private Configuration configuration;

    @Option(names = "--show", paramLabel = "N", defaultValue = "20",
            description = "how many differences of a model to print, default: ${DEFAULT-VALUE}")
    private int show;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        OlapSync olapSync = new OlapSync(configuration.settings());
        try {
            return compare(olapSync);
        } finally {
            olapSync.stop();
        }
    }

    private int compare(OlapSync olapSync) throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        Verifier verifier = new Verifier(olapSync.postgres(), olapSync.clickHouse());
        List<Model> models = olapSync.models().all();
        long rows = 0;
        long differences = 0;
        for (Model model : models) {
            AtomicLong found = new AtomicLong();
            long read = verifier.compare(model, difference -> {
                if (found.incrementAndGet() <= show) {
                    out.println(difference);
                }
            });
            out.printf("%-24s %,12d rows, %d differences%n", model.name(), read, found.get());
            rows += read;
            differences += found.get();
        }
        out.printf("VERDICT: %s (%d models, %d rows compared, %d differences)%n",
                differences == 0 ? "in step" : "NOT in step", models.size(), rows, differences);
        out.flush();
        return differences == 0 ? 0 : 1;
    }
}

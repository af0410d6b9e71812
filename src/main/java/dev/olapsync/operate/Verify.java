package dev.olapsync.operate;

import dev.olapsync.OlapSync;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
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
            PrintWriter out = spec.commandLine().getOut();
            Verdict verdict = Verdict.of(olapSync, show, out);
            out.println(verdict);
            return verdict.inStep() ? 0 : 1;
        } finally {
            olapSync.stop();
        }
    }
}

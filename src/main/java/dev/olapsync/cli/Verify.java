package dev.olapsync.cli;

import dev.olapsync.config.Settings;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.verify.ContinuousVerification;
import dev.olapsync.verify.Verdict;
import dev.olapsync.verify.VerifyRound;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Compares each view in ClickHouse with the SELECT of its model in Postgres. */
@Command(
        name = "verify",
        mixinStandardHelpOptions = true,
        description = {
            "Compares each view in ClickHouse with its model's SELECT in Postgres, value by value, also while changes come:",
            "a difference counts only when it outlives the lag. Exit code 0: no difference, 1: differences or a failure."
        })
final class Verify implements Callable<Integer> {

    @Mixin
    private Configuration configuration;

    @Option(
            names = "--show",
            paramLabel = "N",
            defaultValue = "20",
            description = "how many differences of a model to print, default: ${DEFAULT-VALUE}")
    private int show;

    @Option(
            names = "--patience",
            paramLabel = "SECONDS",
            defaultValue = "30",
            description =
                    "how long to wait until what is on its way has arrived and rows that differ have come to rest, for"
                            + " each model, default: ${DEFAULT-VALUE}")
    private int patience;

    @Option(names = "--repair", description = "have the running pipeline read the rows that differ again")
    private boolean repair;

    @Option(names = "--continuous", description = "compare again and again, slowly, and print a line for each round")
    private boolean continuous;

    @Option(
            names = "--rows-per-second",
            paramLabel = "N",
            description = "the pace of --continuous, default: olap.verify.rows.per.second")
    private Integer rowsPerSecond;

    @Option(
            names = "--pause",
            paramLabel = "SECONDS",
            description = "between two rounds of --continuous, default: olap.verify.pause.seconds")
    private Integer pause;

    @Option(names = "--rounds", paramLabel = "N", description = "how many rounds of --continuous, default: without end")
    private Integer rounds;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        OlapSync olapSync = new OlapSync(configuration.settings());
        try {
            PrintWriter out = spec.commandLine().getOut();
            if (continuous && repair) {
                spec.commandLine()
                        .getErr()
                        .println("--continuous only looks. Fix what it finds with 'olap-sync verify" + " --repair'.");
                return 2;
            }
            if (continuous) {
                return goOn(olapSync, out);
            }
            Verdict verdict = new VerifyRound(olapSync, Duration.ofSeconds(patience), show, out).run(repair);
            out.println(verdict);
            return verdict.inSync() ? 0 : 1;
        } finally {
            olapSync.stop();
        }
    }

    private int goOn(OlapSync olapSync, PrintWriter out) throws Exception {
        Settings.Verify settings = olapSync.settings().verify();
        ContinuousVerification verification = new ContinuousVerification(
                olapSync,
                Duration.ofSeconds(patience),
                rowsPerSecond == null ? settings.rowsPerSecond() : rowsPerSecond);
        int round = 0;
        while (true) {
            Verdict verdict = Verdict.of(verification.round());
            out.println(Instant.now().truncatedTo(ChronoUnit.SECONDS) + " " + verdict);
            out.flush();
            if (rounds != null && ++round >= rounds) {
                return verdict.inSync() ? 0 : 1;
            }
            Thread.sleep(Duration.ofSeconds(pause == null ? settings.pauseSeconds() : pause)
                    .toMillis());
        }
    }
}

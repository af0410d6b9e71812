package dev.olapsync.cli;

import dev.olapsync.config.Settings;
import dev.olapsync.model.ModelException;
import dev.olapsync.model.Models;
import dev.olapsync.pipeline.Generations;
import dev.olapsync.pipeline.Generations.Generation;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.verify.ContinuousVerification;
import dev.olapsync.verify.Verdict;
import dev.olapsync.verify.Verification;
import dev.olapsync.verify.VerifyRound;
import java.io.PrintWriter;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Compares each view in ClickHouse with the SELECT of its model in Postgres. */
@Command(
        name = "verify",
        mixinStandardHelpOptions = true,
        description =
                "Compares each view in ClickHouse with its model's SELECT in Postgres, value by value, also while changes"
                        + " come: a difference counts only when it outlives the lag.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:no difference",
            "1:differences, or a failure",
            "2:the configuration, a model or an option is wrong"
        })
final class Verify implements Callable<Integer> {

    @Mixin
    private Configuration configuration;

    @Mixin
    private JsonOutput json;

    @Parameters(paramLabel = "MODEL", arity = "0..*", description = Configuration.MODEL + "; default: all")
    private List<String> models = List.of();

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
            requireSense(olapSync);
            if (continuous) {
                return goOn(olapSync, out);
            }
            VerifyRound round = new VerifyRound(
                    olapSync, models, Duration.ofSeconds(patience), show, json.wanted() ? JsonOutput.nowhere() : out);
            Verdict verdict = round.run(repair);
            List<Generation> frozen = frozen(olapSync);
            boolean inSync = verdict.inSync() && frozen.isEmpty();
            if (json.wanted()) {
                JsonOutput.print(out, Verified.of(inSync, verdict, round.results()));
            } else {
                out.println(verdict);
                frozen.forEach(generation -> out.println("not compared: "
                        + generation.frozen(olapSync.settings().olap().schemaChanges())));
            }
            return inSync ? 0 : 1;
        } finally {
            olapSync.stop();
        }
    }

    /** Those of the models to compare that show the past. */
    private List<Generation> frozen(OlapSync olapSync) {
        return Generations.of(olapSync).frozen().stream()
                .filter(generation -> models.isEmpty() || models.contains(generation.model()))
                .toList();
    }

    private void requireSense(OlapSync olapSync) throws SQLException, ModelException {
        if (continuous && (repair || json.wanted() || !models.isEmpty())) {
            throw wrong("--continuous only looks, at all models, and prints a line for each round."
                    + " 'olap-sync verify --repair' repairs what it finds.");
        }
        if (show < 0 || patience < 0) {
            throw wrong("--show and --patience cannot be negative.");
        }
        for (String model : models) {
            if (VerifyRound.chosen(olapSync.models(), List.of(model)).isEmpty()
                    && frozen(olapSync).stream()
                            .noneMatch(generation -> generation.model().equals(model))) {
                throw wrong("There is no model " + model + ", only "
                        + olapSync.models().shown().stream()
                                .map(Models::file)
                                .distinct()
                                .toList());
            }
        }
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    /** The document for programs. */
    record Verified(boolean inSync, long rows, long differences, List<VerifiedModel> models) {

        static Verified of(boolean inSync, Verdict verdict, List<Verification.Result> results) {
            return new Verified(
                    inSync,
                    verdict.rows(),
                    verdict.differences(),
                    results.stream()
                            .map(result -> new VerifiedModel(
                                    result.model().name(),
                                    result.rows(),
                                    result.differences(),
                                    result.moving(),
                                    result.standstill()))
                            .toList());
        }
    }

    /**
     * @param moving rows that were still changing when the patience was at an end
     * @param standstill why what is on its way counts as different; null when it does not
     */
    record VerifiedModel(String name, long rows, long differences, long moving, String standstill) {}

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

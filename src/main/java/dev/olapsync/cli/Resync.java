package dev.olapsync.cli;

import dev.olapsync.backfill.InitialLoad;
import dev.olapsync.backfill.LoadedModel;
import dev.olapsync.backfill.PageRows;
import dev.olapsync.model.Model;
import dev.olapsync.model.Page;
import dev.olapsync.pipeline.Loads;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.postgres.Position;
import dev.olapsync.postgres.PostgresDataSource;
import dev.olapsync.postgres.RefreshRequest;
import dev.olapsync.postgres.ValueErrors;
import dev.olapsync.tables.ClickHouseTables;
import dev.olapsync.verify.Barrier;
import dev.olapsync.verify.Barrier.StandstillException;
import dev.olapsync.verify.TerminalProgress;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Reads a whole model again while the pipeline runs. All rows get the position of a barrier message that was written
 * into the log before the first row was read: later changes come through the log with a greater position. At the end, a
 * version cut-off of the same position hides the rows that are gone in Postgres. Until then nothing is hidden, so an
 * interrupted run does no harm.
 */
@Command(
        name = "resync",
        mixinStandardHelpOptions = true,
        description = "Reads a whole model again into ClickHouse, while the pipeline runs; after damage in ClickHouse.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {
            "0:all rows are read again",
            "1:a failure; nothing was hidden",
            "2:the configuration, a model or an option is wrong"
        })
final class Resync implements Callable<Integer> {

    private static final int ROWS_OF_A_PAGE = 2_000;

    @Mixin
    private Configuration configuration;

    @Parameters(paramLabel = "MODEL", description = Configuration.MODEL)
    private String modelName;

    @Option(
            names = "--patience",
            paramLabel = "SECONDS",
            defaultValue = "60",
            description = "how long to wait for an answer of the pipeline, default: ${DEFAULT-VALUE}")
    private int patience;

    @Spec
    private CommandSpec spec;

    private boolean readAll;

    @Override
    public Integer call() throws Exception {
        OlapSync olapSync = new OlapSync(configuration.settings());
        try (Barrier barrier = new Barrier(olapSync)) {
            Optional<Model> model = olapSync.models().findShown(modelName);
            if (model.isEmpty()) {
                spec.commandLine().getErr().println(olapSync.models().unknown(modelName));
                return 2;
            }
            Loads.of(olapSync).requireUnchanged(olapSync.models());
            Position position = barrier.captured(Duration.ofSeconds(patience));
            new ClickHouseTables(olapSync.clickHouse()).ensure(model.get());
            load(olapSync, barrier, model.get(), position);
            return 0;
        } catch (StandstillException e) {
            spec.commandLine()
                    .getErr()
                    .println((readAll ? "Nothing was hidden. Run it again. " : "Nothing was read. ") + e.getMessage());
            return 1;
        } finally {
            olapSync.stop();
        }
    }

    private void load(OlapSync olapSync, Barrier barrier, Model model, Position position) throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        int maximum = Math.min(ROWS_OF_A_PAGE, olapSync.settings().olap().batchRows());
        long rows = 0;
        long handedOver = 0;
        try (Connection postgres = PostgresDataSource.patient(olapSync.postgres())) {
            TerminalProgress progress = new TerminalProgress(out, model.name(), InitialLoad.count(postgres, model));
            List<String> last = List.of();
            Step step;
            do {
                step = step(olapSync, postgres, model, last, maximum, position);
                RefreshRequest.write(postgres, model.name(), step.difficult());
                rows += step.keys().size() - step.difficult().size();
                handedOver += step.difficult().size();
                last = step.keys().isEmpty()
                        ? last
                        : step.keys().get(step.keys().size() - 1);
                progress.add(step.keys().size());
            } while (step.keys().size() == maximum);
            readAll = true;
            if (handedOver > 0) {
                // a change on its way must not lose against the kept last state
                barrier.loaded(Duration.ofSeconds(patience));
            }
            LoadedModel.hideOlder(olapSync, model, position, true);
            progress.end();
            out.printf(
                    Locale.ROOT,
                    "%s: %,d rows read again in %.1f s%s%n",
                    model.name(),
                    rows,
                    progress.seconds(),
                    handedOver == 0
                            ? ""
                            : ", " + handedOver
                                    + " handed over to the pipeline, because they are wide or one of them cannot be held:"
                                    + " see 'olap-sync dlq list'");
            out.flush();
        }
    }

    /** @param difficult keys that the running pipeline must read again: it finds the rows that become dead letters */
    private record Step(List<List<String>> keys, List<List<String>> difficult) {}

    private static Step step(
            OlapSync olapSync, Connection postgres, Model model, List<String> after, int maximum, Position position)
            throws SQLException {
        try {
            Page page = Page.read(
                    postgres, model, after, maximum, olapSync.settings().olap().batchBytes());
            List<List<String>> keys =
                    page.rows().stream().map(Page.Row::grainKey).toList();
            PageRows rows = PageRows.of(page, model, position, PostgresDataSource.now(postgres));
            return new Step(keys, rows.insert(olapSync.clickHouse()) ? rows.difficult() : keys);
        } catch (SQLException e) {
            if (!ValueErrors.isOne(e)) {
                throw e;
            }
            List<List<String>> keys = Page.keys(postgres, model, after, maximum);
            return new Step(keys, keys);
        }
    }
}

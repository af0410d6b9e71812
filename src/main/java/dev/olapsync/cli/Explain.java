package dev.olapsync.cli;

import dev.olapsync.check.PostgresChecks;
import dev.olapsync.model.KeyColumn;
import dev.olapsync.model.LookUp;
import dev.olapsync.model.Model;
import dev.olapsync.model.Models;
import dev.olapsync.model.OutputColumn;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.tables.ClickHouseTables;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows what olap-sync derives from a model, and so the cost of the model. */
@Command(
        name = "explain",
        mixinStandardHelpOptions = true,
        description =
                "Shows the key of a model's rows, how changes of each table find them, the indexes that this needs, and the table in"
                        + " ClickHouse.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:shown", "1:a failure", "2:the configuration or a model is wrong, or there is no such model"})
public final class Explain implements Callable<Integer> {

    @Mixin
    private Configuration configuration;

    @Parameters(index = "0", paramLabel = "MODEL", description = Configuration.MODEL)
    private String name;

    @Option(names = "--sql", description = "the statements too")
    private boolean sql;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        OlapSync olapSync = new OlapSync(configuration.settings());
        PrintWriter out = spec.commandLine().getOut();
        try (Connection postgres = olapSync.postgres().getConnection()) {
            Models inFiles = Models.load(olapSync.settings().olap().models(), postgres);
            List<Model> models = inFiles.all().stream()
                    .filter(model ->
                            model.name().equals(name) || Models.file(model).equals(name))
                    .toList();
            if (models.isEmpty()) {
                spec.commandLine().getErr().println(olapSync.models().unknown(name));
                return 2;
            }
            for (Model model : models) {
                explain(model, postgres, out);
            }
            out.flush();
            return 0;
        } finally {
            olapSync.stop();
        }
    }

    private void explain(Model model, Connection postgres, PrintWriter out) throws SQLException {
        out.println(model.name()
                + (model.name().equals(Models.file(model))
                        ? ""
                        : ", of which the view " + Models.file(model) + " is made"));
        out.println("  key         " + names(model.key()) + ", of " + model.grain());
        out.println("  rows        "
                + (model.several()
                        ? "several for a row of " + model.grain() + ", stored as one with arrays"
                        : "one at most for a row of " + model.grain()));
        for (LookUp lookUp : model.lookUps()) {
            out.println("  changes of  " + lookUp.table() + " " + lookUp.alias() + ": "
                    + lookUp.key().stream().map(KeyColumn::name).collect(Collectors.joining(", ")) + ", old and new"
                    + (lookUp.asked().ofGrain() ? ", are the key" : ", lead to the key"));
            if (sql && (lookUp.ofGrain() || !lookUp.asked().ofGrain())) {
                out.println("              " + lookUp.sql());
                if (!lookUp.sql(LookUp.MANY).equals(lookUp.sql())) {
                    out.println("              for " + LookUp.MANY + " rows and more:");
                    out.println("              " + lookUp.sql(LookUp.MANY));
                }
            }
        }
        for (LookUp.Reference reference : model.references()) {
            out.println("  index       " + reference.table() + " (" + String.join(", ", reference.columns()) + "): "
                    + (PostgresChecks.indexed(postgres, reference) ? "exists" : "MISSING"));
        }
        out.println("  ClickHouse  " + ClickHouseTables.storage(model.name()) + ": "
                + model.columns().stream()
                        .map(column ->
                                column.name() + " " + column.clickHouseType() + (column.hidden() ? " (hidden)" : ""))
                        .collect(Collectors.joining(", ")));
        model.rollUp("`" + model.name() + "`").ifPresent(view -> out.println("  view        " + view));
    }

    private static String names(List<OutputColumn> columns) {
        return columns.stream().map(OutputColumn::name).collect(Collectors.joining(", "));
    }
}

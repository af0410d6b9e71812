package dev.olapsync.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.olapsync.check.Findings;
import dev.olapsync.check.KafkaChecks;
import dev.olapsync.deadletter.DeadLetter;
import dev.olapsync.deadletter.DeadLetterTopic;
import dev.olapsync.model.Model;
import dev.olapsync.model.OutputColumn;
import dev.olapsync.model.RowKey;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.postgres.ValueErrors;
import dev.olapsync.verify.Barrier;
import dev.olapsync.verify.Barrier.StandstillException;
import dev.olapsync.verify.DifferenceCause;
import dev.olapsync.verify.PagedPass;
import dev.olapsync.verify.StoredRow;
import dev.olapsync.verify.Verification;
import dev.olapsync.verify.Verification.Repaired;
import dev.olapsync.verify.VerifyRound;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows a row on both sides, says why they differ, and has the running pipeline read it again. */
@Command(
        name = "repair-row",
        aliases = "heal",
        mixinStandardHelpOptions = true,
        description =
                "Shows a row on both sides and says why they differ; has the running pipeline read it again, and waits"
                        + " until ClickHouse has it.")
final class RepairRow implements Callable<Integer> {

    private static final ObjectMapper JSON = new ObjectMapper();

    @Mixin
    private Configuration configuration;

    @Parameters(index = "0", paramLabel = "MODEL")
    private String modelName;

    @Parameters(index = "1", paramLabel = "KEY", description = "of a composite key a JSON array: '[1,\"a\"]'")
    private String key;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "60",
            description = "how long to wait for the pipeline, default: ${DEFAULT-VALUE}")
    private int seconds;

    @Spec
    private CommandSpec spec;

    /** Both sides of the row. */
    private record Both(String inPostgres, String inClickHouse, boolean same) {}

    @Override
    public Integer call() throws Exception {
        OlapSync olapSync = new OlapSync(configuration.settings());
        try {
            Optional<Model> model = olapSync.models().find(modelName);
            List<String> columns = model.isEmpty()
                    ? List.of()
                    : RowKey.columns(key, model.get().key().size());
            if (model.isEmpty() || columns.size() != model.get().key().size()) {
                spec.commandLine()
                        .getErr()
                        .println(
                                model.isEmpty()
                                        ? "There is no model " + modelName + ", only "
                                                + olapSync.models().all()
                                        : "The key of " + modelName + " has "
                                                + model.get().key().size() + " columns: "
                                                + model.get().key().stream()
                                                        .map(OutputColumn::name)
                                                        .toList());
                return 2;
            }
            return repair(olapSync, model.get(), PagedPass.canonical(model.get(), columns));
        } finally {
            olapSync.stop();
        }
    }

    private int repair(OlapSync olapSync, Model model, List<String> columns) throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        Duration patience = Duration.ofSeconds(seconds);
        try (Barrier barrier = new Barrier(olapSync);
                Verification verification = new Verification(olapSync, patience)) {
            StoredRow before = StoredRow.read(olapSync.clickHouse(), model, columns);
            Both found = read(verification, model, columns);
            out.println("Postgres    " + found.inPostgres());
            out.println("ClickHouse  " + found.inClickHouse());
            before.lines().forEach(line -> out.println("  stored    " + line));
            if (found.same()) {
                out.println("            Both sides are the same.");
            } else {
                deadLetters(olapSync, model, columns)
                        .forEach(deadLetter ->
                                out.println("  dead letter " + deadLetter.time() + " " + deadLetter.error()));
            }
            out.flush();
            barrier.loaded(patience);
            if (!found.same()) {
                Both settled = read(verification, model, columns);
                out.println("why         "
                        + (settled.same()
                                ? "The change was still on its way; it has arrived now."
                                : DifferenceCause.differs(
                                        StoredRow.read(olapSync.clickHouse(), model, columns),
                                        barrier.captured(patience))));
                out.flush();
            }
            return repair(olapSync, verification, model, columns);
        } catch (SQLException e) {
            if (!ValueErrors.isOne(e)) {
                throw e;
            }
            out.println("Postgres    cannot compute the row: " + ValueErrors.condition(e)
                    + ". Fix the value or the model.");
            deadLetters(olapSync, model, columns)
                    .forEach(
                            deadLetter -> out.println("  dead letter " + deadLetter.time() + " " + deadLetter.error()));
            out.flush();
            return 1;
        } catch (StandstillException e) {
            spec.commandLine()
                    .getErr()
                    .println("The pipeline has not answered for " + seconds + " s. " + e.getMessage());
            return 1;
        }
    }

    private int repair(OlapSync olapSync, Verification verification, Model model, List<String> columns)
            throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        Repaired repaired = verification.repair(new Verification.Result(model, 1, List.of(columns), 0, 0, null));
        Both now = read(verification, model, columns);
        if (repaired.result().standstill() != null) {
            spec.commandLine()
                    .getErr()
                    .println("The pipeline does not answer; it will follow as soon as it runs. "
                            + repaired.result().standstill());
            return 1;
        }
        if (now.same() || repaired.result().keys().isEmpty()) {
            out.println("repaired    " + now.inClickHouse());
            out.flush();
            return 0;
        }
        out.println("NOT repaired " + now.inClickHouse());
        if (!repaired.unbeatable().isEmpty()) {
            out.println("            Delete what was written by hand, then run repair-row again:");
            out.println(VerifyRound.delete(olapSync.clickHouse(), model, repaired.unbeatable(), repaired.reached()));
        } else {
            deadLetters(olapSync, model, columns)
                    .forEach(
                            deadLetter -> out.println("  dead letter " + deadLetter.time() + " " + deadLetter.error()));
        }
        out.flush();
        return 1;
    }

    private static Both read(Verification verification, Model model, List<String> columns)
            throws SQLException, IOException {
        Both[] both = {new Both("no row", "no row", true)};
        verification
                .verifier()
                .compare(
                        model,
                        List.of(columns),
                        (inPostgres, inClickHouse, difference) -> both[0] =
                                new Both(json(model, inPostgres), json(model, inClickHouse), difference == null));
        return both[0];
    }

    private static String json(Model model, List<String> row) {
        if (row == null) {
            return "no row";
        }
        ObjectNode json = JSON.createObjectNode();
        for (int i = 0; i < row.size(); i++) {
            json.put(model.columns().get(i).name(), row.get(i));
        }
        return json.toString();
    }

    /** The dead letters about this row; none when the broker does not answer. */
    private static List<DeadLetter> deadLetters(OlapSync olapSync, Model model, List<String> columns) throws Exception {
        List<DeadLetter> ofRow = new ArrayList<>();
        if (new KafkaChecks(olapSync.settings(), Findings.failures(new PrintWriter(Writer.nullWriter()))).listens()) {
            new DeadLetterTopic(olapSync.settings()).read(deadLetter -> {
                if (deadLetter.of().equals(model.name())
                        && PagedPass.canonical(model, RowKey.columns(deadLetter.key(), columns.size()))
                                .equals(columns)) {
                    ofRow.add(deadLetter);
                }
            });
        }
        return ofRow;
    }
}

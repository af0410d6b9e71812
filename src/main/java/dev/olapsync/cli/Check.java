package dev.olapsync.cli;

import dev.olapsync.check.ClickHouseChecks;
import dev.olapsync.check.Findings;
import dev.olapsync.check.KafkaChecks;
import dev.olapsync.check.PostgresChecks;
import dev.olapsync.config.Settings;
import dev.olapsync.model.Models;
import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Checks all prerequisites of the pipeline. Changes nothing. */
@Command(
        name = "check",
        mixinStandardHelpOptions = true,
        description =
                "Checks everything that the pipeline needs, and says how to fix what is missing. Changes nothing.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:nothing fails", "1:something fails", "2:the configuration or a model is wrong"})
final class Check implements Callable<Integer> {

    /** @param models whether the models could be read; without them their tables, topics and loads are not checked */
    record Checked(boolean models, int failures, int warnings, List<Findings.Finding> findings) {}

    @Mixin
    private Configuration configuration;

    @Mixin
    private JsonOutput json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        Settings settings = configuration.settings();
        PrintWriter out = spec.commandLine().getOut();
        Findings findings = Findings.all(json.wanted() ? JsonOutput.nowhere() : out);
        PostgresChecks postgres = new PostgresChecks(settings, findings);
        Optional<Models> models = postgres.all();
        new KafkaChecks(settings, findings).all(models);
        new ClickHouseChecks(settings, findings).all(models, postgres);
        if (json.wanted()) {
            JsonOutput.print(
                    out, new Checked(models.isPresent(), findings.failures(), findings.warnings(), findings.list()));
            return findings.exitCode();
        }
        out.println(findings
                + (models.isPresent() ? "" : "; without the models their tables, topics and loads are not checked"));
        out.flush();
        return findings.exitCode();
    }
}

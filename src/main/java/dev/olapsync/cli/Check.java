package dev.olapsync.cli;

import dev.olapsync.check.ClickHouseChecks;
import dev.olapsync.check.Findings;
import dev.olapsync.check.KafkaChecks;
import dev.olapsync.check.PostgresChecks;
import dev.olapsync.config.Settings;
import dev.olapsync.model.Models;
import java.io.PrintWriter;
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
        description = "Checks everything that the pipeline needs, and says how to fix what is missing. Changes nothing."
                + " Exit code 0: nothing fails, 1: something does, 2: the configuration or a model is wrong.")
final class Check implements Callable<Integer> {

    @Mixin
    private Configuration configuration;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        Settings settings = configuration.settings();
        PrintWriter out = spec.commandLine().getOut();
        Findings findings = Findings.all(out);
        PostgresChecks postgres = new PostgresChecks(settings, findings);
        Optional<Models> models = postgres.all();
        new KafkaChecks(settings, findings).all(models);
        new ClickHouseChecks(settings, findings).all(models, postgres);
        out.println(findings
                + (models.isPresent() ? "" : "; without the models their tables, topics and loads are not checked"));
        out.flush();
        return findings.exitCode();
    }
}

package dev.olapsync.operate;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Asks the running pipeline how it is. */
@Command(name = "status", mixinStandardHelpOptions = true,
        description = "Shows how the running pipeline is. Exit code 0: healthy, 1: not healthy or not running.")
final class StatusCommand implements Callable<Integer> {

    @Mixin
    private Configuration configuration;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        Status status = new StatusClient(configuration.settings().status()).read();
        PrintWriter out = spec.commandLine().getOut();
        print(status, out);
        List<String> failures = status.failures();
        out.println(failures.isEmpty() ? "healthy" : "NOT healthy:");
        failures.forEach(failure -> out.println("  " + failure));
        out.flush();
        return failures.isEmpty() ? 0 : 1;
    }

    private static void print(Status status, PrintWriter out) {
        out.printf("%-24s %-10s %12s%n", "ROUTE", "STATE", "WAITING");
        for (Status.Route route : status.routes()) {
            out.printf("%-24s %-10s %12s%n", route.name(), route.state(), number(route.waiting()));
        }
        out.printf("%n%-24s %24s %14s %8s %8s %8s%n", "MODEL", "INITIAL LOAD", "ROWS SINCE", "P50 MS", "P95 MS", "P99 MS");
        for (Status.Model model : status.models()) {
            Metrics.Loaded loaded = model.loaded();
            out.printf("%-24s %24s %14s %8s %8s %8s%n", model.name(), initial(model.initial()), number(loaded.rows()),
                    number(loaded.p50Millis()), number(loaded.p95Millis()), number(loaded.p99Millis()));
        }
        out.println();
        if (status.slot() != null) {
            out.printf("slot %s: %s%n", status.slot().name(), status.slot().behindBytes() == null
                    ? "does not exist"
                    : number(status.slot().behindBytes()) + " bytes of the log not confirmed yet");
        }
        out.printf("dead letters: %s%n", number(status.deadLetters()));
        out.printf("at %s%n", status.time());
    }

    private static String initial(Status.InitialLoad load) {
        if (load == null) {
            return "not begun";
        }
        return number(load.rows()) + (load.done() ? ", done" : " of " + number(load.total()));
    }

    private static String number(Long value) {
        return value == null ? "-" : String.format(Locale.ROOT, "%,d", value);
    }
}

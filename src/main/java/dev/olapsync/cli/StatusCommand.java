package dev.olapsync.cli;

import dev.olapsync.status.Status;
import dev.olapsync.status.StatusClient;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Shows the state of the running pipeline. */
@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        description = "Shows how the running pipeline is.",
        exitCodeListHeading = "Exit codes:%n",
        exitCodeList = {"0:healthy", "1:not healthy, or not running", "2:the configuration is wrong"})
final class StatusCommand implements Callable<Integer> {

    @Mixin
    private Configuration configuration;

    @Mixin
    private JsonOutput json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        Status status = new StatusClient(configuration.settings().status()).read();
        PrintWriter out = spec.commandLine().getOut();
        List<String> failures = status.failures();
        if (json.wanted()) {
            JsonOutput.print(out, status);
            return failures.isEmpty() ? 0 : 1;
        }
        print(status, out);
        out.println(failures.isEmpty() ? "healthy" : "NOT healthy:");
        failures.forEach(failure -> out.println("  " + failure));
        out.flush();
        return failures.isEmpty() ? 0 : 1;
    }

    private static void print(Status status, PrintWriter out) {
        table(
                out,
                "%-24s %-10s %12s %12s%n",
                List.of("ROUTE", "STATE", "WAITING", "OLDEST"),
                status.routes(),
                route -> List.of(
                        route.name(),
                        route.state(),
                        number(route.waiting()),
                        route.waitingMillis() == null
                                ? "-"
                                : String.format(Locale.ROOT, "%.1f s", route.waitingMillis() / 1000.0)));
        out.println();
        table(
                out,
                "%-24s %24s %14s %14s %8s %8s %8s%n",
                List.of("MODEL", "INITIAL LOAD", "STORED", "ROWS SINCE", "P50 MS", "P95 MS", "P99 MS"),
                status.models(),
                model -> List.of(
                        model.name(),
                        initial(model.initial()),
                        number(model.stored()),
                        number(model.loaded().rows()),
                        number(model.loaded().p50Millis()),
                        number(model.loaded().p95Millis()),
                        number(model.loaded().p99Millis())));
        out.println();
        table(
                out,
                "%-24s %24s %14s %14s %14s%n",
                List.of("MODEL", "LAST VERIFIED", "ROWS", "DIFFERENCES", "NOT AT REST"),
                status.models(),
                model -> verified(model.name(), model.verified()));
        status.models().stream()
                .filter(model -> model.next() != null)
                .forEach(model -> out.println(
                        model.name() + ": readers see generation " + model.generation() + "; " + model.next()));
        if (status.degraded() != null) {
            status.degraded().forEach(problem -> out.println("degraded: " + problem));
        }
        out.println();
        if (status.slot() != null) {
            out.println(slot(status.slot()));
        }
        out.printf(
                Locale.ROOT,
                "dead letters: %s%s%n",
                number(status.deadLetters()),
                status.newestDeadLetter() == null
                        ? ""
                        : ", the newest of " + status.newestDeadLetter().time() + ": "
                                + status.newestDeadLetter().error());
        out.printf(Locale.ROOT, "at %s%n%s%n", status.time(), status.summary());
    }

    private static <T> void table(
            PrintWriter out, String format, List<String> heads, List<T> rows, Function<T, List<Object>> cells) {
        out.printf(Locale.ROOT, format, heads.toArray());
        rows.forEach(row -> out.printf(Locale.ROOT, format, cells.apply(row).toArray()));
    }

    private static List<Object> verified(String model, Status.Verified last) {
        return last == null
                ? List.of(model, "never", "-", "-", "-")
                : List.of(model, last.time(), number(last.rows()), number(last.differences()), number(last.moving()));
    }

    private static String slot(Status.Slot slot) {
        if (slot.walStatus() == null) {
            return "slot " + slot.name() + ": does not exist";
        }
        return "slot " + slot.name() + ": " + number(slot.behindBytes()) + " bytes of the log not confirmed yet, "
                + number(slot.keptBytes()) + " bytes kept on the disk of Postgres, " + slot.walStatus() + ", "
                + (slot.active() ? "active" : "NOT active");
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

package dev.olapsync.check;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The results of the checks, printed when they are found: one line each, and below it the remedy of a problem. */
public final class Findings {

    /**
     * One of them.
     *
     * @param level {@code ok}, {@code warn} or {@code fail}
     * @param remedy what to do, in lines; empty when nothing is to be done or known
     */
    public record Finding(String level, String text, List<String> remedy) {}

    private final List<Finding> list = new ArrayList<>();
    private final PrintWriter out;
    private final boolean failuresOnly;
    private int failures;
    private int warnings;
    private boolean misconfigured;

    private Findings(PrintWriter out, boolean failuresOnly) {
        this.out = out;
        this.failuresOnly = failuresOnly;
    }

    public static Findings all(PrintWriter out) {
        return new Findings(out, false);
    }

    /** Prints failures only. */
    public static Findings failures(PrintWriter out) {
        return new Findings(out, true);
    }

    void ok(String found) {
        if (!failuresOnly) {
            print("ok  ", found);
        }
    }

    /** Works, but slowly or not permanently. */
    void warn(String found, String... remedy) {
        warnings++;
        if (!failuresOnly) {
            print("warn", found, remedy);
        }
    }

    void fail(String found, String... remedy) {
        failures++;
        print("FAIL", found, remedy);
    }

    /** A failure whose cause is the configuration or a model. */
    void misconfigured(String found, String... remedy) {
        misconfigured = true;
        fail(found, remedy);
    }

    /** Adds the results of other checks, and prints them. */
    public void add(Findings others) {
        failures += others.failures;
        warnings += others.warnings;
        misconfigured |= others.misconfigured;
        for (Finding finding : others.list) {
            print(
                    finding.level().equals("fail") ? "FAIL" : finding.level(),
                    finding.text(),
                    finding.remedy().toArray(String[]::new));
        }
    }

    public boolean failed() {
        return failures > 0;
    }

    /** The exit code, as {@link dev.olapsync.cli.Main} defines it. */
    public int exitCode() {
        return misconfigured ? 2 : failed() ? 1 : 0;
    }

    /** All of them, in the order in which they were found. */
    public List<Finding> list() {
        return list;
    }

    public int failures() {
        return failures;
    }

    public int warnings() {
        return warnings;
    }

    private void print(String kind, String found, String... remedy) {
        list.add(new Finding(kind.strip().toLowerCase(Locale.ROOT), found, List.of(remedy)));
        out.println(kind + "  " + found.replace("\n", "\n      "));
        for (String line : remedy) {
            out.println("        " + line.replace("\n", "\n        "));
        }
        out.flush();
    }

    @Override
    public String toString() {
        return failures
                + (failures == 1 ? " failure, " : " failures, ")
                + warnings
                + (warnings == 1 ? " warning" : " warnings");
    }
}

package dev.olapsync.bench;

import dev.olapsync.devstack.DevStack;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;

/**
 * {@code mvn -Pbench}: all benchmarks in a quick form; {@code -Dbench=capture,pipeline} and so on: these, in full.
 * {@code -Dbench.java=...} gives the pipeline options for its Java.
 */
public final class BenchMain {

    private static final Path RESULTS = Path.of("bench", "results");

    private BenchMain() {}

    public static void main(String[] arguments) throws Exception {
        Options options;
        try {
            options = Options.of(System::getProperty);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(1);
            return;
        }
        Path data = Files.createTempDirectory(Files.createDirectories(Path.of("target", "bench")), "data");
        DevStack stack = DevStack.builder().dataDir(data).fsync(options.fsync()).start();
        Thread tidyUp = new Thread(stack::discard);
        Runtime.getRuntime().addShutdownHook(tidyUp);
        Report report = new Report(Machine.describe(stack), options);
        report.head();
        String grown = "";
        int exit = 1;
        try {
            for (String name : options.names()) {
                Benchmark.named(name).run(new Bed(stack, options), report);
            }
            exit = 0;
        } catch (GrownException e) {
            grown = e.getMessage();
        } catch (Exception e) {
            e.printStackTrace();
        }
        // what was measured before a failure too
        report.print();
        String at = DateTimeFormatter.ofPattern("yyyyMMdd-HHmm").format(LocalDateTime.now());
        System.out.println(report.write(RESULTS, at));
        System.out.println(report.plot(RESULTS, at));
        if (!options.release().isEmpty() && exit == 0) {
            System.out.println(new History(History.FOLDER).add(options.release(), report.json()));
        }
        System.err.print(grown);
        System.exit(exit);
    }
}

package dev.olapsync.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A burst of changes, until all of them are in the broker's topic: our capture, Kafka Connect with and without its
 * headers, and the bare engine in turns.
 */
final class CaptureBenchmark implements Benchmark {

    private static final String NAME = "capture";
    private static final String OURS = "olap-sync";
    private static final String CONNECT = "Kafka Connect";
    private static final String CONNECT_WITHOUT_HEADERS = "Connect without headers";
    private static final String BARE = "bare engine";
    /** One takes two or three seconds: what else the machine does can make it a third longer. */
    private static final int BURSTS = 2;

    @Override
    public void run(Bed bed, Report report) throws Exception {
        Map<String, CaptureSide> sides = new LinkedHashMap<>();
        try {
            sides.put(OURS, CaptureSide.ours(bed));
            sides.put(CONNECT, CaptureSide.connect(bed, true));
            sides.put(CONNECT_WITHOUT_HEADERS, CaptureSide.connect(bed, false));
            sides.put(BARE, CaptureSide.bareEngine(bed));
            int rows = bed.options().choose(150_000, 300_000);
            for (int round = 0; round < bed.options().rounds(); round++) {
                for (Map.Entry<String, CaptureSide> side : sides.entrySet()) {
                    measure(side.getKey(), side.getValue(), rows, bed.options().choose(1, BURSTS), report);
                }
            }
        } finally {
            for (CaptureSide side : sides.values()) {
                side.close();
            }
        }
        for (String peer : List.of(CONNECT, CONNECT_WITHOUT_HEADERS, BARE)) {
            ratio(report, peer);
        }
    }

    private static void ratio(Report report, String peer) throws Exception {
        Usage none = new Usage(Map.of(), 0, 1);
        report.add(
                NAME,
                OURS + " / " + peer,
                "rate",
                "times",
                report.median(NAME, OURS, "rate") / report.median(NAME, peer, "rate"),
                none);
        report.add(
                NAME,
                OURS + " / " + peer,
                "processor time",
                "times",
                report.median(NAME, OURS, "processor time per million")
                        / report.median(NAME, peer, "processor time per million"),
                none);
    }

    private static void measure(String name, CaptureSide side, int rows, int bursts, Report report) throws Exception {
        side.service().start();
        if (name.equals(OURS)) {
            side.shop().awaitLoaded();
        }
        for (int i = 0; i < Burst.WARM_UPS; i++) {
            side.drain(rows);
        }
        Usage used = null;
        for (int i = 0; i < bursts; i++) {
            used = side.drain(rows);
            report.add(NAME, name, "rate", "changes/s", rows / used.seconds(), used);
            report.add(
                    NAME,
                    name,
                    "processor time per million",
                    "s",
                    used.of(side.service().name()) * 1e6 / rows,
                    used);
        }
        report.add(
                NAME,
                name,
                "peak memory",
                "MB",
                Usage.peakMegabytes(side.service().pid()),
                used);
        side.service().stop();
    }
}

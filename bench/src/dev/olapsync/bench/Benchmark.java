package dev.olapsync.bench;

import java.util.LinkedHashMap;
import java.util.Map;

/** Measures one thing and reports it. */
interface Benchmark {

    void run(Bed bed, Report report) throws Exception;

    /** @throws IllegalArgumentException when there is none of that name; the message names those that there are */
    static Benchmark named(String name) {
        Map<String, Benchmark> all = all();
        if (!all.containsKey(name)) {
            throw new IllegalArgumentException("-Dbench=" + name + ": there is no such benchmark. There are "
                    + String.join(", ", all.keySet()) + ".");
        }
        return all.get(name);
    }

    private static Map<String, Benchmark> all() {
        Map<String, Benchmark> all = new LinkedHashMap<>();
        all.put("pipeline", new PipelineBenchmark());
        all.put("transactions", new TransactionsBenchmark());
        all.put("wide", new WideBenchmark());
        all.put("replica", new ReplicaBenchmark());
        all.put("latency", new LatencyBenchmark());
        all.put("capture", new CaptureBenchmark());
        all.put("fanout", new FanOutBenchmark());
        all.put("load", new LoadBenchmark());
        all.put("catchup", new CatchUpBenchmark());
        all.put("cold", new ColdBenchmark());
        all.put("scale", new ScaleBenchmark());
        all.put("idle", new IdleBenchmark());
        all.put("aggregate", new AggregateBenchmark());
        all.put("guard", new GuardBenchmark());
        all.put("lookup", new LookUpBenchmark());
        all.put("generations", new GenerationsBenchmark());
        all.put("rebuild", new RebuildBenchmark());
        all.put("reading", new ReadingBenchmark());
        return all;
    }
}

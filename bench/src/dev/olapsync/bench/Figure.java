package dev.olapsync.bench;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.ArrayList;
import java.util.List;

/**
 * One measured thing, once or several times.
 *
 * @param subject whose it is
 * @param load of the machine when each value was measured, with what others did
 */
record Figure(String benchmark, String subject, String what, String unit, List<Double> values, List<String> load) {

    static Figure of(String benchmark, String subject, String what, String unit) {
        return new Figure(benchmark, subject, what, unit, new ArrayList<>(), new ArrayList<>());
    }

    @JsonProperty
    double median() {
        double[] sorted =
                values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}

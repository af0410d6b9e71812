package dev.olapsync.kafka;

import org.apache.kafka.common.utils.AppInfoParser;

/** The version of Kafka's clients on the class path, which another library of an application can bring. */
public final class KafkaVersion {

    private static final int OLDEST = 4;

    private KafkaVersion() {}

    /** @throws IllegalStateException if methods that are called later are missing in it */
    public static void requireSupported() {
        requireSupported(AppInfoParser.getVersion());
    }

    static void requireSupported(String version) {
        String major = version.split("\\.")[0];
        if (major.matches("\\d+") && Integer.parseInt(major) < OLDEST) {
            throw new IllegalStateException("kafka-clients " + version + " is on the class path, and olap-sync needs "
                    + OLDEST + ".0 or later. Set the version of org.apache.kafka:kafka-clients in dependencyManagement"
                    + " to that of olap-sync.");
        }
    }
}

package dev.olapsync.pipeline;

import com.clickhouse.client.api.query.GenericRecord;
import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.model.Model;
import dev.olapsync.model.Models;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The generations that each process of the pipeline processes changes for, as it has announced them in ClickHouse. Not thread
 * safe.
 */
public final class Processes {

    private static final String TABLE = "_processes";
    private static final Duration REPEAT = Duration.ofHours(1);
    private static final int KEPT_DAYS = 1;

    private final ClickHouse clickHouse;
    private List<String> announced = List.of();
    private long announcedNanos;

    public Processes(ClickHouse clickHouse) {
        this.clickHouse = clickHouse;
    }

    /**
     * Announces that changes which are polled from now on are processed for these models. Writes nothing if that was announced
     * less than an hour ago.
     *
     * @param instance by which the members of consumer groups that the process has are recognised
     */
    void announce(String instance, Models models) {
        List<String> names = models.all().stream().map(Model::name).toList();
        long now = System.nanoTime();
        if (names.equals(announced) && now - announcedNanos < REPEAT.toNanos()) {
            return;
        }
        clickHouse
                .ddl()
                .createTable(
                        TABLE,
                        "instance String, generations Array(String), at DateTime64(6, 'UTC') DEFAULT now64(6)",
                        "ReplacingMergeTree(at) ORDER BY instance TTL toDateTime(at) + INTERVAL " + KEPT_DAYS + " DAY");
        clickHouse.execute("INSERT INTO " + TABLE + " (instance, generations) VALUES (" + ClickHouse.literal(instance)
                + ", [" + names.stream().map(ClickHouse::literal).collect(Collectors.joining(", ")) + "])");
        announced = names;
        announcedNanos = now;
    }

    /** By instance. A process that has not announced any is missing. */
    public Map<String, Set<String>> announced() {
        Map<String, Set<String>> processes = new HashMap<>();
        for (GenericRecord row :
                clickHouse.queryIfThere("SELECT instance, generations FROM " + TABLE + " FINAL", Map.of())) {
            processes.put(row.getString("instance"), Set.copyOf(row.getList("generations")));
        }
        return processes;
    }
}

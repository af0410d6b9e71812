package dev.olapsync.status;

import com.zaxxer.hikari.HikariDataSource;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmHeapPressureMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;

/** The values of a {@link Status} as gauges, without unknown values; and those of the JVM and of the pools. */
final class StatusMeters implements AutoCloseable {

    private static final List<String> WAL_STATES = List.of("reserved", "extended", "unreserved", "lost");

    private final MeterRegistry registry;
    private final Map<String, MultiGauge> gauges = new HashMap<>();
    /** The registry holds them by weak references. */
    private final JvmGcMetrics collector = new JvmGcMetrics();

    private final JvmHeapPressureMetrics pressure = new JvmHeapPressureMetrics();

    StatusMeters(MeterRegistry registry, CamelContext context) {
        this.registry = registry;
        Stream.of(
                        collector,
                        pressure,
                        new JvmMemoryMetrics(),
                        new JvmThreadMetrics(),
                        new ProcessorMetrics(),
                        new FileDescriptorMetrics(),
                        new UptimeMetrics())
                .forEach(meters -> meters.bindTo(registry));
        context.getRegistry().findByType(HikariDataSource.class).forEach(pool -> pool.setMetricRegistry(registry));
    }

    void update(Status status) {
        set(
                "olap.status.time",
                "seconds",
                "When the others of these were asked, since 1970",
                Stream.of(row(seconds(status.time()))));
        set(
                "olap.health.up",
                null,
                "1 when all health checks are UP",
                Stream.of(row(flag(status.checks().stream()
                        .noneMatch(check -> check.state().equals("DOWN"))))));
        set(
                "olap.health.check.up",
                null,
                "1 UP, 0 DOWN",
                status.checks().stream()
                        .map(check -> row(
                                check.state().equals("UNKNOWN")
                                        ? null
                                        : flag(check.state().equals("UP")),
                                "check",
                                check.id())));
        set(
                "olap.waiting.records",
                null,
                "Records that a route has not committed",
                status.routes().stream().map(route -> row(route.waiting(), "route", route.name())));
        set(
                "olap.waiting.age",
                "seconds",
                "How long the oldest of them has been in its topic",
                status.routes().stream().map(route -> row(age(route), "route", route.name())));
        set(
                "olap.route.up",
                null,
                "1 when a route is started and has no problem",
                status.routes().stream()
                        .map(route -> row(
                                flag(route.state().equals("Started") && route.problem() == null),
                                "route",
                                route.name())));
        slot(status.slot());
        set("olap.dead-letters", null, "Dead letters in their topic", Stream.of(row(status.deadLetters())));
        models(
                "olap.model.loaded",
                null,
                "1 when the initial load of a model is done",
                status,
                model -> flag(model.initial() != null && model.initial().done()));
        models(
                "olap.model.initial.read.rows",
                null,
                "Rows that the initial load has read",
                status,
                model -> model.initial() == null ? null : model.initial().rows());
        models(
                "olap.model.initial.expected.rows",
                null,
                "Rows that there were when it began",
                status,
                model -> model.initial() == null ? null : model.initial().total());
        models(
                "olap.model.stored.rows",
                null,
                "Rows in ClickHouse's parts, old versions too",
                status,
                Status.Model::stored);
        models(
                "olap.model.verified.differences",
                null,
                "Rows that differed in the last verification, by any process",
                status,
                model -> model.verified() == null ? null : model.verified().differences());
        models(
                "olap.model.verified.time",
                "seconds",
                "When that ended, since 1970",
                status,
                model -> model.verified() == null
                        ? null
                        : seconds(model.verified().time()));
    }

    private void slot(Status.Slot slot) {
        set(
                "olap.slot.behind",
                "bytes",
                "Log after what has been confirmed",
                Stream.of(row(slot == null ? null : slot.behindBytes())));
        set(
                "olap.slot.kept",
                "bytes",
                "Log that Postgres keeps on its disk for the slot",
                Stream.of(row(slot == null ? null : slot.keptBytes())));
        set(
                "olap.slot.limit",
                "bytes",
                "max_slot_wal_keep_size, if it is set",
                Stream.of(row(slot == null ? null : slot.limitBytes())));
        set(
                "olap.slot.active",
                null,
                "1 while somebody reads from the slot",
                Stream.of(row(slot == null ? null : flag(slot.active()))));
        set(
                "olap.slot.wal.status",
                null,
                "1 for the state of the slot's log",
                WAL_STATES.stream()
                        .map(state -> row(
                                slot == null || slot.walStatus() == null ? null : flag(state.equals(slot.walStatus())),
                                "status",
                                state)));
    }

    private static Number age(Status.Route route) {
        if (route.waiting() == null || route.waiting() > 0 && route.waitingMillis() == null) {
            return null;
        }
        return route.waiting() == 0 ? 0 : route.waitingMillis() / 1000.0;
    }

    private void models(
            String name, String unit, String description, Status status, Function<Status.Model, Number> value) {
        set(
                name,
                unit,
                description,
                status.models().stream().map(model -> row(value.apply(model), "model", model.name())));
    }

    /** Null if the value is unknown. */
    private static Row<Number> row(Number value, String... tags) {
        return value == null ? null : Row.of(Tags.of(tags), value);
    }

    private void set(String name, String unit, String description, Stream<Row<Number>> rows) {
        gauges.computeIfAbsent(name, same -> MultiGauge.builder(name)
                        .baseUnit(unit)
                        .description(description)
                        .register(registry))
                .register(rows.filter(row -> row != null).toList(), true);
    }

    private static Number flag(boolean set) {
        return set ? 1 : 0;
    }

    private static Number seconds(String time) {
        return Instant.parse(time).toEpochMilli() / 1000.0;
    }

    @Override
    public void close() {
        collector.close();
        pressure.close();
    }
}

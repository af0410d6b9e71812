package dev.olapsync.routes;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.camel.builder.RouteBuilder;

/** A part of the pipeline that can run in its own process: a file of YAML routes, and its twin in Java. */
public enum RouteFile {
    CAPTURE(CaptureRoutes::new),
    ENRICH(EnrichRoutes::new),
    LOAD(LoadRoutes::new);

    private final Supplier<RouteBuilder> java;

    RouteFile(Supplier<RouteBuilder> java) {
        this.java = java;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The YAML files of these parts, and the file of the dead letters, which each of them needs. */
    public static List<String> files(Collection<RouteFile> pages) {
        return Stream.concat(pages.stream().map(RouteFile::toString), Stream.of("dead-letters"))
                .map(name -> name + ".camel.yaml")
                .toList();
    }

    /** The Java routes of these parts, and those of the dead letters. */
    public static List<RouteBuilder> routes(Collection<RouteFile> pages) {
        return Stream.concat(pages.stream().map(page -> page.java.get()), Stream.of(new DeadLetterRoutes()))
                .toList();
    }
}

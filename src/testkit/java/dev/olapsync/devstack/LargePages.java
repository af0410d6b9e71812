package dev.olapsync.devstack;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The heap of a Java process in transparent huge pages, as the launcher of olap-sync has it. */
final class LargePages {

    private static final Path OF_LINUX = Path.of("/sys/kernel/mm/transparent_hugepage/enabled");

    private LargePages() {}

    /** Java's options: none where Linux does not have such pages, or no process may use them. */
    static List<String> options() {
        try {
            boolean available =
                    Files.exists(OF_LINUX) && !Files.readString(OF_LINUX).contains("[never]");
            return available ? List.of("-XX:+UseTransparentHugePages") : List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

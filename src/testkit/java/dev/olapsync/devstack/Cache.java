package dev.olapsync.devstack;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.stream.Stream;

/** Unpacked engines and built tools, kept per user between runs. */
public final class Cache {

    /** Fills a new, empty directory. */
    public interface Filler {
        void fill(Path directory) throws IOException;
    }

    private Cache() {}

    /**
     * The directory of that name, filled on first use. Any number of threads and processes may ask at once: one fills, the
     * others wait; a half-filled directory is never seen.
     */
    public static synchronized Path directory(String name, Filler filler) {
        Path target = root().resolve(name);
        if (Files.isDirectory(target)) {
            return target;
        }
        try {
            Files.createDirectories(root());
            try (FileChannel channel = FileChannel.open(
                    root().resolve(name + ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                channel.lock();
                if (!Files.isDirectory(target)) {
                    Path partial = root().resolve(name + ".partial");
                    delete(partial);
                    Files.createDirectories(partial);
                    filler.fill(partial);
                    Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
                }
            }
            return target;
        } catch (IOException e) {
            throw new DevStackException("Cannot prepare " + target + ": " + e.getMessage(), e);
        }
    }

    private static Path root() {
        String xdg = System.getenv("XDG_CACHE_HOME");
        Path home = xdg == null || xdg.isBlank() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(xdg);
        return home.resolve("olap-sync");
    }

    static void delete(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> paths = Files.walk(directory)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}

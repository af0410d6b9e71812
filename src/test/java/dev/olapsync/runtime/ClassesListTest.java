package dev.olapsync.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The list of classes from which the archive of the distribution is made. */
class ClassesListTest {

    private static final Path LIST = Path.of("src", "main", "dist", "classes.list");
    private static final double LEAST_SHARE = 0.95;

    @Test
    void nearlyAllClassesOfTheListExist() throws IOException {
        List<String> names;
        try (Stream<String> lines = Files.lines(LIST)) {
            names = lines.filter(line -> line.matches("(dev|io|org|com)/.*")).toList();
        }
        List<String> gone = names.stream().filter(name -> !exists(name)).toList();
        assertThat(gone)
                .as("classes that %s has and that are gone; its first lines say how it is made", LIST)
                .hasSizeLessThan((int) (names.size() * (1 - LEAST_SHARE)));
    }

    private static boolean exists(String name) {
        return ClassLoader.getSystemResource(name + ".class") != null;
    }
}

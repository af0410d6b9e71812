package dev.olapsync.capture.debezium;

import static org.assertj.core.api.Assertions.assertThat;

import io.debezium.snapshot.spi.SnapshotLock;
import io.debezium.snapshot.spi.SnapshotQuery;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Enumeration;
import java.util.HashSet;
import java.util.List;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DebeziumServicesTest {

    private final ClassLoader before = DebeziumServices.use();

    @AfterEach
    void asBefore() {
        Thread.currentThread().setContextClassLoader(before);
    }

    /** As if a fat jar had replaced all files of Debezium by others. */
    @ParameterizedTest
    @ValueSource(classes = {SnapshotLock.class, SnapshotQuery.class})
    void everyPartOfDebeziumIsNamed(Class<?> service) throws Exception {
        String file = "META-INF/services/" + service.getName();
        Set<String> all = names(DebeziumServicesTest.class.getClassLoader().getResources(file));
        Set<String> ours =
                names(((DebeziumServices) Thread.currentThread().getContextClassLoader()).findResources(file));
        assertThat(all).isNotEmpty();
        assertThat(ours).containsAll(all);
    }

    @Test
    void aPartIsFoundOnce() {
        List<String> locks = ServiceLoader.load(SnapshotLock.class).stream()
                .map(found -> found.type().getName())
                .toList();
        assertThat(locks).doesNotHaveDuplicates();
        assertThat(ServiceLoader.load(SnapshotQuery.class).stream())
                .anySatisfy(found -> assertThat(found.type()).isEqualTo(SnapshotDates.class));
    }

    private static Set<String> names(Enumeration<URL> files) {
        Set<String> names = new HashSet<>();
        Collections.list(files).forEach(file -> lines(file).forEach(names::add));
        return names;
    }

    private static Stream<String> lines(URL file) {
        try (InputStream content = file.openStream()) {
            return new String(content.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .map(String::strip)
                    .filter(line -> !line.isEmpty() && !line.startsWith("#"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

package dev.olapsync.devstack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.Connection;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.TestAbortedException;

/** The same tests on servers that run already: a stack that takes those of another one. */
class ServersElsewhereTest {

    @TempDir
    private Path folder;

    @Test
    void areTakenAndLeftAsTheyAre() throws Exception {
        DevStack theirs = DevStack.shared();
        Map<String, String> addresses = Map.of(
                "postgres", "localhost:" + theirs.postgres().port(),
                "kafka", theirs.kafka().bootstrap(),
                "clickhouse", "localhost:" + theirs.clickHouse().port());
        try (DevStack stack =
                DevStack.builder().dataDir(folder).elsewhere(addresses::get).start()) {
            assertThat(stack.kafka().bootstrap()).isEqualTo(theirs.kafka().bootstrap());
            try (Connection postgres = stack.postgres().connect();
                    Connection clickHouse = stack.clickHouse().connect()) {
                assertThat(postgres.isValid(5)).isTrue();
                assertThat(clickHouse.isValid(5)).isTrue();
            }
            assertThatThrownBy(() -> stack.kafka().kill())
                    .isInstanceOf(TestAbortedException.class)
                    .hasMessageContaining("was not started by the tests");
        }
        assertThat(theirs.services()).allMatch(Service::isRunning);
    }

    @Test
    void aWrongAddressIsNamed() {
        assertThatThrownBy(() -> DevStack.builder().elsewhere(server -> "http://" + server))
                .isInstanceOf(DevStackException.class)
                .hasMessageContaining("http://postgres");
    }
}

package dev.olapsync.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.olapsync.config.Settings.LoadSource;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {

    @Test
    void theSourceOfTheInitialLoadIsOneOfTwo() {
        assertThat(Settings.of(Map.<String, String>of()::get).olap().loadSource())
                .isEqualTo(LoadSource.COPY);
        assertThat(Settings.of(Map.of("olap.load.source", "copy")::get).olap().loadSource())
                .isEqualTo(LoadSource.COPY);
        assertThat(Settings.of(Map.of("olap.load.source", " snapshot")::get)
                        .olap()
                        .loadSource())
                .isEqualTo(LoadSource.SNAPSHOT);
        assertThatThrownBy(() -> Settings.of(Map.of("olap.load.source", "debezium")::get))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("olap.load.source must be copy or snapshot, not 'debezium'");
    }

    @Test
    void aServiceLinkOfKubernetesIsNoValue() {
        assertThat(SettingsSources.isServiceLink("tcp://10.96.0.17:5432")).isTrue();
        assertThat(SettingsSources.isServiceLink("5432")).isFalse();
        assertThat(SettingsSources.isServiceLink("http://clickhouse:8123")).isFalse();
    }

    @Test
    void theFileIsUtf8WithoutAByteOrderMark(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("application.properties");
        Files.writeString(file, "olap.models=größe\n");
        assertThat(Settings.load(file).olap().models()).hasToString("größe");
        Files.writeString(file, "\uFEFFolap.models=größe\n");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Settings.load(file))
                .withMessageContaining("byte order mark");
        Files.write(file, "olap.models=größe\n".getBytes(StandardCharsets.ISO_8859_1));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Settings.load(file))
                .withMessageContaining("not UTF-8");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a+b", "100%", "a/b", "what?"})
    void aDatabaseThatTheSnapshotCannotConnectTo(String name) {
        assertThat(Settings.of(Map.of("postgres.database", name)::get)
                        .postgres()
                        .database())
                .isEqualTo(name);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Settings.of(Map.of("postgres.database", name, "olap.load.source", "snapshot")::get))
                .withMessageContaining("Set olap.load.source to copy");
    }

    @ParameterizedTest
    @CsvSource({"x, x.rows", "x.changes, x", "x, x"})
    void prefixesOfTopicsThatBeginWithEachOther(String changes, String rows) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Settings.of(Map.of("olap.topic.changes", changes, "olap.topic.rows", rows)::get))
                .withMessageContaining("olap.topic.changes is " + changes + " and olap.topic.rows is " + rows);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "cdc*", "a b", "größe"})
    void prefixesThatNoTopicCanHave(String prefix) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Settings.of(Map.of("olap.topic.rows", prefix)::get))
                .withMessageContaining("olap.topic.rows must be");
    }

    @Test
    void prefixesThatOnlyLookAlike() {
        assertThat(Settings.of(Map.of("olap.topic.changes", "x", "olap.topic.rows", "x-rows")::get)
                        .olap()
                        .rowsTopic())
                .isEqualTo("x-rows");
    }
}

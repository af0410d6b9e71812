package dev.olapsync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.olapsync.Settings.LoadSource;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SettingsTest {

    @Test
    void theSourceOfTheInitialLoadIsOneOfTwo() {
        assertThat(Settings.of(Map.<String, String>of()::get).olap().loadSource()).isEqualTo(LoadSource.COPY);
        assertThat(Settings.of(Map.of("olap.load.source", "copy")::get).olap().loadSource()).isEqualTo(LoadSource.COPY);
        assertThat(Settings.of(Map.of("olap.load.source", " snapshot")::get).olap().loadSource()).isEqualTo(LoadSource.SNAPSHOT);
        assertThatThrownBy(() -> Settings.of(Map.of("olap.load.source", "debezium")::get)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("olap.load.source must be copy or snapshot, not 'debezium'");
    }

    @Test
    void aServiceLinkOfKubernetesIsNoValue() {
        assertThat(Settings.isServiceLink("tcp://10.96.0.17:5432")).isTrue();
        assertThat(Settings.isServiceLink("5432")).isFalse();
        assertThat(Settings.isServiceLink("http://clickhouse:8123")).isFalse();
    }
}

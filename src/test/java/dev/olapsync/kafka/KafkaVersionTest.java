package dev.olapsync.kafka;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class KafkaVersionTest {

    @Test
    void theVersionOfTheClassPathIsSupported() {
        assertThatCode(KafkaVersion::requireSupported).doesNotThrowAnyException();
    }

    @Test
    void anOldVersionIsRefusedWithTheRemedy() {
        assertThatThrownBy(() -> KafkaVersion.requireSupported("3.9.1"))
                .hasMessageContaining("kafka-clients 3.9.1")
                .hasMessageContaining("dependencyManagement");
    }

    @Test
    void aVersionThatIsNotKnownIsAccepted() {
        assertThatCode(() -> KafkaVersion.requireSupported("unknown")).doesNotThrowAnyException();
    }
}

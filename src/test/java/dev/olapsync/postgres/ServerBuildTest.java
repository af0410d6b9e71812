package dev.olapsync.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class ServerBuildTest {

    private static final ServerBuild PRIMARY = new ServerBuild(Map.of("version()", "18.1", "collations", "2.36"));

    @Test
    void aStandbyWithOtherLibrariesDiffers() {
        assertThat(PRIMARY.difference(new ServerBuild(Map.of("version()", "18.1", "collations", "2.41"))))
                .hasValue("collations: 2.41; on the primary 2.36");
    }

    @Test
    void theSameBuildDoesNotDiffer() {
        assertThat(PRIMARY.difference(new ServerBuild(PRIMARY.facts()))).isEmpty();
    }
}

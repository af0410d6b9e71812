package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import dev.olapsync.model.Models;
import dev.olapsync.pipeline.Generations;
import dev.olapsync.pipeline.Generations.Generation;
import dev.olapsync.pipeline.Generations.State;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.pipeline.UnfitGenerations;
import dev.olapsync.postgres.PostgresDataSource;
import dev.olapsync.tables.Epochs;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the checks of a start have compiled is not compiled again by the routes, until it has to be. */
class CheckedModelsTest {

    private Scenario scenario;
    private Models checked;
    private OlapSync olapSync;

    @BeforeEach
    void check() throws Exception {
        scenario = Scenario.of("checked", "CREATE TABLE item (id int PRIMARY KEY, name text)")
                .model("item", "SELECT id, name FROM item");
        scenario.start().awaitLoaded();
        scenario.stop();
        try (Connection postgres =
                PostgresDataSource.connect(scenario.settings().postgres())) {
            checked = Models.load(scenario.settings().olap().models(), postgres);
        }
        olapSync = new OlapSync(scenario.settings(), checked);
    }

    @AfterEach
    void stop() throws Exception {
        olapSync.stop();
        scenario.close();
    }

    @Test
    void areThoseOfTheRoutes() throws Exception {
        try (CamelContext context = new DefaultCamelContext()) {
            context.getRegistry().bind("models", checked);
            Properties settings = new Properties();
            settings.putAll(scenario.configuration());
            context.getPropertiesComponent().setOverrideProperties(settings);
            assertThat(OlapSync.of(context).models().all().get(0))
                    .isSameAs(checked.all().get(0));
        }
    }

    @Test
    void anotherFileIsNotInEffectBeforeItHasAGeneration() throws Exception {
        scenario.model("item", "SELECT id, upper(name) AS name FROM item");

        assertThat(olapSync.models().all().get(0)).isSameAs(checked.all().get(0));
        assertThat(new UnfitGenerations(olapSync).causes()).isEmpty();
    }

    @Test
    void aTableThatIsAlteredInBetweenIsNoticed() throws Exception {
        scenario.postgres("ALTER TABLE item ALTER name TYPE varchar(10)");

        assertThat(olapSync.models().all().get(0)).isNotSameAs(checked.all().get(0));
        assertThat(new UnfitGenerations(olapSync).causes()).containsOnlyKeys("item");
    }

    /** The thread that looks for altered tables has no use for a second read. */
    @Test
    void theRegistryIsNotReadAgainWithinTheTime() throws Exception {
        assertThat(olapSync.models()).isNotNull();
        assertThat(olapSync.follow()).isTrue();
        Generations registry = Generations.of(olapSync);
        registry.save(List.of(registry.all().get(0).in(State.ENDED)));

        assertThat(olapSync.follow(Duration.ofHours(1))).isTrue();
        assertThat(olapSync.generations()).extracting(Generation::state).doesNotContain(State.ENDED);
        assertThat(olapSync.follow(Duration.ofNanos(1))).isTrue();
        assertThat(olapSync.generations()).extracting(Generation::state).contains(State.ENDED);
    }

    @Test
    void aNewEpochReadsTheFiles() throws Exception {
        scenario.model("item", "SELECT id, upper(name) AS name FROM item");
        assertThat(olapSync.models()).isNotNull();
        new Epochs(olapSync.clickHouse()).begin(1, "a test");
        olapSync.beginLatestEpoch();

        assertThat(olapSync.models().content(olapSync.models().all().get(0))).contains("upper");
    }
}

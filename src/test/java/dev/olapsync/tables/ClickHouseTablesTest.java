package dev.olapsync.tables;

import static org.assertj.core.api.Assertions.assertThat;

import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.model.Models;
import dev.olapsync.scenario.Scenario;
import java.sql.Connection;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class ClickHouseTablesTest {

    private static final int ROUNDS = 60;

    /** As at a first start, while status asks. */
    @Test
    void aTableThatIsBeingCreatedOrDroppedIsNotOneWithoutColumns() throws Exception {
        try (Scenario scenario = Scenario.of("created", "CREATE TABLE a (id int PRIMARY KEY)");
                ClickHouse clickHouse = new ClickHouse(scenario.settings().clickHouse())) {
            TargetTable target = TargetTable.ofVersionCutoffs();
            ClickHouseTables tables = new ClickHouseTables(clickHouse);
            AtomicBoolean ended = new AtomicBoolean();
            CompletableFuture<Void> others = CompletableFuture.runAsync(() -> {
                while (!ended.get()) {
                    clickHouse.ddl().create(target.create(Set.of()));
                    tables.dropTable(target.table());
                }
            });
            try {
                for (int round = 0; round < ROUNDS; round++) {
                    assertThat(tables.mismatch(target)).isEmpty();
                }
            } finally {
                ended.set(true);
                others.get(1, TimeUnit.MINUTES);
            }
        }
    }

    /** A start leaves them to the thread of the generations, so that the first rows do not wait for it. */
    @Test
    void viewsThatReadersSeeAreKeptUnlessTheyAreGone() throws Exception {
        try (Scenario scenario = Scenario.of("keptviews", "CREATE TABLE a (id int PRIMARY KEY)")
                        .model("a_fact", "SELECT id FROM a");
                Connection postgres = scenario.dataSource().getConnection();
                ClickHouse clickHouse = new ClickHouse(scenario.settings().clickHouse())) {
            Models models = Models.load(scenario.settings().olap().models(), postgres);
            ClickHouseTables tables = new ClickHouseTables(clickHouse);
            tables.ensure(models);
            clickHouse.ddl().replaceView("a_fact", "SELECT 7 AS id");

            tables.ensure(models, Set.of("a_fact"));
            assertThat(scenario.clickHouse("SELECT id FROM a_fact")).containsExactly("7");
            tables.ensure(models, Set.of());
            assertThat(scenario.clickHouse("SELECT id FROM a_fact")).isEmpty();

            clickHouse.ddl().dropView("a_fact");
            tables.ensure(models, Set.of("a_fact"));
            assertThat(scenario.clickHouse("SELECT id FROM a_fact")).isEmpty();
        }
    }
}

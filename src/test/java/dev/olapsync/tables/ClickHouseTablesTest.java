package dev.olapsync.tables;

import static org.assertj.core.api.Assertions.assertThat;

import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.scenario.Scenario;
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
}

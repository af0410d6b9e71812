package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import dev.olapsync.postgres.RefreshRequest;
import java.sql.Connection;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A change that makes very many rows dirty: all follow, and others do not wait for them. Case F5. */
class FanOutTest {

    private static final int CHILDREN = Integer.getInteger("fanout.children", 100_000);
    private static final long MAX_LAG_MILLIS = 5_000;

    @Test
    void allChildrenFollowAndOthersDoNotWait() throws Exception {
        ManyChildren hot = ManyChildren.of("hot", CHILDREN);
        try (Scenario shop = hot.shop()) {
            shop.start().awaitLoaded();
            shop.awaitQuiet();
            ManyChildren.OtherRows others = hot.moveAll("Oslo");
            shop.awaitInSync();
            assertThat(others.worstMillis()).isLessThan(MAX_LAG_MILLIS);
            // they did not take the way of the others
            assertThat(shop.topics().records(shop.topicOf("order_item_fact"))).isLessThan(others.rounds() + 10L);
        }
    }

    /** A LEFT-joined table is truncated: all rows of the model are read again. */
    @Test
    void allRowsFollowATruncate() throws Exception {
        try (Scenario school = Scenario.example("school", "hottruncate", "student_contact_left")) {
            school.postgres(
                    "INSERT INTO student SELECT i, 'student ' || i FROM generate_series(1, 1000) i",
                    "INSERT INTO contact SELECT i, 1 + i % 1000, i FROM generate_series(1, 30000) i");
            school.start().awaitLoaded();
            school.postgres("TRUNCATE student");
            school.awaitInSync();
            assertThat(school.clickHouse("SELECT count(), countIf(name IS NULL) FROM student_contact_left"))
                    .containsExactly("30000,30000");
        }
    }

    /** Refresh requests of very many rows, and of parents that together have too many children for one batch. */
    @Test
    void manyKeysAtOnce() throws Exception {
        try (Scenario school = Scenario.example("school", "hotkeys", "student_contact")) {
            school.postgres(
                    "INSERT INTO student SELECT i, 'student ' || i FROM generate_series(1, 4000) i",
                    "INSERT INTO contact SELECT i, 1 + i % 4000, i FROM generate_series(1, 40000) i");
            school.start().awaitLoaded();
            school.postgres("UPDATE student SET name = 'new ' || name");
            school.awaitInSync();

            school.clickHouseExecute(
                    "INSERT INTO student_contact_rows (contact_id, student_id, name, contact_number, _version)"
                            + " SELECT contact_id, student_id, 'wrong', contact_number, _version + 1 FROM student_contact_rows FINAL"
                            + " WHERE contact_id <= 5000");
            assertThat(school.differences()).hasSize(5000);
            try (Connection postgres = school.postgres()) {
                new RefreshRequest(
                                "student_contact",
                                IntStream.rangeClosed(1, 5000)
                                        .mapToObj(i -> List.of(String.valueOf(i)))
                                        .toList())
                        .write(postgres);
            }
            school.awaitInSync();
        }
    }
}

package dev.olapsync.clickhouse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.olapsync.clickhouse.ClickHouse.ClickHouseException;
import dev.olapsync.config.Settings;
import dev.olapsync.devstack.ClickHouseFront;
import dev.olapsync.devstack.ClickHouseFront.Answer;
import dev.olapsync.devstack.ClickHouseFront.Request;
import dev.olapsync.devstack.ClickHouseServer;
import dev.olapsync.devstack.DevStack;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Two servers in {@code clickhouse.url}, of which one fails. Behind both is the same ClickHouse. */
class ClickHouseHostsTest {

    private static final String NOTHING_LISTENS = "http://localhost:1";

    private final List<String> toFirst = new CopyOnWriteArrayList<>();
    private final List<String> toSecond = new CopyOnWriteArrayList<>();
    private ClickHouseFront first;
    private ClickHouseFront second;

    @BeforeEach
    void open() throws IOException {
        first = front(toFirst, request -> Optional.empty());
        second = front(toSecond, request -> Optional.empty());
        try (ClickHouse clickHouse = clickHouse(second.url())) {
            clickHouse.execute("CREATE OR REPLACE TABLE hosts (id Int32) ENGINE = MergeTree ORDER BY id");
        }
        toSecond.clear();
    }

    @AfterEach
    void close() {
        try (ClickHouse clickHouse = clickHouse(second.url())) {
            clickHouse.execute("DROP TABLE hosts");
        }
        first.close();
        second.close();
    }

    private static ClickHouseFront front(List<String> seen, Function<Request, Optional<Answer>> answer)
            throws IOException {
        return new ClickHouseFront(DevStack.shared().clickHouse().url()).answering(seen(seen, answer));
    }

    private static Function<Request, Optional<Answer>> seen(
            List<String> seen, Function<Request, Optional<Answer>> answer) {
        return request -> {
            // the HTTP client repeats a request after 503, but gets no rows for it
            if (!request.text().contains("system.settings") && !request.text().isEmpty()) {
                seen.add(request.text());
            }
            return request.text().contains("system.settings") ? Optional.empty() : answer.apply(request);
        };
    }

    private void firstAnswers(Answer answer) {
        first.answering(seen(toFirst, request -> Optional.of(answer)));
    }

    private static ClickHouse clickHouse(String url) {
        return clickHouse(url, "");
    }

    private static ClickHouse clickHouse(String url, String cluster) {
        return new ClickHouse(
                new Settings.ClickHouse(url, "default", ClickHouseServer.USER, ClickHouseServer.PASSWORD, "", cluster));
    }

    private String both() {
        return first.url() + ", " + second.url();
    }

    private static InputStream rows() {
        return new ByteArrayInputStream("{\"id\":1}\n{\"id\":2}\n".getBytes(StandardCharsets.UTF_8));
    }

    /** As COPY of Postgres sends them. */
    private static InputStream once(InputStream rows) {
        return new FilterInputStream(rows) {

            @Override
            public boolean markSupported() {
                return false;
            }
        };
    }

    private static long count(ClickHouse clickHouse) {
        return clickHouse
                .query("SELECT count() AS c FROM hosts", Map.of())
                .get(0)
                .getLong("c");
    }

    @Test
    void theFirstOneIsUsedAsLongAsItAnswers() {
        try (ClickHouse clickHouse = clickHouse(both())) {
            clickHouse.insertJson("hosts", rows());
            assertThat(count(clickHouse)).isEqualTo(2);
            assertThatThrownBy(() -> clickHouse.execute("SELECT no_such_column FROM hosts"))
                    .isInstanceOf(ClickHouseException.class);
            assertThatThrownBy(() -> clickHouse.insertJson(
                            "hosts", new ByteArrayInputStream("{\"id\":\"x\"}\n".getBytes(StandardCharsets.UTF_8))))
                    .isInstanceOf(ClickHouseException.class);
        }
        assertThat(toFirst).hasSize(4);
        assertThat(toSecond).isEmpty();
    }

    @Test
    void whereNothingListensTheNextOneIsUsed() {
        try (ClickHouse clickHouse = clickHouse(NOTHING_LISTENS + "," + second.url())) {
            clickHouse.insertJson("hosts", once(rows()));
            assertThat(count(clickHouse)).isEqualTo(2);
        }
        try (ClickHouse clickHouse = clickHouse(NOTHING_LISTENS + ",http://localhost:2")) {
            assertThatThrownBy(() -> count(clickHouse)).isInstanceOf(ClickHouseException.class);
        }
    }

    /** status | code | what ClickHouse says */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "502 | 0   | Bad Gateway",
                "503 | 0   | Service Unavailable",
                "504 | 0   | Gateway Timeout",
                "500 | 242 | Table is in readonly mode. (TABLE_IS_READ_ONLY)",
                "500 | 225 | Can't get ZooKeeper. (NO_ZOOKEEPER)",
                "500 | 999 | Session expired. (KEEPER_EXCEPTION)",
                "500 | 319 | Unknown quorum status. (UNKNOWN_STATUS_OF_INSERT)",
                "500 | 164 | Replica is not active right now. (READONLY)"
            })
    void aServerThatCannotServeIsLeft(int status, int code, String text) {
        firstAnswers(code == 0 ? new Answer(status, 0, text) : Answer.error(code, text));
        try (ClickHouse clickHouse = clickHouse(both())) {
            clickHouse.insertJson("hosts", rows());
            assertThat(count(clickHouse)).isEqualTo(2);
        }
        assertThat(toFirst).hasSize(1);
        assertThat(toSecond).as("from then on").hasSize(2);
    }

    @Test
    void rowsThatCannotBeReadAgainAreNotSentTwice() {
        firstAnswers(Answer.error(242, "Table is in readonly mode. (TABLE_IS_READ_ONLY)"));
        try (ClickHouse clickHouse = clickHouse(both())) {
            assertThatThrownBy(() -> clickHouse.insertJson("hosts", once(rows())))
                    .hasMessageContaining("TABLE_IS_READ_ONLY");
            assertThat(toSecond).isEmpty();
            clickHouse.insertJson("hosts", once(rows()));
            assertThat(count(clickHouse)).isEqualTo(2);
        }
        assertThat(toFirst).hasSize(1);
    }

    /** The HTTP client would send the request once more, without the rows that it has sent already. */
    @ParameterizedTest
    @ValueSource(ints = {429, 503})
    void anInsertIsNeverAcknowledgedWithoutItsRows(int status) {
        AtomicInteger requests = new AtomicInteger();
        first.answering(seen(
                toFirst,
                request -> requests.getAndIncrement() == 0
                        ? Optional.of(new Answer(status, 0, "busy"))
                        : Optional.empty()));
        try (ClickHouse clickHouse = clickHouse(first.url())) {
            for (InputStream rows : List.of(rows(), once(rows()))) {
                requests.set(0);
                assertThatThrownBy(() -> clickHouse.insertJson("hosts", rows))
                        .isInstanceOf(ClickHouseException.class)
                        .hasMessageContaining("did not take the rows");
                assertThat(count(clickHouse)).isZero();
            }
        }
    }

    /** Postgres has failed, not ClickHouse. */
    @Test
    void aServerIsNotLeftBecauseRowsCannotBeRead() {
        InputStream failing = new InputStream() {

            private int read;

            @Override
            public int read() throws IOException {
                if (read++ > 10) {
                    throw new IOException("no rows");
                }
                return '\n';
            }
        };
        try (ClickHouse clickHouse = clickHouse(both())) {
            assertThatThrownBy(() -> clickHouse.insertTabs("hosts", failing)).isInstanceOf(ClickHouseException.class);
            count(clickHouse);
        }
        assertThat(toSecond).isEmpty();
    }

    @Test
    void anInsertWaitsForTheOneBeforeItAndASelectForTheReplica() {
        AtomicInteger refused = new AtomicInteger();
        first.answering(seen(
                toFirst,
                request -> refused.getAndIncrement() < 3
                        ? Optional.of(Answer.error(286, "Another quorum insert has been already started."))
                        : Optional.empty()));
        try (ClickHouse clickHouse = clickHouse(both())) {
            clickHouse.insertJson("hosts", rows());
            assertThat(count(clickHouse)).isEqualTo(2);
            refused.set(0);
            assertThatThrownBy(() -> clickHouse.insertTabs("hosts", once(new ByteArrayInputStream(new byte[] {'1'}))))
                    .isInstanceOfSatisfying(ClickHouseException.class, e -> assertThat(e.isOfOtherInsert())
                            .isTrue());
        }
        assertThat(toSecond).isEmpty();
    }

    @Test
    void aReplicaThatDoesNotCatchUpIsLeft() {
        firstAnswers(Answer.error(289, "Replica doesn't have part all_0_0_0. (REPLICA_IS_NOT_IN_QUORUM)"));
        try (ClickHouse clickHouse = clickHouse(both())) {
            assertThat(count(clickHouse)).isZero();
        }
        assertThat(toFirst).hasSizeGreaterThan(5);
        assertThat(toSecond).hasSize(1);
    }

    /** What the proof for replicas needs, docs/guarantees.md. */
    @Test
    void eachRequestToAClusterAsksForAMajorityAndReadsWhatIsAcknowledged() {
        List<String> settings = new CopyOnWriteArrayList<>();
        first.answering(request -> {
            if (!request.text().contains("system.settings")) {
                settings.add(request.parameters());
            }
            return Optional.empty();
        });
        try (ClickHouse clickHouse = clickHouse(first.url(), "cl")) {
            clickHouse.insertJson("hosts", rows());
            clickHouse.execute("INSERT INTO hosts SELECT 3");
            count(clickHouse);
        }
        assertThat(settings).hasSize(3).allSatisfy(request -> assertThat(request)
                .contains(
                        "select_sequential_consistency=1",
                        "insert_quorum=auto",
                        "insert_quorum_parallel=0",
                        "insert_quorum_timeout=60000",
                        "insert_deduplicate=0",
                        "distributed_ddl_output_mode=null_status_on_timeout"));
        settings.clear();
        try (ClickHouse clickHouse = clickHouse(first.url())) {
            count(clickHouse);
        }
        assertThat(settings).singleElement().asString().doesNotContain("insert_quorum");
    }
}

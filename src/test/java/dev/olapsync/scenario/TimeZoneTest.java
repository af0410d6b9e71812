package dev.olapsync.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** A time zone with summer time, in which expressions over timestamptz are computed. */
class TimeZoneTest {

    /** Near midnight, in both hours of the end of summer time, and when Berlin had an offset with seconds in 1892. */
    private static final String SCHEMA = """
            CREATE TABLE customer (id int PRIMARY KEY, since timestamptz);
            CREATE TABLE visit (at timestamptz PRIMARY KEY, customer_id int NOT NULL, was timestamptz, period tstzrange);
            ALTER TABLE visit REPLICA IDENTITY FULL;
            INSERT INTO customer VALUES (1, '2026-03-28 23:30:00+00'), (2, '1905-06-30 23:59:59.123456+00'), (3, NULL);
            INSERT INTO visit VALUES ('2026-03-29 00:59:59.999999+00', 1, '2026-10-25 00:30:00+00', '[2026-01-01 00:00+00,2026-07-01 00:00+00)'),
              ('2026-03-29 01:00:00+00', 1, '2026-10-25 01:30:00+00', NULL), ('2026-06-30 22:00:00+00', 2, '1891-01-01 00:00:00+00', NULL),
              ('2026-06-30 21:59:59+00', 2, '1900-01-01 00:00:00+00', NULL), ('2026-12-31 23:00:00+00', 9, 'infinity', NULL)""";

    private static Scenario visits() throws Exception {
        return Scenario.of("timezone", SCHEMA)
                .set("olap.timezone", "Europe/Berlin")
                .model("visits", """
                        SELECT v.at, v.at::date AS day, v.was, date_trunc('month', v.at) AS month, to_char(v.was, 'HH24:MI OF') AS text,
                          v.period, c.since, c.since::date AS since_day
                        FROM visit v LEFT JOIN customer c ON c.id = v.customer_id""")
                .model("histories", "-- history: true\nSELECT at, at::date AS day, was FROM visit")
                .model("customers", """
                        SELECT c.id, c.since, array_agg(v.was ORDER BY v.at) AS times, array_agg(v.at::date ORDER BY v.at) AS days
                        FROM customer c LEFT JOIN visit v ON v.customer_id = c.id GROUP BY c.id""")
                .model(
                        "several",
                        "SELECT c.id, v.at, v.at::date AS day FROM customer c LEFT JOIN visit v ON v.customer_id = c.id")
                .model("days", "SELECT at::date AS day, count(*) AS visits, max(at) AS last FROM visit GROUP BY 1");
    }

    @Test
    void expressionsAreComputedInTheZone() throws Exception {
        try (Scenario scenario = visits()) {
            scenario.start().awaitLoaded();
            scenario.awaitInSync();
            assertThat(scenario.clickHouse("SELECT at, day, was, month, text FROM visits ORDER BY at"))
                    .containsExactly(
                            "2026-03-29 00:59:59.999999,2026-03-29,2026-10-25 00:30:00,2026-02-28 23:00:00,02:30 +02",
                            "2026-03-29 01:00:00,2026-03-29,2026-10-25 01:30:00,2026-02-28 23:00:00,02:30 +01",
                            "2026-06-30 21:59:59,2026-06-30,1900-01-01 00:00:00,2026-05-31 22:00:00,01:00 +01",
                            "2026-06-30 22:00:00,2026-07-01,null,2026-06-30 22:00:00,00:53 +00:53",
                            "2026-12-31 23:00:00,2027-01-01,null,2026-12-31 23:00:00,null");
            scenario.postgres(
                    "UPDATE customer SET since = since + interval '1 day' WHERE id = 1",
                    "UPDATE visit SET at = at + interval '1 month' WHERE at < '2026-03-29 01:00:00+00'",
                    "INSERT INTO visit VALUES ('2026-10-25 22:59:59.5+00', 3, '2026-10-25 23:00:00+00', '[2026-03-29 01:00+00,)')",
                    "DELETE FROM visit WHERE customer_id = 9");
            scenario.awaitInSync();
            assertThat(scenario.clickHouse("SELECT day, visits FROM days ORDER BY day"))
                    .containsExactly("2026-03-29,1", "2026-04-29,1", "2026-06-30,1", "2026-07-01,1", "2026-10-25,1");
            assertThat(scenario.clickHouse("SELECT at, day FROM histories_history WHERE _op = 'create' ORDER BY at"))
                    .containsExactly("2026-04-29 00:59:59.999999,2026-04-29", "2026-10-25 22:59:59.5,2026-10-25");
            assertThat(scenario.command("verify")).contains("VERDICT: in sync", " 0 differences");
            assertThat(scenario.command("verify", "--patience", "5")).contains("VERDICT: in sync");

            scenario.clickHouseExecute("INSERT INTO visits_rows (at, day, _version, _deleted) SELECT at, '2000-01-01',"
                    + " _version + 1, 0 FROM visits_rows FINAL WHERE day = '2026-07-01'");
            assertThat(scenario.execute("verify", "--repair").printed()).contains("2026-06-30 22:00:00.000000+00");
            scenario.awaitInSync();
        }
    }

    /** Rows that were written already have days of the other zone. */
    @Test
    void aChangedZoneIsNoticed() throws Exception {
        try (Scenario scenario = visits()) {
            scenario.start().awaitLoaded();
            scenario.awaitInSync();
            scenario.stop();
            for (String zone : List.of("UTC", "Asia/Tokyo")) {
                scenario.set("olap.timezone", zone);
                assertThat(scenario.startProblem())
                        .contains("olap.timezone is Europe/Berlin", "olap-sync rebuild --all");
            }
            scenario.set("olap.timezone", "Asia/Tokyo")
                    .set("olap.epoch", 1)
                    .start()
                    .awaitLoaded();
            scenario.awaitInSync();
            assertThat(scenario.clickHouse("SELECT day FROM visits WHERE at = '2026-06-30 21:59:59'"))
                    .containsExactly("2026-07-01");
        }
    }
}

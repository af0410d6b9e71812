package dev.olapsync.capture.debezium;

import static org.assertj.core.api.Assertions.assertThat;

import dev.olapsync.model.KeyColumn;
import io.debezium.connector.postgresql.PgOid;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The left one is Postgres' text, the right one what Debezium makes of it. */
class FormsTest {

    private static String form(int type, int modifier, String text) {
        return Forms.of(type, modifier).orElseThrow().apply(text);
    }

    @ParameterizedTest
    @CsvSource({
        PgOid.DATE + ",-1,2024-02-29,2024-02-29Z",
        PgOid.DATE + ",-1,0044-03-15 BC,-0043-03-15Z",
        PgOid.TIME + ",-1,18:00:00.5,18:00:00.5Z",
        PgOid.TIMETZ + ",-1,18:00:00+01,17:00:00Z",
        PgOid.TIMETZ + ",-1,18:00:00.123456-05:30,23:30:00.123456Z",
        PgOid.TIMETZ + ",-1,12:00:00+00:19:32,11:40:28Z",
        PgOid.TIMESTAMP + ",-1,2024-02-29 12:00:00.25,2024-02-29T12:00:00.25Z",
        PgOid.TIMESTAMPTZ + ",-1,2024-02-29 12:00:00+05:30,2024-02-29T06:30:00.000000Z",
        PgOid.TIMESTAMPTZ + ",3,2024-02-29 12:00:00.123+00,2024-02-29T12:00:00.123Z",
        PgOid.TIMESTAMPTZ + ",0,2024-02-29 12:00:00+00,2024-02-29T12:00:00Z",
        PgOid.TIMESTAMPTZ + ",-1,-infinity,-infinity",
        PgOid.INTERVAL + ",-1,1 year 2 mons -3 days 04:05:06.7,P1Y2M-3DT4H5M6.7S",
    })
    void asDebezium(int type, int modifier, String text, String event) {
        assertThat(form(type, modifier, text)).isEqualTo(event);
    }

    @ParameterizedTest
    @CsvSource({
        PgOid.TIME + ",24:00:00",
        PgOid.TIMETZ + ",24:00:00+00",
        PgOid.INTERVAL + ",2147483999:00:00",
        PgOid.INTERVAL + ",infinity",
        PgOid.DATE + ",no date",
        PgOid.TIMESTAMP + ",no timestamp",
    })
    void whatHasNoneIsUnavailable(int type, String text) {
        assertThat(form(type, -1, text)).isEqualTo(KeyColumn.UNAVAILABLE);
    }
}

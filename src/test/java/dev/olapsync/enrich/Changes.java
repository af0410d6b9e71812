package dev.olapsync.enrich;

import dev.olapsync.postgres.TableName;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.component.kafka.KafkaConstants;
import org.apache.camel.support.DefaultExchange;

/** Change events as capture publishes them. */
final class Changes {

    private Changes() {}

    /**
     * @param before and {@code after}: JSON, or null
     * @param lsn of the change's record, in a transaction behind the commit 8
     */
    static byte[] change(char op, TableName table, String before, String after, long lsn) {
        return envelope(op, table, lsn, "7", "\"before\":" + before + ",\"after\":" + after);
    }

    /** @param transaction null for a message without one */
    static byte[] message(String content, String transaction) {
        String hex = HexFormat.of().formatHex(content.getBytes(StandardCharsets.UTF_8));
        return envelope(
                'm',
                new TableName("", ""),
                16,
                transaction,
                "\"message\":{\"prefix\":\"olap-sync\",\"content\":\"" + hex + "\"}");
    }

    private static byte[] envelope(char op, TableName table, long lsn, String transaction, String content) {
        return ("{" + content + ",\"source\":{\"schema\":\"" + table.schema() + "\",\"table\":\"" + table.name()
                        + "\",\"ts_ms\":1700000000123,\"txId\":" + transaction + ",\"sequence\":\"[\\\"8\\\",\\\"" + lsn
                        + "\\\"]\"},\"op\":\"" + op + "\"}")
                .getBytes(StandardCharsets.UTF_8);
    }

    static Exchange record(CamelContext context, byte[] change) {
        Exchange record = new DefaultExchange(context);
        record.getMessage().setBody(change);
        record.getMessage().setHeader(KafkaConstants.TOPIC, "cdc.public.orders");
        record.getMessage().setHeader(KafkaConstants.PARTITION, 0);
        record.getMessage().setHeader(KafkaConstants.OFFSET, 5L);
        return record;
    }
}

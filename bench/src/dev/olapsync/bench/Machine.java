package dev.olapsync.bench;

import dev.olapsync.devstack.DevStack;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.kafka.common.utils.AppInfoParser;

/** What the figures were measured on. */
final class Machine {

    private Machine() {}

    static Map<String, String> describe(DevStack stack) throws IOException, SQLException {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put(
                "processors",
                Runtime.getRuntime().availableProcessors() + " x " + valueOf("/proc/cpuinfo", "model name"));
        facts.put(
                "memory", Long.parseLong(valueOf("/proc/meminfo", "MemTotal").replace(" kB", "")) / (1 << 20) + " GB");
        facts.put("system", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        facts.put("java", System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"));
        facts.put("camel", new DefaultCamelContext().getVersion());
        facts.put("debezium", io.debezium.connector.postgresql.Module.version());
        facts.put("kafka", AppInfoParser.getVersion());
        try (Connection postgres = stack.postgres().connect()) {
            facts.put("postgres", one(postgres, "SHOW server_version"));
        }
        try (Connection clickHouse = stack.clickHouse().connect()) {
            facts.put("clickhouse", one(clickHouse, "SELECT version()"));
        }
        return facts;
    }

    /** How many processes wanted to run in the last minute, others' included. */
    static double load() throws IOException {
        return Double.parseDouble(Files.readString(Path.of("/proc/loadavg")).split(" ")[0]);
    }

    private static String valueOf(String file, String key) throws IOException {
        try (var lines = Files.lines(Path.of(file))) {
            return lines.filter(line -> line.startsWith(key))
                    .findFirst()
                    .map(line -> line.substring(line.indexOf(':') + 1).trim())
                    .orElse("unknown");
        }
    }

    private static String one(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }
}

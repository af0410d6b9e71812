package dev.olapsync.operate;

import com.clickhouse.client.api.query.QueryResponse;
import com.clickhouse.client.api.query.QuerySettings;
import com.clickhouse.data.ClickHouseFormat;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.olapsync.ClickHouse;
import dev.olapsync.OlapSync;
import dev.olapsync.capture.Position;
import dev.olapsync.enrich.Hint;
import dev.olapsync.model.KeyColumn;
import dev.olapsync.model.LookUp;
import dev.olapsync.model.Model;
import dev.olapsync.model.OutputColumn;
import dev.olapsync.schema.ClickHouseTables;
import dev.olapsync.schema.RowJson;
import java.io.PrintWriter;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows a row on both sides and has the running pipeline read it again. */
@Command(name = "heal", mixinStandardHelpOptions = true,
        description = "Shows a row on both sides, has the running pipeline read it again, and waits until ClickHouse has it.")
final class Heal implements Callable<Integer> {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long PAUSE_MILLIS = 200;

    @Mixin
    private Configuration configuration;

    @Parameters(index = "0", paramLabel = "MODEL")
    private String modelName;

    @Parameters(index = "1", paramLabel = "KEY", description = "of a composite key a JSON array: '[1,\"a\"]'")
    private String key;

    @Option(names = "--seconds", paramLabel = "N", defaultValue = "60",
            description = "how long to wait for the pipeline, default: ${DEFAULT-VALUE}")
    private int seconds;

    @Spec
    private CommandSpec spec;

    /** @param version empty when ClickHouse has nothing of the row */
    private record Stored(String row, Optional<BigInteger> version) {
    }

    @Override
    public Integer call() throws Exception {
        OlapSync olapSync = new OlapSync(configuration.settings());
        try {
            Optional<Model> model = olapSync.models().find(modelName);
            List<String> columns = RowKey.columns(key);
            if (model.isEmpty() || columns.size() != model.get().key().size()) {
                spec.commandLine().getErr().println(model.isEmpty()
                        ? "There is no model " + modelName + ", only " + olapSync.models().all()
                        : "The key of " + modelName + " has " + model.get().key().size() + " columns: "
                                + model.get().key().stream().map(OutputColumn::name).toList());
                return 2;
            }
            return heal(olapSync, model.get(), columns);
        } finally {
            olapSync.stop();
        }
    }

    private int heal(OlapSync olapSync, Model model, List<String> columns) throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        Stored before = inClickHouse(olapSync.clickHouse(), model, columns);
        try (Connection postgres = olapSync.postgres().getConnection()) {
            out.println("Postgres    " + inPostgres(postgres, model, columns));
            out.println("ClickHouse  " + before.row());
            new Hint(model.name(), List.of(columns)).write(postgres);
        }
        out.flush();
        Instant end = Instant.now().plus(Duration.ofSeconds(seconds));
        Stored now = before;
        while (now.version().equals(before.version()) && Instant.now().isBefore(end)) {
            Thread.sleep(PAUSE_MILLIS);
            now = inClickHouse(olapSync.clickHouse(), model, columns);
        }
        if (now.version().equals(before.version())) {
            spec.commandLine().getErr().println("The pipeline has not answered for " + seconds
                    + " s. The hint is in the log: it will be followed as soon as the pipeline runs.");
            return 1;
        }
        out.println("healed      " + now.row());
        out.flush();
        return 0;
    }

    private static String inPostgres(Connection postgres, Model model, List<String> columns) throws SQLException {
        LookUp grain = model.lookUps().get(0);
        // the parameters as JDBC has them, in the order of the key
        try (PreparedStatement statement = postgres.prepareStatement(grain.sql().replaceAll(":\\?\\w+", "?"))) {
            for (int i = 0; i < columns.size(); i++) {
                statement.setString(i + 1, KeyColumn.array(List.of(columns.get(i))));
            }
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getBoolean("live") ? row.getString("row") : "no row";
            }
        }
    }

    private static Stored inClickHouse(ClickHouse clickHouse, Model model, List<String> columns) throws Exception {
        Map<String, Object> parameters = new LinkedHashMap<>();
        List<String> conditions = new ArrayList<>();
        for (int i = 0; i < columns.size(); i++) {
            OutputColumn column = model.key().get(i);
            parameters.put("k" + i, columns.get(i));
            conditions.add(ClickHouse.identifier(column.name()) + " = {k" + i + ":" + column.type().clickHouseType(false) + "}");
        }
        String sql = "SELECT " + model.columns().stream().map(column -> ClickHouse.identifier(column.name()))
                .collect(Collectors.joining(", ")) + ", toString(_version) AS _version, _deleted FROM "
                + ClickHouse.identifier(ClickHouseTables.storage(model.name())) + " WHERE " + String.join(" AND ", conditions)
                + " ORDER BY " + ClickHouse.identifier(ClickHouseTables.storage(model.name())) + "._version DESC LIMIT 1";
        try (QueryResponse response = clickHouse.client().query(sql, parameters,
                new QuerySettings().setFormat(ClickHouseFormat.JSONEachRow)).get(60, TimeUnit.SECONDS)) {
            String row = new String(response.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            if (row.isEmpty()) {
                return new Stored("no row", Optional.empty());
            }
            ObjectNode json = (ObjectNode) JSON.readTree(row);
            BigInteger version = new BigInteger(json.remove(RowJson.VERSION).asText());
            boolean deleted = json.remove(RowJson.DELETED).asInt() == 1;
            return new Stored((deleted ? "no row" : json.toString()) + " (" + Position.ofVersion(version) + ")",
                    Optional.of(version));
        }
    }
}

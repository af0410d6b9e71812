package dev.olapsync.check;

import com.clickhouse.client.api.query.GenericRecord;
import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.clickhouse.ClickHouse.ClickHouseException;
import dev.olapsync.config.Settings;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Checks that the servers of {@code clickhouse.url} have the same tables, so that each of them can take the place of another. */
final class ClickHouseHostChecks {

    private static final int REPLICAS_OF_A_MAJORITY = 2;

    private final Settings.ClickHouse to;
    private final Findings findings;

    ClickHouseHostChecks(Settings.ClickHouse to, Findings findings) {
        this.to = to;
        this.findings = findings;
    }

    /**
     * What one server says.
     *
     * @param uuid of the server; the same if two addresses lead to one server
     * @param cloud whether tables are shared without any setting
     * @param members shard, replica, address of each server of the cluster
     * @param paths in Keeper, by the names of the tables
     * @param local tables of olap-sync that only this server has
     */
    private record Host(
            String url,
            String version,
            String uuid,
            boolean cloud,
            String databaseEngine,
            List<String> members,
            long shards,
            Map<String, String> paths,
            List<String> local) {}

    /** Checks nothing if there is one server without a cluster. */
    void all() {
        if (to.urls().size() == 1 && to.cluster().isEmpty()) {
            return;
        }
        List<Host> hosts = to.urls().stream().flatMap(url -> host(url).stream()).toList();
        if (hosts.isEmpty()) {
            return;
        }
        int before = findings.failures();
        different(hosts, Host::version, "versions")
                .ifPresent(versions ->
                        findings.warn("the servers of clickhouse.url have different versions: " + versions));
        if (to.cluster().isEmpty()) {
            shared(hosts);
        } else {
            replicated(hosts);
        }
        if (findings.failures() == before) {
            findings.ok(hosts.size() + " of " + to.urls().size() + " servers of clickhouse.url answer"
                    + (to.cluster().isEmpty()
                            ? ""
                            : ", cluster " + to.cluster() + " has "
                                    + hosts.get(0).members().size() + " replicas"));
        }
    }

    private Optional<Host> host(String url) {
        try (ClickHouse clickHouse = new ClickHouse(to.at(url))) {
            GenericRecord server = clickHouse
                    .query(
                            "SELECT version() AS version, toString(serverUUID()) AS uuid, (SELECT engine FROM system.databases"
                                    + " WHERE name = {database:String}) AS database_engine, (SELECT count() FROM system.settings"
                                    + " WHERE name = 'cloud_mode' AND value = '1') AS cloud",
                            Map.of("database", to.database()))
                    .get(0);
            List<GenericRecord> members = clickHouse.query(
                    "SELECT toInt64(shard_num) AS shard, concat('shard ', toString(shard_num), ' replica ', toString(replica_num), ' ',"
                            + " host_name, ':', toString(port)) AS member FROM system.clusters WHERE cluster = {cluster:String}"
                            + " ORDER BY shard_num, replica_num",
                    Map.of("cluster", to.cluster()));
            Map<String, String> paths = new TreeMap<>();
            clickHouse
                    .query(
                            "SELECT table, zookeeper_path FROM system.replicas WHERE database = {database:String}",
                            Map.of("database", to.database()))
                    .forEach(table -> paths.put(table.getString("table"), table.getString("zookeeper_path")));
            return Optional.of(new Host(
                    url,
                    server.getString("version"),
                    server.getString("uuid"),
                    server.getLong("cloud") == 1,
                    server.getString("database_engine"),
                    members.stream().map(row -> row.getString("member")).toList(),
                    members.stream().map(row -> row.getLong("shard")).distinct().count(),
                    paths,
                    local(clickHouse)));
        } catch (ClickHouseException e) {
            findings.warn("ClickHouse at " + url + " cannot take the place of another server: " + e.getMessage());
            return Optional.empty();
        }
    }

    /** The tables beside those of the models, which are compared with the models themselves. */
    private List<String> local(ClickHouse clickHouse) {
        return clickHouse
                .query(
                        "SELECT name, engine FROM system.tables WHERE database = {database:String} AND startsWith(name, '_') ORDER BY name",
                        Map.of("database", to.database()))
                .stream()
                .filter(table ->
                        clickHouse.ddl().unreplicated(table.getString("engine")).isPresent())
                .map(table -> table.getString("name"))
                .toList();
    }

    private void shared(List<Host> hosts) {
        if (hosts.stream().map(Host::uuid).distinct().count() > 1
                && !hosts.stream().allMatch(Host::cloud)) {
            findings.fail(
                    "clickhouse.url names several servers, and clickhouse.cluster is empty: each server has tables of its own, so rows"
                            + " that one has would be missing on the others",
                    "Set clickhouse.cluster, or name one server. Only ClickHouse Cloud shares tables without a cluster.");
        }
    }

    private void replicated(List<Host> hosts) {
        for (Host host : hosts) {
            if (host.databaseEngine().equals("Replicated")) {
                findings.fail(
                        "database " + to.database()
                                + " has the engine Replicated, in which ClickHouse refuses ON CLUSTER",
                        "Leave clickhouse.cluster empty and name one server, or set clickhouse.database to a database with the engine"
                                + " Atomic.");
            }
            if (host.members().isEmpty()) {
                findings.fail(
                        "ClickHouse at " + host.url() + " has no cluster " + to.cluster(),
                        "Set clickhouse.cluster to one of: SELECT DISTINCT cluster FROM system.clusters");
            } else if (host.shards() > 1) {
                findings.fail(
                        "cluster " + to.cluster() + " has " + host.shards() + " shards at " + host.url()
                                + ", and olap-sync writes to one server, so rows would be in one shard only",
                        "Set clickhouse.cluster to a cluster of one shard.");
            } else if (host.members().size() < REPLICAS_OF_A_MAJORITY) {
                findings.fail(
                        "cluster " + to.cluster() + " has one replica at " + host.url()
                                + ", and an INSERT would wait for others",
                        "Leave clickhouse.cluster empty until there are more.");
            }
            if (!host.local().isEmpty()) {
                findings.fail(
                        "only ClickHouse at " + host.url() + " has the rows of " + String.join(", ", host.local())
                                + ", which are not replicated",
                        "Set clickhouse.database to an empty database of the cluster, or leave clickhouse.cluster empty.");
            }
        }
        different(hosts, host -> host.members().toString(), "members")
                .ifPresent(members -> findings.fail("the servers of clickhouse.url see different members of cluster "
                        + to.cluster() + ": " + members));
        hosts.stream()
                .flatMap(host -> host.paths().keySet().stream())
                .distinct()
                .sorted()
                .forEach(
                        table -> different(
                                        hosts.stream()
                                                .filter(host -> host.paths().containsKey(table))
                                                .toList(),
                                        host -> host.paths().get(table),
                                        "paths in Keeper")
                                .ifPresent(
                                        paths -> findings.fail(
                                                "table " + table + " is not the same on all servers of clickhouse.url: "
                                                        + paths,
                                                "Drop it, with SYNC, on the servers that do not have the rows, and create it there with the statement and"
                                                        + " the UUID of the other server (SHOW CREATE TABLE, SELECT uuid FROM system.tables).")));
    }

    /** The values with the servers that have them; empty if all have the same. */
    private static Optional<String> different(List<Host> hosts, Function<Host, String> value, String kind) {
        Map<String, List<String>> servers = hosts.stream()
                .collect(Collectors.groupingBy(
                        value, LinkedHashMap::new, Collectors.mapping(Host::url, Collectors.toList())));
        return servers.size() < 2
                ? Optional.empty()
                : Optional.of(servers.entrySet().stream()
                        .map(one -> String.join(", ", one.getValue()) + ": " + one.getKey())
                        .collect(Collectors.joining("; ")));
    }
}

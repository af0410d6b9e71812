package dev.olapsync.clickhouse;

import com.clickhouse.client.api.Client;
import dev.olapsync.config.Settings;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The servers that {@code clickhouse.url} names. Requests go to one of them until it fails, then to the next one. The client
 * itself does not do this: it sends everything to its first address. Thread safe.
 */
final class ClickHouseHosts implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ClickHouseHosts.class);
    private static final long CONNECT_SECONDS = 10;

    private final Settings.ClickHouse settings;
    private final Duration limit;
    private final List<Host> hosts;
    private int current;

    /** @param limit of the time that a request waits for a part of its answer */
    ClickHouseHosts(Settings.ClickHouse settings, Duration limit) {
        this.settings = settings;
        this.limit = limit;
        this.hosts = settings.urls().stream().map(Host::new).toList();
    }

    /** One server, with connections and settings of its own: servers can have different versions. */
    final class Host {

        private final String url;
        private final ClickHouseSettings pinned =
                new ClickHouseSettings(!settings.cluster().isEmpty());
        private volatile Client client;

        private Host(String url) {
            this.url = url;
            this.client = newClient(url);
        }

        Client client() {
            return client;
        }

        ClickHouseSettings pinned() {
            return pinned;
        }

        @Override
        public String toString() {
            return url;
        }
    }

    private Client newClient(String url) {
        Client.Builder builder = new Client.Builder()
                .addEndpoint(url)
                .setUsername(settings.user())
                .setPassword(settings.password())
                .setDefaultDatabase(settings.database())
                .setClientName("olap-sync")
                .setMaxRetries(0)
                .setConnectTimeout(CONNECT_SECONDS, ChronoUnit.SECONDS)
                .setConnectionRequestTimeout(limit.toMillis(), ChronoUnit.MILLIS)
                // limits reads only; ClickHouseRequests limits the sending of a request
                .setSocketTimeout(limit.toMillis(), ChronoUnit.MILLIS);
        if (!settings.rootCert().isEmpty()) {
            builder.setRootCertificate(settings.rootCert());
        }
        return builder.build();
    }

    int number() {
        return hosts.size();
    }

    synchronized Host current() {
        return hosts.get(current);
    }

    /**
     * The next requests go to another server, if there is one. Does nothing if another thread has left this one already.
     *
     * @param reason without contents of rows
     */
    synchronized void leave(Host host, String reason) {
        if (hosts.size() > 1 && hosts.get(current) == host) {
            current = (current + 1) % hosts.size();
            LOG.warn("{} at {}: requests go to {} from now on", reason, host, current());
        }
    }

    /**
     * Closes all connections: nothing else ends a thread that waits until the server accepts the data that it sends.
     */
    synchronized void reconnect() {
        for (Host host : hosts) {
            Client old = host.client;
            host.client = newClient(host.url);
            old.close();
        }
    }

    @Override
    public void close() {
        hosts.forEach(host -> host.client.close());
    }
}

package dev.olapsync.pipeline;

import dev.olapsync.postgres.Replica;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.Optional;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;

/**
 * Connections for look-ups: to the replica, if there is one that has replayed all that the look-ups of this moment need, otherwise
 * to the primary. Thread safe.
 */
public class LookUpDataSource implements DataSource, CamelContextAware {

    private DataSource primary;
    private CamelContext context;

    /** Connections to the primary. */
    public void setPrimary(DataSource primary) {
        this.primary = primary;
    }

    @Override
    public Connection getConnection() throws SQLException {
        OlapSync olapSync = OlapSync.of(context);
        Optional<Replica> replica = olapSync.replica();
        if (replica.isEmpty()) {
            return primary.getConnection();
        }
        Optional<Connection> ofReplica = replica.get().connection();
        olapSync.metrics().lookUp(ofReplica.isPresent() ? "replica" : "primary");
        return ofReplica.isPresent() ? ofReplica.get() : primary.getConnection();
    }

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
        throw new SQLFeatureNotSupportedException("the role is that of the settings");
    }

    @Override
    public PrintWriter getLogWriter() throws SQLException {
        return primary.getLogWriter();
    }

    @Override
    public void setLogWriter(PrintWriter out) throws SQLException {
        primary.setLogWriter(out);
    }

    @Override
    public void setLoginTimeout(int seconds) throws SQLException {
        primary.setLoginTimeout(seconds);
    }

    @Override
    public int getLoginTimeout() throws SQLException {
        return primary.getLoginTimeout();
    }

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
        return primary.getParentLogger();
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        return primary.unwrap(type);
    }

    @Override
    public boolean isWrapperFor(Class<?> type) throws SQLException {
        return primary.isWrapperFor(type);
    }

    @Override
    public void setCamelContext(CamelContext context) {
        this.context = context;
    }

    @Override
    public CamelContext getCamelContext() {
        return context;
    }
}

package dev.olapsync.postgres;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;

/**
 * A connection to a {@link Replica}, or one of its statements. After each execution it checks that the server is still a standby of
 * the primary: only then the rows, or the error of a value, count. Otherwise, and after each other error, the replica is out of
 * use for a while, and the caller gets a {@link ReplicaException}.
 */
final class ReplicaConnection implements InvocationHandler {

    private final Replica replica;
    private final ServerLog log;
    private final Connection connection;
    private final Object target;

    private ReplicaConnection(Replica replica, ServerLog log, Connection connection, Object target) {
        this.replica = replica;
        this.log = log;
        this.connection = connection;
        this.target = target;
    }

    /** @param log of the primary, which the replica must still follow after each statement */
    static Connection of(Replica replica, ServerLog log, Connection connection) {
        return new ReplicaConnection(replica, log, connection, connection).proxy(Connection.class);
    }

    private <T> T proxy(Class<T> type) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, this));
    }

    @Override
    public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
        Object result;
        try {
            result = method.invoke(target, arguments);
            if (target instanceof Statement && method.getName().startsWith("execute")) {
                requireStandby();
            }
        } catch (InvocationTargetException e) {
            throw e.getCause() instanceof SQLException error ? counted(error) : e.getCause();
        }
        if (target instanceof Connection && result instanceof Statement statement) {
            ReplicaConnection ofStatement = new ReplicaConnection(replica, log, connection, statement);
            return statement instanceof PreparedStatement
                    ? ofStatement.proxy(PreparedStatement.class)
                    : ofStatement.proxy(Statement.class);
        }
        return result;
    }

    private void requireStandby() throws ReplicaException {
        try {
            Optional<String> problem = ReplicaState.of(connection).problem(log);
            if (problem.isPresent()) {
                throw replica.failed(problem.get(), null);
            }
        } catch (SQLException e) {
            throw e instanceof ReplicaException known ? known : replica.failed(e);
        }
    }

    /** What the caller gets for an error. */
    private SQLException counted(SQLException error) {
        if (!ValueErrors.isOne(error)) {
            return replica.failed(error);
        }
        try {
            if (!connection.getAutoCommit()) {
                connection.rollback();
            }
            requireStandby();
            return error;
        } catch (SQLException e) {
            return e instanceof ReplicaException known ? known : replica.failed(e);
        }
    }
}

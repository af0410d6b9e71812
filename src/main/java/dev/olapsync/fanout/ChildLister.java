package dev.olapsync.fanout;

import dev.olapsync.enrich.DirtyKeys;
import dev.olapsync.enrich.FanOutRequest;
import dev.olapsync.model.SchemaChangedException;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.postgres.PostgresDataSource;
import dev.olapsync.postgres.ValueErrors;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lists the keys of all rows that a {@link FanOutRequest} makes dirty, and publishes them to the fan-out in records of
 * limited size. It reads them with a cursor, so a parent can have any number of children. An interrupted listing is
 * repeated. If the condition of the join cannot be computed for a row, it is unknown which rows refer to a parent: then
 * all rows are listed.
 */
public class ChildLister implements Processor {

    private static final Logger LOG = LoggerFactory.getLogger(ChildLister.class);

    @Override
    public void process(Exchange exchange) throws SQLException, IOException {
        CamelContext context = exchange.getContext();
        FanOutRequest parents =
                exchange.getMessage().getBody(ListingRequest.class).parents();
        try {
            list(context, parents);
        } catch (SQLException e) {
            SchemaChangedException.throwIfCauseOf(
                    e, parents.lookUp().model(), OlapSync.of(context).postgres());
            if (!ValueErrors.isOne(e)) {
                throw e;
            }
            LOG.warn(
                    "Fan-out of {}: Postgres cannot compute for each row whether it refers to the parents, {}; all rows are read again",
                    parents.lookUp(),
                    ValueErrors.condition(e));
            list(context, FanOutRequest.ofAll(parents.lookUp().model(), parents.cause()));
        }
    }

    private static void list(CamelContext context, FanOutRequest parents) throws SQLException, IOException {
        try (Connection postgres =
                        PostgresDataSource.patient(OlapSync.of(context).postgres());
                FanOutPublisher publisher =
                        new FanOutPublisher(context, parents.lookUp().model(), parents.cause())) {
            // without it the driver would read the whole result at once; the pool ends the transaction
            postgres.setAutoCommit(false);
            long listed = list(postgres, parents, publisher);
            publisher.publish();
            LOG.info("Fan-out of {}: {} rows are read again", parents.lookUp(), listed);
        }
    }

    private static long list(Connection postgres, FanOutRequest parents, FanOutPublisher publisher)
            throws SQLException {
        int width = parents.lookUp().model().key().size();
        long listed = 0;
        try (PreparedStatement statement =
                postgres.prepareStatement(parents.lookUp().listing())) {
            statement.setFetchSize(FanOutRequest.KEYS);
            if (!parents.keys().isEmpty()) {
                List<String> arrays = DirtyKeys.arrays(parents.lookUp(), parents.keys());
                for (int i = 0; i < arrays.size(); i++) {
                    statement.setString(i + 1, arrays.get(i));
                }
            }
            try (ResultSet row = statement.executeQuery()) {
                for (; row.next(); listed++) {
                    List<String> key = new ArrayList<>(width);
                    for (int i = 1; i <= width; i++) {
                        key.add(row.getString(i));
                    }
                    publisher.add(key);
                }
            }
        }
        return listed;
    }
}

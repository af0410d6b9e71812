package dev.olapsync.capture.debezium;

import io.debezium.schema.SchemaTopicNamingStrategy;
import io.debezium.spi.schema.DataCollectionId;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Debezium's names of topics, looked up without a lock, because Debezium asks for a name with each change. The engine
 * creates it by the name of the class.
 */
public class TopicNames extends SchemaTopicNamingStrategy {

    private final Map<DataCollectionId, String> known = new ConcurrentHashMap<>();

    public TopicNames(Properties properties) {
        super(properties);
    }

    /**
     * Without a warning for each name that is not a valid topic name: the route names the topics, see {@link
     * dev.olapsync.capture.ChangeEvents}.
     */
    @Override
    public String sanitizedTopicName(String name) {
        return name.replaceAll("[^a-zA-Z0-9._-]", "_");
    }

    @Override
    public String dataChangeTopic(DataCollectionId table) {
        String name = known.get(table);
        return name != null ? name : known.computeIfAbsent(table, super::dataChangeTopic);
    }
}

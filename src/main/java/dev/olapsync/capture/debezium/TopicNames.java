package dev.olapsync.capture.debezium;

import io.debezium.schema.SchemaTopicNamingStrategy;
import io.debezium.spi.schema.DataCollectionId;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;

/** Debezium's names of topics, looked up without a lock: it asks for one with each change. The engine makes it by its name. */
public class TopicNames extends SchemaTopicNamingStrategy {

    private final Map<DataCollectionId, String> known = new ConcurrentHashMap<>();

    public TopicNames(Properties properties) {
        super(properties);
    }

    /**
     * Without a warning for each name that is no name of a topic: the route names the topics, see {@link
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

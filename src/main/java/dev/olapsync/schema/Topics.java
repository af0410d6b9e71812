package dev.olapsync.schema;

import dev.olapsync.Settings;
import dev.olapsync.model.Model;
import dev.olapsync.model.Models;
import dev.olapsync.model.TableName;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;

/**
 * The topics: {@code cdc.<schema>.<table>} for changes, {@code olap.<model>} for finished rows, {@code olap.dlq} for what
 * could not be processed.
 */
public final class Topics {

    /** Hints that were written into the log by hand, see {@link dev.olapsync.enrich.Hint}. */
    public static final String HINTS = "cdc.message";
    public static final String DEAD_LETTERS = "olap.dlq";

    private static final String ROWS = "olap.";
    private static final int LONGEST = 249;

    private Topics() {
    }

    /** Letters that a topic cannot have are written as {@code _uXXXX}; names that are too long end in a hash. */
    public static String changes(TableName table) {
        String topic = "cdc." + escape(table.schema()) + "." + escape(table.name());
        return topic.length() <= LONGEST
                ? topic
                : topic.substring(0, LONGEST - 9) + "_" + String.format("%08x", topic.hashCode());
    }

    public static String rows(String model) {
        return ROWS + model;
    }

    /** The model whose finished rows the topic holds. */
    public static String modelOf(String topic) {
        if (!topic.startsWith(ROWS)) {
            throw new IllegalArgumentException("Not a topic of finished rows: " + topic);
        }
        return topic.substring(ROWS.length());
    }

    private static String escape(String name) {
        StringBuilder escaped = new StringBuilder();
        name.codePoints().forEach(c -> {
            boolean plain = c < 128 && (Character.isLetterOrDigit(c) || c == '_' || c == '-');
            escaped.append(plain ? Character.toString(c) : String.format("_u%04x", c));
        });
        return escaped.toString();
    }

    /** Creates the topics of these models that do not exist yet. */
    public static void create(Settings settings, Models models) throws InterruptedException {
        List<String> names = new ArrayList<>(List.of(HINTS, DEAD_LETTERS, rows(Truncates.MODEL)));
        models.tables().forEach(table -> names.add(changes(table)));
        models.all().stream().map(Model::name).forEach(model -> names.add(rows(model)));

        Map<String, String> config = Map.of(
                TopicConfig.RETENTION_MS_CONFIG, Long.toString(settings.olap().topicRetentionMillis()));
        try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, settings.kafka().brokers()))) {
            Set<String> existing = admin.listTopics().names().get();
            List<NewTopic> missing = names.stream()
                    .filter(name -> !existing.contains(name))
                    .map(name -> new NewTopic(name, Optional.of(settings.olap().topicPartitions()), Optional.empty())
                            .configs(config))
                    .toList();
            for (var created : admin.createTopics(missing).values().values()) {
                try {
                    created.get();
                } catch (ExecutionException e) {
                    if (!(e.getCause() instanceof TopicExistsException)) {
                        throw e;
                    }
                }
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException("The topics cannot be created at " + settings.kafka().brokers() + ": "
                    + e.getCause().getMessage(), e);
        }
    }
}

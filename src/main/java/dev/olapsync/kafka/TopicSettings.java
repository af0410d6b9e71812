package dev.olapsync.kafka;

import dev.olapsync.config.Settings;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.function.Predicate;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;

/**
 * The settings that topics must have, so that they keep their records until these have been read. Creation, {@code
 * check} and the health of the running pipeline use the same list.
 */
public final class TopicSettings {

    private static final String ANY = "-1";

    /**
     * A topic that may lose records, or refuse some.
     *
     * @param remedy a command
     */
    public record Wrong(String found, String remedy) {

        @Override
        public String toString() {
            return found + ": " + remedy;
        }
    }

    /**
     * A setting that topics must have.
     *
     * @param value a correct value
     * @param right whether another value is correct too
     * @param otherwise what happens with a wrong value
     */
    private record Rule(String setting, String value, Predicate<String> right, String otherwise) {

        static Rule exactly(String setting, String value, String otherwise) {
            return new Rule(setting, value, value::equals, otherwise);
        }

        static Rule atLeast(String setting, long value, String otherwise) {
            return new Rule(
                    setting,
                    Long.toString(value),
                    found -> found.equals(ANY) || value >= 0 && Long.parseLong(found) >= value,
                    otherwise);
        }

        Optional<Wrong> wrong(String topic, Config config) {
            // a broker without the setting does not do what a wrong value would allow
            return Optional.ofNullable(config.get(setting))
                    .map(ConfigEntry::value)
                    .filter(right.negate())
                    .map(found -> new Wrong(
                            "topic " + topic + " has " + setting + "=" + found + ", not " + value + ": " + otherwise,
                            "kafka-configs --alter --topic " + topic + " --add-config " + setting + "=" + value));
        }
    }

    private final Settings.Olap settings;
    private final Topics topics;

    public TopicSettings(Settings.Olap settings, Topics topics) {
        this.settings = settings;
        this.topics = topics;
    }

    private List<Rule> rules(String topic) {
        Rule elections = Rule.exactly(
                TopicConfig.UNCLEAN_LEADER_ELECTION_ENABLE_CONFIG,
                "false",
                "the broker may lose what it has acknowledged");
        if (topic.equals(topics.captured())) {
            return List.of(
                    elections,
                    Rule.exactly(
                            TopicConfig.CLEANUP_POLICY_CONFIG,
                            TopicConfig.CLEANUP_POLICY_COMPACT,
                            "its last record must never expire"));
        }
        List<Rule> rules = new ArrayList<>(List.of(
                Rule.exactly(
                        TopicConfig.CLEANUP_POLICY_CONFIG,
                        TopicConfig.CLEANUP_POLICY_DELETE,
                        "compaction takes records that were not read"),
                Rule.atLeast(
                        TopicConfig.MAX_MESSAGE_BYTES_CONFIG,
                        Topics.maxMessageBytes(),
                        "a larger row stops the pipeline")));
        if (!topic.equals(topics.deadLetters())) {
            rules.add(elections);
            rules.add(Rule.atLeast(
                    TopicConfig.RETENTION_MS_CONFIG, settings.topicRetentionMillis(), "what waits for longer is lost"));
            rules.add(Rule.exactly(TopicConfig.RETENTION_BYTES_CONFIG, ANY, "what waits beyond that is lost"));
        }
        return rules;
    }

    /** The settings with which a topic is created. */
    public Map<String, String> of(String topic) {
        Map<String, String> settings = new LinkedHashMap<>();
        rules(topic).forEach(rule -> settings.put(rule.setting(), rule.value()));
        // a cluster-wide setting need not be repeated, and some brokers do not support it
        settings.remove(TopicConfig.UNCLEAN_LEADER_ELECTION_ENABLE_CONFIG);
        if (!topic.equals(topics.captured())) {
            settings.put(TopicConfig.RETENTION_MS_CONFIG, Long.toString(this.settings.topicRetentionMillis()));
            // otherwise a record has the time of the clock of its producer, and may be deleted at once
            settings.put(TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, "LogAppendTime");
        }
        return settings;
    }

    /** The wrong settings of these existing topics. */
    public List<Wrong> wrong(Admin admin, Collection<String> names, int patienceMillis)
            throws ExecutionException, InterruptedException {
        List<ConfigResource> asked = names.stream()
                .map(name -> new ConfigResource(ConfigResource.Type.TOPIC, name))
                .toList();
        Map<ConfigResource, Config> configs = admin.describeConfigs(
                        asked, new DescribeConfigsOptions().timeoutMs(patienceMillis))
                .all()
                .get();
        return asked.stream()
                .flatMap(topic -> rules(topic.name()).stream()
                        .map(rule -> rule.wrong(topic.name(), configs.get(topic)))
                        .flatMap(Optional::stream))
                .toList();
    }
}

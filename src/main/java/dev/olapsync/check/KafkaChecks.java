package dev.olapsync.check;

import dev.olapsync.config.Settings;
import dev.olapsync.kafka.TopicOffsets;
import dev.olapsync.kafka.Topics;
import dev.olapsync.model.Models;
import dev.olapsync.pipeline.PipelineStage;
import dev.olapsync.pipeline.SharedGroups;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.Node;

/** Checks that the broker can be reached, and that its topics keep their records. */
public final class KafkaChecks {

    private static final Pattern ADDRESS = Pattern.compile("\\[?([^\\[\\]]+?)]?:(\\d{1,5})");

    private final Settings settings;
    private final Findings findings;

    public KafkaChecks(Settings settings, Findings findings) {
        this.settings = settings;
        this.findings = findings;
    }

    /** @param models empty if they could not be compiled: then the necessary topics are unknown */
    public void all(Optional<Models> models) throws InterruptedException {
        if (!listens()) {
            return;
        }
        try (Admin admin = Admin.create(settings.kafka()
                        .client(Map.of(
                                AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, Reachable.PATIENCE_MILLIS,
                                AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, Reachable.PATIENCE_MILLIS)));
                Topics topics = new Topics(settings);
                TopicOffsets offsets = new TopicOffsets(settings)) {
            if (brokers(admin.describeCluster().nodes().get())) {
                own(topics, offsets);
                if (models.isPresent()) {
                    topics(admin, topics, models.get());
                }
            }
        } catch (ExecutionException e) {
            notAnswered(e);
        }
    }

    /** Checks that no other pipeline uses the topics. */
    public void essential() throws InterruptedException {
        try (Topics topics = new Topics(settings);
                TopicOffsets offsets = TopicOffsets.atStart(settings)) {
            own(topics, offsets);
        } catch (ExecutionException e) {
            notAnswered(e);
        }
    }

    private void own(Topics topics, TopicOffsets offsets) throws ExecutionException, InterruptedException {
        topics.overlap().ifPresent(findings::misconfigured);
        SharedGroups.problem(PipelineStage.of(settings.olap().group(), topics), offsets)
                .ifPresent(findings::misconfigured);
    }

    private void notAnswered(ExecutionException e) {
        findings.fail(
                "the broker at " + settings.kafka().brokers() + " does not answer a question: "
                        + e.getCause().getMessage(),
                "kafka.brokers must be a Kafka or Redpanda broker's listener for kafka.security.protocol="
                        + settings.kafka().security().get("security.protocol")
                        + "; see TLS and logins in docs/operations.md.");
    }

    public boolean listens() {
        List<String> problems = new ArrayList<>();
        for (String broker : settings.kafka().brokers().split(",")) {
            Matcher address = ADDRESS.matcher(broker.trim());
            if (!address.matches() || Integer.parseInt(address.group(2)) > 65_535) {
                findings.misconfigured(
                        "kafka.brokers has '" + broker.trim() + "', which is no address",
                        "Set it to host:port, several separated by commas.");
                return false;
            }
            String host = address.group(1);
            int port = Integer.parseInt(address.group(2));
            Optional<String> problem = Reachable.problem(host, port);
            if (problem.isEmpty()) {
                return speaksKafka(broker.trim(), host, port);
            }
            problems.add(broker.trim() + ": " + problem.get());
        }
        findings.fail(
                "no broker at " + String.join("; ", problems), "Start it, or set kafka.brokers to where it listens.");
        return false;
    }

    private boolean speaksKafka(String broker, String host, int port) {
        String protocol = settings.kafka().security().get("security.protocol");
        Optional<String> problem = protocol.endsWith("SSL") ? Optional.empty() : BrokerProbe.problem(host, port);
        problem.ifPresent(text -> findings.misconfigured(
                "what listens at " + broker + " " + text,
                "Set kafka.brokers to a listener of a Kafka or Redpanda broker for kafka.security.protocol=" + protocol
                        + "; if it is one with TLS, set that to SSL or SASL_SSL."));
        return problem.isEmpty();
    }

    /** Clients connect to the addresses that the brokers return. */
    private boolean brokers(Collection<Node> nodes) {
        boolean reachable = true;
        for (Node node : nodes) {
            Optional<String> problem = Reachable.problem(node.host(), node.port());
            if (problem.isPresent()) {
                reachable = false;
                findings.fail(
                        "broker " + node.id() + " calls itself " + node.host() + ":" + node.port()
                                + ", which cannot be reached from here: " + problem.get(),
                        "Set advertised.listeners of the broker (Redpanda: advertised_kafka_api) to an address that can.");
            }
        }
        if (reachable) {
            findings.ok("broker at " + settings.kafka().brokers() + ", a cluster of " + nodes.size());
        }
        return reachable;
    }

    private void topics(Admin admin, Topics topics, Models models) throws ExecutionException, InterruptedException {
        List<String> needed = topics.names(models);
        Set<String> there = admin.listTopics().names().get();
        List<String> missing =
                needed.stream().filter(topic -> !there.contains(topic)).toList();
        List<String> existing = needed.stream().filter(there::contains).toList();
        if (!missing.isEmpty()) {
            creatable(admin, topics, missing);
        }
        if (!existing.isEmpty()) {
            findings.ok("topics: " + existing.size() + " of " + needed.size() + " exist");
            partitions(admin.describeTopics(existing).allTopicNames().get().values(), topics.captured());
            topics.topicSettings()
                    .wrong(admin, existing, Reachable.PATIENCE_MILLIS)
                    .forEach(wrong -> findings.fail(wrong.found(), wrong.remedy()));
        }
    }

    private void creatable(Admin admin, Topics topics, List<String> missing) throws InterruptedException {
        try {
            admin.createTopics(
                            missing.stream().map(topics::definition).toList(),
                            new CreateTopicsOptions().validateOnly(true))
                    .all()
                    .get();
            findings.ok("topics: " + missing.size() + " do not exist yet: run creates them, with "
                    + settings.olap().topicPartitions() + " partitions each");
        } catch (ExecutionException e) {
            findings.fail(
                    "topics cannot be created: " + e.getCause().getMessage(),
                    "Allow it (CREATE on the cluster or on the names), or create: " + String.join(", ", missing));
        }
    }

    private void partitions(Collection<TopicDescription> topics, String single) {
        for (TopicDescription topic : topics) {
            int partitions = topic.partitions().size();
            if (!topic.name().equals(single) && partitions < settings.olap().topicPartitions()) {
                findings.warn(
                        "topic " + topic.name() + " has " + partitions + " partitions, not olap.topic.partitions ("
                                + settings.olap().topicPartitions() + "): fewer consumers share the work",
                        "kafka-topics --alter --topic " + topic.name() + " --partitions "
                                + settings.olap().topicPartitions());
            }
        }
    }
}

package dev.olapsync.generations;

import dev.olapsync.config.Settings;
import dev.olapsync.kafka.TopicOffsets;
import dev.olapsync.model.Model;
import dev.olapsync.pipeline.Generations.Generation;
import dev.olapsync.pipeline.KafkaClients;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.pipeline.PipelineStage;
import dev.olapsync.pipeline.Processes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;

/** The processes beside this one that have members in the consumer groups, and what they announce to process. */
final class OtherProcesses {

    /** A process reads the registry once a second. */
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);

    private static final long PAUSE_MILLIS = 200;

    private final OlapSync olapSync;

    OtherProcesses(OlapSync olapSync) {
        this.olapSync = olapSync;
    }

    /** Every process that has a member of a group processes what is polled from now on for these models. */
    void requireProcessed(List<Model> models) throws NotYetException, InterruptedException {
        List<String> names = models.stream().map(Model::name).toList();
        long end = System.nanoTime() + LONGEST_WAIT.toNanos();
        Optional<Member> late = without(names);
        while (late.isPresent() && System.nanoTime() < end) {
            Thread.sleep(PAUSE_MILLIS);
            late = without(names);
        }
        if (late.isPresent()) {
            throw new NotYetException("Another process runs the route "
                    + late.get().route() + " (client id "
                    + late.get().clientId() + "), and does not process changes for " + String.join(", ", names)
                    + " yet. If it is of an older version, stop it until they are loaded; or: "
                    + Settings.Olap.reloadRemedy());
        }
    }

    /** Whether another process may still write rows of this generation. */
    boolean mayWrite(Generation generation) throws NotYetException, InterruptedException {
        Map<String, Set<String>> announced = new Processes(olapSync.clickHouse()).announced();
        return members().stream().anyMatch(member -> announced.getOrDefault(member.instance(), Set.of()).stream()
                .anyMatch(generation.names()::contains));
    }

    private Optional<Member> without(List<String> models) throws NotYetException, InterruptedException {
        Map<String, Set<String>> announced = new Processes(olapSync.clickHouse()).announced();
        return members().stream()
                .filter(member ->
                        !announced.getOrDefault(member.instance(), Set.of()).containsAll(models))
                .findFirst();
    }

    /** Of a consumer group, in another process. */
    private record Member(String route, String clientId) {

        String instance() {
            return KafkaClients.instance(clientId);
        }
    }

    private List<Member> members() throws NotYetException, InterruptedException {
        List<Member> members = new ArrayList<>();
        try (TopicOffsets offsets = new TopicOffsets(olapSync.settings())) {
            List<PipelineStage> stages = PipelineStage.of(olapSync);
            Map<String, List<String>> clients =
                    offsets.members(stages.stream().map(PipelineStage::group).collect(Collectors.toSet()));
            for (PipelineStage stage : stages) {
                clients.get(stage.group()).stream()
                        .map(clientId -> new Member(stage.route(), clientId))
                        .filter(member -> !member.instance().equals(olapSync.instance()))
                        .forEach(members::add);
            }
        } catch (ExecutionException e) {
            throw new NotYetException("The broker does not report the members of the consumer groups: "
                    + e.getCause().getMessage());
        }
        return members;
    }
}

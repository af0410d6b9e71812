package dev.olapsync.load;

import dev.olapsync.deadletter.DeadLetters;
import dev.olapsync.kafka.PolledRecord;
import dev.olapsync.kafka.Topics;
import dev.olapsync.model.VersionCutoffs;
import dev.olapsync.pipeline.Generations;
import dev.olapsync.pipeline.Generations.Generation;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.pipeline.RecordHeaders;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/** Sorts the output rows of a poll into one {@link RowBatch} for each model. */
public class RowBatches implements Processor {

    private enum Wanted {
        YES,
        /** Its generation was taken out. */
        NO_MORE,
        UNKNOWN
    }

    @Override
    public void process(Exchange exchange) throws Exception {
        OlapSync olapSync = OlapSync.of(exchange.getContext());
        Topics topics = olapSync.topics();
        List<Exchange> deadLetters = new ArrayList<>();
        Map<String, RowBatch> batches = new LinkedHashMap<>();
        Map<String, Wanted> wantedByModel = new HashMap<>();
        for (PolledRecord row : PolledRecord.of(exchange)) {
            String topic = row.topic();
            // Polled with the rest, because an endpoint's URI cannot have the ? of a regular expression that leaves it
            // out.
            if (topic.equals(topics.deadLetters())) {
                continue;
            }
            String model = topics.modelOf(topic);
            Wanted wanted = wantedByModel.get(model);
            if (wanted == null) {
                wanted = wanted(model, olapSync);
                wantedByModel.put(model, wanted);
            }
            if (wanted == Wanted.NO_MORE) {
                continue;
            }
            if (wanted == Wanted.UNKNOWN) {
                deadLetters.add(DeadLetters.ofRecord(
                        exchange.getContext(),
                        row.message(),
                        "the model " + model + " is not configured here; add it, then replay this dead letter"));
                continue;
            }
            byte[] commitMillis = row.header(RecordHeaders.COMMIT_MILLIS);
            byte[] key = row.key();
            byte[] json = row.value();
            if (json == null || commitMillis == null || commitMillis.length != Long.BYTES) {
                deadLetters.add(DeadLetters.ofRecord(
                        exchange.getContext(),
                        row.message(),
                        "not an output row: no value, or no header " + RecordHeaders.COMMIT_MILLIS));
                continue;
            }
            batches.computeIfAbsent(model, RowBatch::ofStream)
                    .add(new RowBatch.Row(
                            key, json, ByteBuffer.wrap(commitMillis).getLong(), row));
        }
        DeadLetters.send(exchange.getContext(), deadLetters);
        exchange.getMessage().setBody(new ArrayList<>(batches.values()));
    }

    private static Wanted wanted(String model, OlapSync olapSync) throws Exception {
        if (isTarget(model, olapSync)) {
            return Wanted.YES;
        }
        olapSync.ownEpoch().look();
        olapSync.ownEpoch().requireCurrent();
        olapSync.follow();
        if (isTarget(model, olapSync)) {
            return Wanted.YES;
        }
        Generations generations = Generations.of(olapSync);
        Optional<Generation> registered = generations.owner(model);
        if (registered.filter(generation -> !generations.isOver(generation)).isPresent()) {
            throw new IllegalStateException("The generation " + model + " is registered, but not compiled here yet");
        }
        return registered.isPresent() ? Wanted.NO_MORE : Wanted.UNKNOWN;
    }

    private static boolean isTarget(String model, OlapSync olapSync) throws Exception {
        return model.equals(VersionCutoffs.MODEL) || olapSync.models().targets().contains(model);
    }
}

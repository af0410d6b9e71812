package dev.olapsync.operate;

import dev.olapsync.DeadLetters;
import dev.olapsync.OlapSync;
import dev.olapsync.capture.Position;
import dev.olapsync.load.InitialLoad;
import dev.olapsync.load.Loads;
import dev.olapsync.load.PageRows;
import dev.olapsync.model.Model;
import dev.olapsync.model.Page;
import dev.olapsync.operate.Passage.StandstillException;
import dev.olapsync.schema.ClickHouseTables;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.producer.ProducerRecord;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Reads a whole model again while the pipeline runs. All rows get the position of a marker that was written into the log
 * before the first of them was read: what changes afterwards comes through the log with a greater one. When all are there,
 * a watermark of the same position hides the rows that are gone in Postgres. Until then nothing is hidden, so a run that
 * was broken off has harmed nothing.
 */
@Command(name = "resync", mixinStandardHelpOptions = true,
        description = "Reads a whole model again into ClickHouse, while the pipeline runs; after damage in ClickHouse.")
final class Resync implements Callable<Integer> {

    private static final int PAGE = 20_000;

    @Mixin
    private Configuration configuration;

    @Parameters(paramLabel = "MODEL")
    private String modelName;

    @Option(names = "--patience", paramLabel = "SECONDS", defaultValue = "60",
            description = "how long to wait for an answer of the pipeline, default: ${DEFAULT-VALUE}")
    private int patience;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        OlapSync olapSync = new OlapSync(configuration.settings());
        try (Passage passage = new Passage(olapSync)) {
            Optional<Model> model = olapSync.models().find(modelName);
            if (model.isEmpty()) {
                spec.commandLine().getErr().println("There is no model " + modelName + ", only " + olapSync.models().all());
                return 2;
            }
            Loads.of(olapSync).requireUnchanged(olapSync.models());
            Position position = passage.captured(Duration.ofSeconds(patience));
            new ClickHouseTables(olapSync.clickHouse()).ensure(olapSync.models());
            load(olapSync, model.get(), position);
            return 0;
        } catch (StandstillException e) {
            spec.commandLine().getErr().println("Nothing was read. " + e.getMessage());
            return 1;
        } finally {
            olapSync.stop();
        }
    }

    private void load(OlapSync olapSync, Model model, Position position) throws Exception {
        PrintWriter out = spec.commandLine().getOut();
        DeadLetterTopic letters = new DeadLetterTopic(olapSync.settings());
        long rows = 0;
        long lost = 0;
        try (Connection postgres = olapSync.postgres().getConnection()) {
            Progress progress = new Progress(out, model.name(), InitialLoad.count(postgres, model));
            List<String> last = List.of();
            Page page;
            do {
                page = Page.read(postgres, model, last, PAGE);
                PageRows ready = PageRows.of(page, position);
                letters.send(ready.lost().stream().map(row -> letter(olapSync, model, row, position)).toList());
                ready.insert(olapSync.clickHouse(), model);
                rows += ready.count();
                lost += ready.lost().size();
                last = page.lastKey(last);
                progress.add(page.rows().size());
            } while (page.rows().size() == PAGE);
            PageRows.hideOlder(olapSync.clickHouse(), model, position);
            progress.end();
            out.printf("%s: %,d rows read again in %.1f s%s%n", model.name(), rows, progress.seconds(),
                    lost == 0 ? "" : ", " + lost + " of them with values that ClickHouse cannot hold, see 'olap-sync dlq list'");
            out.flush();
        }
    }

    private static ProducerRecord<byte[], byte[]> letter(OlapSync olapSync, Model model, Page.Row row, Position position) {
        ProducerRecord<byte[], byte[]> letter = new ProducerRecord<>(olapSync.topics().deadLetters(), utf8(row.key()), utf8(row.json()));
        letter.headers().add(DeadLetters.ERROR, utf8(DeadLetters.loss(row.unheld(), row.refused())));
        letter.headers().add(DeadLetters.MODEL, utf8(model.name()));
        letter.headers().add(DeadLetters.POSITION, utf8(position.sequence()));
        return letter;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}

package dev.olapsync.check;

import dev.olapsync.backfill.PublishedTables;
import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.clickhouse.ClickHouse.ClickHouseException;
import dev.olapsync.config.Settings;
import dev.olapsync.kafka.KnownTopics;
import dev.olapsync.kafka.Topics;
import dev.olapsync.model.GenerationName;
import dev.olapsync.model.Model;
import dev.olapsync.model.ModelException;
import dev.olapsync.model.Models;
import dev.olapsync.pipeline.Generations;
import dev.olapsync.pipeline.Generations.Generation;
import dev.olapsync.pipeline.Generations.State;
import dev.olapsync.pipeline.KnownPublication;
import dev.olapsync.pipeline.Loads;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.pipeline.UnfitGenerations;
import dev.olapsync.tables.ClickHouseTables;
import dev.olapsync.tables.Epochs;
import java.net.MalformedURLException;
import java.net.URL;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Checks that ClickHouse can be reached and written, and that its existing tables fit the models. */
public final class ClickHouseChecks {

    private static final Logger LOG = LoggerFactory.getLogger(ClickHouseChecks.class);
    private static final int UNKNOWN_DATABASE = 81;
    private static final int SYNTAX_ERROR = 62;
    private static final List<Integer> NOT_LET_IN = List.of(192, 193, 194, 516);
    /** The first version whose ReplacingMergeTree has an is_deleted column. */
    private static final String OLDEST = "23.2";

    private static final String RIGHTS = "SELECT, INSERT, CREATE TABLE, CREATE VIEW, DROP VIEW";

    private final Settings settings;
    private final Settings.ClickHouse to;
    private final Findings findings;

    public ClickHouseChecks(Settings settings, Findings findings) {
        this.settings = settings;
        this.to = settings.clickHouse();
        this.findings = findings;
    }

    /**
     * @param models empty if they could not be compiled
     * @param postgres whose checks have run before
     */
    public void all(Optional<Models> models, PostgresChecks postgres) {
        if (!listens()) {
            return;
        }
        try (ClickHouse clickHouse = new ClickHouse(to)) {
            if (connected(clickHouse)) {
                new ClickHouseHostChecks(to, findings).all();
                rights(clickHouse);
                if (models.isPresent()) {
                    int epoch = epoch(clickHouse);
                    Models registered = registered(clickHouse, epoch, models.get(), findings::fail);
                    tables(clickHouse, registered);
                    loads(clickHouse, epoch, registered, postgres::slotMissing, postgres.published());
                }
            }
        } catch (ClickHouseException e) {
            findings.fail("ClickHouse at " + to.url() + " does not answer a question: " + e.getMessage());
        }
    }

    /**
     * Whether the loaded state can be continued.
     *
     * @param slotMissing whether Postgres has no slot for the loaded rows
     * @param published how the publication contains the tables of the models
     * @return the models of the generations that the epoch has
     */
    public Models essential(Models models, BooleanSupplier slotMissing, Map<String, String> published) {
        new ClickHouseHostChecks(to, findings).all();
        try (ClickHouse clickHouse = new ClickHouse(to)) {
            int epoch = epoch(clickHouse);
            Models registered = registered(clickHouse, epoch, models, findings::warn);
            tables(clickHouse, registered);
            loads(clickHouse, epoch, registered, slotMissing, published);
            return registered;
        } catch (ClickHouseException e) {
            findings.fail("ClickHouse at " + to.url() + " does not answer a question: " + e.getMessage());
            return models;
        }
    }

    /** Makes the first use of the client, which takes longest, before the checks, beside others. Reports nothing: they do. */
    public void prepare() {
        try (ClickHouse clickHouse = new ClickHouse(to)) {
            epoch(clickHouse);
        } catch (ClickHouseException e) {
            LOG.debug("ClickHouse does not answer yet", e);
        }
    }

    /** Whether at least one of the servers listens. */
    public boolean listens() {
        Map<String, String> silent = new LinkedHashMap<>();
        for (String server : to.urls()) {
            Optional<URL> url = url(server);
            if (url.isEmpty()) {
                return false;
            }
            problem(url.get()).ifPresent(reason -> silent.put(server, reason));
        }
        boolean none = silent.size() == to.urls().size();
        silent.forEach((server, reason) -> {
            if (none) {
                findings.fail(
                        "no ClickHouse at " + server + ": " + reason,
                        "Start it, or set clickhouse.url to its HTTP interface.");
            } else {
                findings.warn("no ClickHouse at " + server + ": " + reason
                        + ". The other servers of clickhouse.url are used");
            }
        });
        return !none;
    }

    private Optional<URL> url(String server) {
        try {
            return Optional.of(new URL(server));
        } catch (MalformedURLException e) {
            findings.misconfigured(
                    "clickhouse.url is '" + server + "', which is no URL: " + e.getMessage(),
                    "Set it to ClickHouse's HTTP interface, for example http://localhost:8123.");
            return Optional.empty();
        }
    }

    private static Optional<String> problem(URL url) {
        return Reachable.problem(url.getHost(), url.getPort() < 0 ? url.getDefaultPort() : url.getPort());
    }

    private boolean connected(ClickHouse clickHouse) {
        String version;
        try {
            version = clickHouse
                    .query("SELECT version() AS version", Map.of())
                    .get(0)
                    .getString("version");
        } catch (ClickHouseException e) {
            notConnected(e);
            return false;
        }
        if (number(version) < number(OLDEST)) {
            findings.fail("ClickHouse " + version + " is too old", "olap-sync needs " + OLDEST + " or newer.");
        } else {
            findings.ok("ClickHouse " + version + " at " + to.url() + ", database " + to.database() + ", user "
                    + to.user());
        }
        return true;
    }

    private static int number(String version) {
        String[] parts = version.split("\\.");
        return 1000 * Integer.parseInt(parts[0]) + Integer.parseInt(parts[1]);
    }

    private void notConnected(ClickHouseException e) {
        int code = e.code();
        if (code == UNKNOWN_DATABASE) {
            findings.fail(
                    "ClickHouse at " + to.url() + " has no database " + to.database(),
                    "CREATE DATABASE " + ClickHouse.identifier(to.database()) + "; or set clickhouse.database.");
        } else if (NOT_LET_IN.contains(code)) {
            findings.fail(
                    "ClickHouse at " + to.url() + " does not let user " + to.user()
                            + " in: wrong password, or no such user",
                    "Set clickhouse.user and clickhouse.password.");
        } else if (e.isAboutSettings()) {
            findings.fail("ClickHouse at " + to.url() + ", user " + to.user() + ": " + e.getMessage());
        } else {
            findings.fail(
                    "ClickHouse at " + to.url() + ": " + e.getMessage(),
                    "clickhouse.url must be ClickHouse's HTTP interface (port 8123 or, with TLS, 8443).");
        }
    }

    private void rights(ClickHouse clickHouse) {
        String on = RIGHTS + " ON " + ClickHouse.identifier(to.database()) + ".*";
        try {
            if (clickHouse.query("CHECK GRANT " + on, Map.of()).get(0).getInteger(1) == 1) {
                findings.ok("user " + to.user() + " has the rights to " + RIGHTS);
                if (!to.cluster().isEmpty()) {
                    rightToCluster(clickHouse);
                }
                rightToRemove(clickHouse, "DROP TABLE", "the tables of superseded generations stay");
                if (!settings.olap().tombstonesKeep().isNegative()) {
                    rightToRemove(
                            clickHouse,
                            "ALTER DELETE, ALTER CONSTRAINT",
                            "tombstones, the rows of deleted keys, stay in the tables");
                }
            } else {
                findings.fail(
                        "user " + to.user() + " lacks some of the rights to " + RIGHTS,
                        "GRANT " + on + " TO " + ClickHouse.identifier(to.user()) + ";");
            }
        } catch (ClickHouseException e) {
            if (e.code() != SYNTAX_ERROR) {
                throw e;
            }
            findings.warn(
                    "the rights of user " + to.user() + " are not known: this ClickHouse has no CHECK GRANT",
                    "SHOW GRANTS must show " + RIGHTS + ".");
        }
    }

    private void rightToRemove(ClickHouse clickHouse, String rights, String consequence) {
        String on = rights + " ON " + ClickHouse.identifier(to.database()) + ".*";
        if (clickHouse.query("CHECK GRANT " + on, Map.of()).get(0).getInteger(1) != 1) {
            findings.warn(
                    "user " + to.user() + " lacks the right to " + rights + ": " + consequence,
                    "GRANT " + on + " TO " + ClickHouse.identifier(to.user()) + ";");
        }
    }

    private void rightToCluster(ClickHouse clickHouse) {
        if (clickHouse.query("CHECK GRANT CLUSTER ON *.*", Map.of()).get(0).getInteger(1) != 1) {
            findings.fail(
                    "user " + to.user() + " lacks the right to run statements ON CLUSTER",
                    "GRANT CLUSTER ON *.* TO " + ClickHouse.identifier(to.user()) + ";");
        }
    }

    /**
     * For a model in the registry of generations, the SELECT in the registry is in effect, not that of the file.
     *
     * @param unfit reports a generation that does not fit the database any more, which holds up no other model
     */
    private Models registered(ClickHouse clickHouse, int epoch, Models models, Consumer<String> unfit) {
        List<Generation> generations = new Generations(clickHouse, epoch).all();
        if (generations.isEmpty()) {
            return models;
        }
        List<Generation> ofEpoch = generations.stream()
                .filter(generation -> generation.epoch() == epoch)
                .toList();
        for (Generation generation : Generations.shownOfEach(ofEpoch)) {
            models.ofGeneration(generation.model()).stream()
                    .map(models::content)
                    .filter(content -> !Models.isSameSelect(content, generation.content()))
                    .findFirst()
                    .ifPresent(content -> findings.warn("the file of " + generation.model()
                            + " has another SELECT than generation " + generation.number() + ", which readers see: "
                            + "run builds the next one beside it"));
            if (generation.state() == State.FROZEN) {
                unfit.accept(generation.frozen(settings.olap().schemaChanges()));
            }
        }
        OlapSync olapSync = new OlapSync(settings, models);
        try {
            Map<String, String> causes = new UnfitGenerations(olapSync).causes();
            causes.forEach((name, cause) -> unfit.accept("the SELECT of " + GenerationName.model(name) + ", generation "
                    + GenerationName.number(name) + ", does not fit the database any more: " + cause
                    + ". When the pipeline runs, it takes this generation out and builds the next one from the file"));
            return olapSync.models().without(causes.keySet());
        } catch (SQLException | ModelException e) {
            findings.fail("the models that have been loaded do not fit Postgres any more: " + e.getMessage());
            return models;
        } finally {
            olapSync.stop();
        }
    }

    private int epoch(ClickHouse clickHouse) {
        return Math.max(settings.olap().leastEpoch(), new Epochs(clickHouse).latest());
    }

    private void tables(ClickHouse clickHouse, Models models) {
        List<String> mismatches = new ClickHouseTables(clickHouse).mismatches(models);
        mismatches.forEach(mismatch -> findings.fail(mismatch));
        if (mismatches.isEmpty()) {
            findings.ok("tables: those that exist fit their models, run creates the others");
        }
    }

    private void loads(
            ClickHouse clickHouse,
            int epoch,
            Models models,
            BooleanSupplier slotMissing,
            Map<String, String> published) {
        Loads loads = new Loads(clickHouse, epoch);
        Optional<String> outdated = loads.outdated(models);
        if (outdated.isPresent()) {
            findings.misconfigured(outdated.get());
            return;
        }
        new KnownTopics(clickHouse, () -> epoch)
                .shared(Topics.captured(settings.olap()))
                .ifPresent(findings::misconfigured);
        if (loads.all().isEmpty()) {
            findings.ok("initial load: nothing has been loaded in epoch " + epoch + " yet");
            return;
        }
        Optional<String> changed = loads.changed(models);
        changed.ifPresentOrElse(
                problem -> findings.misconfigured(problem),
                () -> findings.ok("initial load: the models are those that have been loaded in epoch " + epoch));
        KnownPublication known = new KnownPublication(clickHouse, epoch);
        List<Model> begun = loads.begun(models);
        PublishedTables.altered(known, PublishedTables.tables(begun), published)
                .ifPresent(altered -> findings.fail(altered, loads.reloadRemedy()));
        new ClickHouseTables(clickHouse).lost(begun).ifPresent(lost -> findings.fail(lost));
        if (slotMissing.getAsBoolean()) {
            findings.fail(
                    "rows have been loaded, but their replication slot is gone, and with it the changes since",
                    loads.reloadRemedy());
        }
    }
}

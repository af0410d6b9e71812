package dev.olapsync.backfill;

import dev.olapsync.model.Model;
import dev.olapsync.model.Models;
import dev.olapsync.model.Publishable;
import dev.olapsync.pipeline.KnownPublication;
import dev.olapsync.pipeline.Loads;
import dev.olapsync.pipeline.OlapSync;
import dev.olapsync.postgres.PostgresSession;
import dev.olapsync.postgres.Publication;
import dev.olapsync.postgres.PublicationGaps;
import dev.olapsync.postgres.PublicationGaps.Gap;
import dev.olapsync.postgres.TableName;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Checks that all changes of the tables of the models are in the log, and have been since the tables were loaded. */
public final class PublishedTables {

    private final Publication publication;
    private final PublicationGaps gaps;
    private final KnownPublication known;
    private final Loads loads;

    public PublishedTables(OlapSync olapSync) {
        String name = olapSync.settings().postgres().publication();
        int epoch = olapSync.epoch();
        this.publication = new Publication(name);
        this.gaps = new PublicationGaps(name);
        this.known = new KnownPublication(olapSync.clickHouse(), epoch);
        this.loads = new Loads(olapSync.clickHouse(), epoch);
    }

    /** Why changes are missing, or why Postgres would refuse them, and what to do; empty if there is no problem. */
    public Optional<String> problem(Connection postgres, Models models) throws SQLException {
        Set<TableName> loaded = tables(loads.begun(models));
        SortedSet<TableName> missing = publication.missingTables(postgres, loaded);
        if (!missing.isEmpty()) {
            return Optional.of(publication.lost(missing) + loads.reloadRemedy());
        }
        for (TableName table : models.tables()) {
            Optional<String> refusal = Publishable.refusal(postgres, table);
            if (refusal.isPresent()) {
                return refusal;
            }
        }
        List<Gap> found = gaps.find(postgres, models.tables());
        if (!found.isEmpty()) {
            return Optional.of(found.stream().map(Gap::toString).collect(Collectors.joining(" "))
                    + (loaded.isEmpty() ? "" : " " + loads.reloadRemedy()));
        }
        return altered(known, loaded, gaps.marks(postgres, loaded))
                .map(altered -> altered + " " + loads.reloadRemedy());
    }

    /**
     * @param loaded tables of models whose load has begun
     * @param marks of {@link PublicationGaps#marks}, also of other tables
     */
    public static Optional<String> altered(
            KnownPublication known, Collection<TableName> loaded, Map<String, String> marks) {
        Set<String> altered = known.changed(marks);
        altered.retainAll(loaded.stream().map(TableName::toString).toList());
        return altered.isEmpty()
                ? Optional.empty()
                : Optional.of("The publication was altered since it was first used, as far as it" + " concerns "
                        + String.join(", ", altered) + ": changes may be missing in the log.");
    }

    public static Set<TableName> tables(Collection<Model> models) {
        return models.stream().flatMap(model -> model.tables().stream()).collect(Collectors.toCollection(TreeSet::new));
    }

    /**
     * Publishes all tables. To be called before any of them is read.
     *
     * @throws IllegalStateException if there is a {@link #problem}
     */
    public void ensure(Connection postgres, Models models) throws SQLException {
        PostgresSession.requireSupported(postgres);
        problem(postgres, models).ifPresent(problem -> {
            throw new IllegalStateException(problem);
        });
        publication.ensure(postgres, models.tables());
        known.remember(gaps.marks(postgres, models.tables()));
    }
}

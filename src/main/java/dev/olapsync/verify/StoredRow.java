package dev.olapsync.verify;

import com.clickhouse.client.api.query.GenericRecord;
import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.model.Model;
import dev.olapsync.model.VersionCutoffs;
import dev.olapsync.postgres.Position;
import dev.olapsync.tables.ClickHouseTables;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The stored versions of a key in ClickHouse.
 *
 * @param versions all versions that no merge has removed yet, the greatest first
 * @param cutoff the version below which no row of the model counts
 */
record StoredRow(List<Version> versions, BigInteger cutoff) {

    private static final int MAX_VERSIONS = 20;

    record Version(BigInteger number, boolean deleted) {

        /** The position from which the version was made; empty if it is no position, because no pipeline wrote it. */
        Optional<Position> position() {
            try {
                return Optional.of(Position.ofVersion(number));
            } catch (ArithmeticException | IllegalArgumentException e) {
                return Optional.empty();
            }
        }
    }

    static StoredRow read(ClickHouse clickHouse, Model model, List<String> key) {
        List<Version> versions = new ArrayList<>();
        for (GenericRecord row : clickHouse.query(
                "SELECT toString(_version) AS number, max(_deleted) AS deleted FROM "
                        + ClickHouse.identifier(ClickHouseTables.storage(model.name())) + " WHERE "
                        + ClickHouseRows.isOneOf(model, List.of(key))
                        + " GROUP BY _version ORDER BY _version DESC LIMIT "
                        + MAX_VERSIONS,
                Map.of())) {
            versions.add(new Version(new BigInteger(row.getString("number")), row.getInteger("deleted") == 1));
        }
        String cutoff = clickHouse
                .query(
                        "SELECT toString(max(_version)) AS cutoff FROM "
                                + ClickHouse.identifier(ClickHouseTables.storage(VersionCutoffs.MODEL))
                                + " WHERE model = {model:String}",
                        Map.of("model", model.name()))
                .get(0)
                .getString("cutoff");
        return new StoredRow(versions, new BigInteger(cutoff));
    }

    /** The version that counts; empty when there is none. */
    private Optional<Version> greatest() {
        return versions.stream().findFirst();
    }

    private boolean hidden() {
        return greatest()
                .filter(version -> version.number().compareTo(cutoff) < 0)
                .isPresent();
    }

    /**
     * Why the row differs although everything that was committed has gone through the pipeline, in words.
     *
     * @param reached the position of the log
     */
    String causeOfDifference(Position reached) {
        if (greatest().isEmpty()) {
            return "ClickHouse has nothing of the row, and nothing is on its way: the row was deleted there by hand, or it was"
                    + " not written; a dead letter would say why.";
        }
        Version greatest = greatest().get();
        if (greatest.position().isEmpty() || greatest.number().compareTo(reached.version()) > 0) {
            return "Its version in ClickHouse is ahead of the log, so it was written by hand (or with a greater epoch), and"
                    + " nothing that comes from the log can win.";
        }
        if (hidden()) {
            return "Its version is below the version cut-off of a TRUNCATE, a resync or an epoch, so it is hidden; it should"
                    + " have been read again after that. A dead letter would say why it was not.";
        }
        return "Nothing is on its way, and the version is not ahead of the log: the row was changed in ClickHouse by hand, or"
                + " a change was lost or could not be written; a dead letter would say why.";
    }

    /**
     * One line for each version, the version that counts first.
     *
     * @param origins where versions come from, in words
     */
    List<String> lines(Map<BigInteger, String> origins) {
        return versions.stream()
                .map(version -> version.position()
                                .map(Position::toString)
                                .orElse("version " + version.number() + ", which is no position")
                        + (version.deleted() ? ", deleted" : "")
                        + (version.number().compareTo(cutoff) < 0 ? ", hidden by a version cut-off" : "")
                        + (origins.containsKey(version.number()) ? "; " + origins.get(version.number()) : ""))
                .toList();
    }
}

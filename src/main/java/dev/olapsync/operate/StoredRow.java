package dev.olapsync.operate;

import com.clickhouse.client.api.query.GenericRecord;
import dev.olapsync.ClickHouse;
import dev.olapsync.capture.Position;
import dev.olapsync.model.Model;
import dev.olapsync.schema.ClickHouseTables;
import dev.olapsync.schema.Truncates;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What ClickHouse stores of a key.
 *
 * @param versions all that no merge has taken away yet, the greatest first
 * @param watermark the version below which no row of the model counts
 */
record StoredRow(List<Version> versions, BigInteger watermark) {

    private static final int MOST_VERSIONS = 20;

    record Version(BigInteger number, boolean deleted) {

        /** The position that the version was made of; empty when it is none, because no pipeline wrote it. */
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
        for (GenericRecord row : clickHouse.query("SELECT toString(_version) AS number, max(_deleted) AS deleted FROM "
                + ClickHouse.identifier(ClickHouseTables.storage(model.name())) + " WHERE "
                + ClickHouseRows.isOneOf(model, List.of(key)) + " GROUP BY _version ORDER BY _version DESC LIMIT "
                + MOST_VERSIONS, Map.of())) {
            versions.add(new Version(new BigInteger(row.getString("number")), row.getInteger("deleted") == 1));
        }
        String watermark = clickHouse.query("SELECT toString(max(_version)) AS watermark FROM "
                + ClickHouse.identifier(ClickHouseTables.storage(Truncates.MODEL)) + " WHERE model = {model:String}",
                Map.of("model", model.name())).get(0).getString("watermark");
        return new StoredRow(versions, new BigInteger(watermark));
    }

    /** The version that counts; empty when there is none. */
    Optional<Version> greatest() {
        return versions.stream().findFirst();
    }

    boolean hidden() {
        return greatest().filter(version -> version.number().compareTo(watermark) < 0).isPresent();
    }

    /** One line for each version, the one that counts first. */
    List<String> lines() {
        return versions.stream().map(version -> version.position().map(Position::toString)
                .orElse("version " + version.number() + ", which is no position")
                + (version.deleted() ? ", deleted" : "")
                + (version.number().compareTo(watermark) < 0 ? ", hidden by a watermark" : "")).toList();
    }
}

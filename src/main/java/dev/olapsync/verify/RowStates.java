package dev.olapsync.verify;

import dev.olapsync.clickhouse.ClickHouse;
import dev.olapsync.model.Model;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * The states that {@link DifferenceConfirmation} compares: for each differing row its version, and digests of both
 * contents.
 */
final class RowStates {

    private final ClickHouse clickHouse;
    private final Verifier verifier;

    RowStates(ClickHouse clickHouse, Verifier verifier) {
        this.clickHouse = clickHouse;
        this.verifier = verifier;
    }

    /** The states of the rows with these keys that differ. */
    Map<List<String>, String> of(Model model, List<List<String>> keys) throws SQLException, IOException {
        Map<List<String>, String> versions = versions(model, keys);
        Map<List<String>, String> states = new HashMap<>();
        verifier.compare(model, keys, (inPostgres, inClickHouse, difference) -> {
            if (difference != null) {
                states.put(
                        difference.key(),
                        versions.get(difference.key()) + " " + digest(inPostgres) + " " + digest(inClickHouse));
            }
        });
        return states;
    }

    /** The greatest version of each of these keys; a key that ClickHouse never had is missing. */
    Map<List<String>, String> versions(Model model, List<List<String>> keys) throws IOException {
        Map<List<String>, String> versions = new HashMap<>();
        try (ClickHouseRows rows = ClickHouseRows.versions(clickHouse, model, keys)) {
            for (List<String> row = rows.next(); row != null; row = rows.next()) {
                List<String> key = new ArrayList<>();
                for (int i = 0; i < model.key().size(); i++) {
                    key.add(SameValue.canonical(model.key().get(i), row.get(i)));
                }
                versions.put(key, row.get(row.size() - 1));
            }
        }
        return versions;
    }

    private static String digest(List<String> row) {
        if (row == null) {
            return "none";
        }
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (String value : row) {
                byte[] bytes = value == null ? new byte[0] : value.getBytes(StandardCharsets.UTF_8);
                digest.update((value == null ? "N" : bytes.length + ":").getBytes(StandardCharsets.UTF_8));
                digest.update(bytes);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}

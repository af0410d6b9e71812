package dev.olapsync.load;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The oracle is Jackson's reader. */
class CompactRowsTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int ROWS = 2_000;
    private static final String CHARACTERS = "ab:,\"\\{}[] \n\t\u0001 äЖ\ud83d\ude00";
    private static final List<String> NAMES = List.of("id", "Order \"x\" \\ Ж", "a,b", "list", "_version", "_deleted");

    private static final CompactRows LAYOUT = new CompactRows(absent());

    private static Map<String, String> absent() {
        Map<String, String> absent = new LinkedHashMap<>();
        NAMES.forEach(name -> absent.put(name, "\"none of " + NAMES.indexOf(name) + "\""));
        return absent;
    }

    @Test
    void aRowHasTheSameValuesWithoutTheirNames() throws IOException {
        long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("CompactRowsTest: -Dseed=" + seed);
        Random random = new Random(seed);
        List<byte[]> rows = new ArrayList<>();
        List<ArrayNode> expected = new ArrayList<>();
        for (int i = 0; i < ROWS; i++) {
            boolean deleted = random.nextInt(3) == 0;
            ObjectNode row = JSON.createObjectNode();
            ArrayNode values = JSON.createArrayNode();
            for (String name : NAMES) {
                if (deleted && !name.startsWith("_") && random.nextBoolean()) {
                    values.add("none of " + NAMES.indexOf(name));
                } else {
                    JsonNode value = name.equals("_deleted")
                            ? JsonNodeFactory.instance.numberNode(deleted ? 1 : 0)
                            : name.equals("_version") ? JsonNodeFactory.instance.numberNode(i) : value(random, 2);
                    row.set(name, value);
                    values.add(value);
                }
            }
            rows.add(JSON.writeValueAsBytes(row));
            expected.add(values);
        }
        assertThat(read(LAYOUT.of(rows, 1).orElseThrow())).as("of seed " + seed).isEqualTo(expected);
    }

    private static JsonNode value(Random random, int depth) {
        JsonNodeFactory nodes = JsonNodeFactory.instance;
        return switch (random.nextInt(depth > 0 ? 7 : 5)) {
            case 0 -> nodes.nullNode();
            case 1 -> nodes.booleanNode(random.nextBoolean());
            case 2 -> nodes.numberNode(random.nextInt());
            case 3, 4 -> nodes.textNode(text(random));
            case 5 -> nodes.objectNode().set(text(random), value(random, depth - 1));
            default -> nodes.arrayNode().add(value(random, depth - 1)).add(value(random, depth - 1));
        };
    }

    private static String text(Random random) {
        int[] characters = CHARACTERS.codePoints().toArray();
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(8); i > 0; i--) {
            text.appendCodePoint(characters[random.nextInt(characters.length)]);
        }
        return text.toString();
    }

    private static List<ArrayNode> read(InputStream lines) throws IOException {
        List<ArrayNode> read = new ArrayList<>();
        for (String line : new String(lines.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
            read.add((ArrayNode) JSON.readTree(line));
        }
        return read;
    }

    @Test
    void whatIsWrittenOtherwiseIsLeftToClickHouse() {
        Map<String, String> columns = new LinkedHashMap<>();
        columns.put("a", "null");
        columns.put("_deleted", "0");
        CompactRows layout = new CompactRows(columns);
        assertThat(compact(layout, "{\"a\":1,\"_deleted\":0}")).contains("[1,0]\n");
        assertThat(compact(layout, "{\"_deleted\":1}")).contains("[null,1]\n");
        for (String other : List.of(
                "",
                "{",
                "{}",
                "[]",
                "null",
                "{\"a\":1}",
                "{\"_deleted\":0}",
                "{\"_deleted\":1,\"a\":1}",
                "{\"_deleted\":0,\"a\":1}",
                "{\"a\":1,\"b\":2,\"_deleted\":0}",
                "{\"a\":1,\"_deleted\":0,\"b\":2}",
                "{\"a\":1,\"a\":2,\"_deleted\":0}",
                "{ \"a\":1,\"_deleted\":0}",
                "{\"a\":1, \"_deleted\":0}",
                "{\"a\":1,\"_deleted\":0}\n",
                "{\"a\":1,\"_deleted\":0}{\"a\":2,\"_deleted\":0}",
                "{\"A\":1,\"_deleted\":0}",
                "[\"a\":1,\"_deleted\":0}",
                "{\"a\":{\"_deleted\":1}}")) {
            assertThat(compact(layout, other)).as(other).isEmpty();
        }
        String whole = "{\"a\":[\"}],\\\"\",{\"_deleted\":1}],\"_deleted\":1}";
        assertThat(compact(layout, whole)).contains("[[\"}],\\\"\",{\"_deleted\":1}],1]\n");
        for (int length = 0; length < whole.length(); length++) {
            assertThat(compact(layout, whole.substring(0, length)))
                    .as(whole.substring(0, length))
                    .isEmpty();
        }
    }

    @Test
    void wideRowsKeepTheirNames() {
        CompactRows layout = new CompactRows(Map.of("a", "null"));
        RowBatch batch = RowBatch.ofInitialLoad("m");
        batch.add("1", "{\"a\":1}".getBytes(StandardCharsets.UTF_8));
        assertThat(batch.compact(layout)).isPresent();
        batch.add("2", ("{\"a\":\"" + "x".repeat(10_000) + "\"}").getBytes(StandardCharsets.UTF_8));
        assertThat(batch.compact(layout)).isEmpty();
    }

    private static Optional<String> compact(CompactRows layout, String row) {
        return layout.of(List.of(row.getBytes(StandardCharsets.UTF_8)), row.length())
                .map(lines -> {
                    try {
                        return new String(lines.readAllBytes(), StandardCharsets.UTF_8);
                    } catch (IOException e) {
                        throw new IllegalStateException(e);
                    }
                });
    }
}

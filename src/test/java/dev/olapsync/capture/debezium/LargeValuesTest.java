package dev.olapsync.capture.debezium;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Messages as pgoutput writes them. */
class LargeValuesTest {

    private static final int OID = 16_400;
    private static final int LIMIT = 2048;
    private static final String LARGE = "x".repeat(LIMIT + 1);

    private interface Content {
        void write(DataOutputStream message) throws IOException;
    }

    private static ByteBuffer message(Content content) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            content.write(new DataOutputStream(bytes));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return ByteBuffer.wrap(bytes.toByteArray());
    }

    private static void string(DataOutputStream message, String text) throws IOException {
        message.write(text.getBytes(StandardCharsets.UTF_8));
        message.write(0);
    }

    private static RelationMessage relation(char identity, String key, String... others) {
        return RelationMessage.read(message(to -> {
            to.write('R');
            to.writeInt(OID);
            string(to, "söme");
            string(to, "fïles");
            to.write(identity);
            to.writeShort(1 + others.length);
            for (int i = 0; i <= others.length; i++) {
                to.write(i == 0 || identity == 'f' ? 1 : 0);
                string(to, i == 0 ? key : others[i - 1]);
                to.writeInt(25);
                to.writeInt(-1);
            }
        }));
    }

    /** @param rows each after its dead letter; null for a value that is NULL */
    private static ByteBuffer change(char kind, Object... rows) {
        return message(to -> {
            to.write(kind);
            to.writeInt(OID);
            for (Object part : rows) {
                if (part instanceof Character deadLetter) {
                    to.write(deadLetter);
                    continue;
                }
                String[] row = (String[]) part;
                to.writeShort(row.length);
                for (String value : row) {
                    to.write(value == null ? 'n' : 't');
                    if (value != null) {
                        to.writeInt(value.length());
                        to.write(value.getBytes(StandardCharsets.UTF_8));
                    }
                }
            }
        });
    }

    /** Each value of each row; of those that are left out a question mark. */
    private static List<String> values(ByteBuffer message) {
        List<String> values = new ArrayList<>();
        message.position(message.position() + 5);
        while (message.hasRemaining()) {
            values.add(String.valueOf((char) message.get()));
            short columns = message.getShort();
            for (int i = 0; i < columns; i++) {
                char kind = (char) message.get();
                if (kind == 't') {
                    byte[] value = new byte[message.getInt()];
                    message.get(value);
                    values.add(new String(value, StandardCharsets.UTF_8));
                } else {
                    values.add(kind == 'u' ? "?" : "NULL");
                }
            }
        }
        return values;
    }

    private static List<String> read(RelationMessage relation, Optional<Set<String>> needed, ByteBuffer change) {
        return values(LargeValues.of(relation, List.of("id"), needed, LIMIT).leaveOut(change));
    }

    private static String[] row(String... values) {
        return values;
    }

    @Test
    void namesAreUtf8() {
        RelationMessage relation = relation('d', "schlüssel", "größe");
        assertThat(relation.schema() + "." + relation.table()).isEqualTo("söme.fïles");
        assertThat(relation.columns()).extracting(RelationMessage.Column::name).containsExactly("schlüssel", "größe");
        assertThat(relation.columns())
                .extracting(RelationMessage.Column::ofIdentity)
                .containsExactly(true, false);
    }

    @Test
    void largeValuesThatNobodyNeedsAreLeftOut() {
        RelationMessage relation = relation('d', "id", "content", "note");
        assertThat(read(relation, Optional.empty(), change('I', 'N', row(LARGE, LARGE, null))))
                .containsExactly("N", LARGE, "?", "NULL");
        assertThat(read(relation, Optional.of(Set.of("content")), change('I', 'N', row("1", LARGE, LARGE))))
                .containsExactly("N", "1", LARGE, "?");
    }

    @Test
    void ofBothRows() {
        RelationMessage relation = relation('f', "id", "content", "note");
        ByteBuffer change = change('U', 'O', row("1", "small", "n"), 'N', row("1", LARGE, "m"));
        assertThat(read(relation, Optional.of(Set.of()), change))
                .containsExactly("O", "1", "?", "n", "N", "1", "?", "m");
    }

    @Test
    void aFullReplicaIdentityIsLeftAsItIsWhileTheModelsAreNotKnown() {
        ByteBuffer change = change('I', 'N', row("1", LARGE, "n"));
        assertThat(read(relation('f', "id", "content", "note"), Optional.empty(), change))
                .containsExactly("N", "1", LARGE, "n");
    }

    @Test
    void whatIsSmallIsNotTouched() {
        ByteBuffer change = change('I', 'N', row("1", "x".repeat(1000), "n"));
        assertThat(LargeValues.of(relation('d', "id", "content", "note"), List.of("id"), Optional.empty(), LIMIT)
                        .leaveOut(change))
                .isSameAs(change);
    }
}

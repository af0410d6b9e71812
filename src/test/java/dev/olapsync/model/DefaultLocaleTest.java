package dev.olapsync.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** Models are read and rows are looked up alike where digits and dead letters are others: in Arabic, and in Turkish. */
@Isolated
class DefaultLocaleTest {

    private final Locale before = Locale.getDefault();

    @TempDir
    private Path folder;

    private Connection postgres;

    @BeforeEach
    void create() throws Exception {
        postgres = TestDatabase.create("locales");
        TestDatabase.execute(
                postgres,
                "CREATE TABLE ITEM (ID date PRIMARY KEY, Price numeric(5,2)); INSERT INTO item VALUES ('2044-03-15', 1.5)");
        TestDatabase.write(folder, "items", "SELECT ID, price * 2 AS price FROM ITEM");
    }

    @AfterEach
    void close() throws Exception {
        Locale.setDefault(before);
        postgres.close();
    }

    @Test
    void everythingIsAsInEnglish() throws Exception {
        for (String locale : List.of("ar-EG-u-nu-arab", "tr-TR", "fa-IR")) {
            Locale.setDefault(Locale.forLanguageTag(locale));
            Model model = Models.load(folder, postgres).all().get(0);
            String key = model.lookUps().get(0).key().get(0).text(JsonNodeFactory.instance.textNode("2044-03-15Z"));
            assertThat(LookUps.run(postgres, model.lookUps().get(0), key))
                    .extracting(LookUps.Row::json)
                    .isEqualTo(LookUps.oracle(postgres, model));
            assertThat(LookUps.pages(postgres, model, 5)).hasSize(1);
        }
    }
}

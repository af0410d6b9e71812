package dev.olapsync.capture.debezium;

import static org.assertj.core.api.Assertions.assertThat;

import io.debezium.util.Strings;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class AliasTest {

    @Test
    void eachColumnHasAnotherNameInLowerCaseAndGetsItsOwnOneBack() {
        List<String> names = List.of("name", "Name", "NAME", "'id'", "\"id\"", "id", "\uE000name", "größe", "it's");
        Alias alias = new Alias();
        List<String> aliases = names.stream().map(alias::ofColumn).toList();
        assertThat(aliases).map(Alias::name).isEqualTo(names);
        assertThat(aliases).map(Strings::unquoteIdentifierPart).isEqualTo(aliases);
        assertThat(aliases).map(name -> name.toLowerCase(Locale.ROOT)).doesNotHaveDuplicates();
        assertThat(aliases).contains("name", "id", "größe", "it's");
    }

    @Test
    void allSchemasMatchThePattern() {
        for (String name : List.of("public", "", "a.b", "'x'", "\uE000")) {
            assertThat(Alias.ofSchema(name)).matches(Alias.SCHEMAS);
            assertThat(Alias.name(Alias.ofSchema(name))).isEqualTo(name);
        }
        assertThat("public").doesNotMatch(Alias.SCHEMAS);
    }
}

package dev.olapsync.model;

import dev.olapsync.postgres.TableName;
import java.util.List;

/** The places in the text of a model to which messages refer; the start of the SELECT if a place is not found. */
final class Places {

    private final SqlText text;
    private final SelectText parts;

    Places(SqlText text, SelectText parts) {
        this.text = text;
        this.parts = parts;
    }

    int begin() {
        return text.begin();
    }

    /** @param alias of the table in FROM */
    int of(String alias, TableName table) {
        return parts.leaves()
                .filter(leaf -> alias.equals(leaf.refersAs()))
                .filter(leaf -> leaf.name().isEmpty()
                        || table == null
                        || leaf.name().get(leaf.name().size() - 1).equals(table.name()))
                .findFirst()
                .or(() -> parts.leaves()
                        .filter(leaf -> alias.equals(leaf.refersAs()))
                        .findFirst())
                .or(() -> parts.leaves()
                        .filter(leaf -> table != null
                                && !leaf.name().isEmpty()
                                && leaf.name().get(leaf.name().size() - 1).equals(table.name()))
                        .findFirst())
                .map(SelectText.Leaf::start)
                .orElse(begin());
    }

    int of(Item item) {
        return of(
                item.view() != null ? item.view() : item.alias(),
                item.table() == null ? null : item.table().name());
    }

    /** The first of some unquoted words, with bars between them. */
    int word(String words) {
        List<String> wanted = List.of(words.split("\\|"));
        return text.tokens().stream()
                .filter(token -> token.kind() == SqlText.Kind.CODE && wanted.contains(token.name()))
                .mapToInt(SqlText.Token::start)
                .findFirst()
                .orElse(begin());
    }

    int keyword(String regex) {
        int place = text.keyword(regex);
        return place == begin() ? word(regex.replaceAll("\\\\s.*", "").toLowerCase(java.util.Locale.ROOT)) : place;
    }

    /** The place of a call of a function. */
    int call(String name) {
        return text.calls().stream()
                .filter(call -> call.name().get(call.name().size() - 1).equals(name))
                .mapToInt(SqlText.Call::start)
                .findFirst()
                .orElse(begin());
    }

    /** The place of an item of the SELECT list, from 0. */
    int output(int number) {
        List<SelectText.Block> blocks = parts.top().blocks();
        return blocks.isEmpty() || blocks.get(0).items().isEmpty()
                ? begin()
                : blocks.get(0)
                        .items()
                        .get(Math.min(number, blocks.get(0).items().size() - 1))[0];
    }

    /** The word that stands at a place. */
    String wordAt(int place) {
        return text.tokens().stream()
                .filter(token -> token.start() == place)
                .map(SqlText.Token::text)
                .findFirst()
                .orElse("");
    }

    /** The place of a name in an expression, also as the last part of a qualified name. */
    int qualified(String name) {
        List<SqlText.Token> tokens = text.tokens();
        for (int i = 0; i < tokens.size(); i++) {
            if (tokens.get(i).isName() && tokens.get(i).name().equals(name)) {
                return i > 1 && tokens.get(i - 1).text().equals(".")
                        ? tokens.get(i - 2).start()
                        : tokens.get(i).start();
            }
        }
        return tokens.stream()
                .filter(token -> token.text().equals("*"))
                .mapToInt(SqlText.Token::start)
                .findFirst()
                .orElse(begin());
    }

    /** The place of a cast to a type. */
    int cast(String type) {
        List<SqlText.Token> tokens = text.tokens();
        for (int i = 2; i < tokens.size(); i++) {
            if (tokens.get(i).isName()
                    && tokens.get(i).name().equals(type)
                    && tokens.get(i - 1).text().equals(":")) {
                return tokens.get(i - 2).start();
            }
        }
        return call("cast");
    }
}

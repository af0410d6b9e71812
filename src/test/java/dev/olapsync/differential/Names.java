package dev.olapsync.differential;

import dev.olapsync.postgres.Sql;
import java.util.Random;

/** Names as nobody should choose them, but may; all of them quoted. */
final class Names {

    /** A schema of its own for some tables. */
    static final String SCHEMA = Sql.identifier("Schema \"s\".{{x}} Ж");

    private static final String[] WEIRD = {
        "%s",
        "%s",
        "%s",
        "Order \"x\" Ж %s",
        "%s.b",
        "Camel Case%s",
        "%s:?k1",
        "{{%s}}",
        "${body.%s}",
        "%s; DROP TABLE x --",
        "it's %s",
        "back\\slash`%s",
        "%s$1?",
        "select %s",
        "%s,{}[]",
        "%s@y"
    };

    private Names() {}

    static String table(int number, Random random) {
        return (random.nextInt(3) == 0 ? SCHEMA + "." : "") + weird("t" + number, random);
    }

    static String column(String plain, Random random) {
        return weird(plain, random);
    }

    private static String weird(String plain, Random random) {
        return Sql.identifier(WEIRD[random.nextInt(WEIRD.length)].replace("%s", plain));
    }
}

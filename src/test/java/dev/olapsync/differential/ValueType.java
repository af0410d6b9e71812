package dev.olapsync.differential;

import dev.olapsync.postgres.Sql;
import java.time.LocalDate;
import java.util.Random;
import java.util.UUID;

/** A type of generated columns, with values that are easily got wrong; each number stands for one value. */
enum ValueType {
    SMALLINT("smallint", true) {
        @Override
        String value(int n) {
            return String.valueOf(n - 5);
        }
    },
    INTEGER("integer", true) {
        @Override
        String value(int n) {
            return String.valueOf(n - 5);
        }
    },
    BIGINT("bigint", true) {
        @Override
        String value(int n) {
            return String.valueOf(n - 5);
        }
    },
    TEXT("text", true) {
        @Override
        String value(int n) {
            return Sql.literal(text(n));
        }
    },
    VARCHAR("varchar(80)", true) {
        @Override
        String value(int n) {
            return Sql.literal(text(n));
        }
    },
    /** So long that Postgres stores a key out of line when there are two of them in a row. */
    LONG_TEXT("text", true) {
        @Override
        String value(int n) {
            StringBuilder text = new StringBuilder("long " + n + " ");
            Random random = new Random(n);
            while (text.length() < 1_200) {
                text.append((char) ((random.nextBoolean() ? 'A' : 'a') + random.nextInt(26)));
            }
            return Sql.literal(text.toString());
        }
    },
    NUMERIC("numeric(10,2)", true) {
        @Override
        String value(int n) {
            return n - 5 + ".50";
        }
    },
    CHARACTER("char(12)", true) {
        @Override
        String value(int n) {
            return Sql.literal("c\"" + n);
        }
    },
    UUID_TYPE("uuid", true) {
        @Override
        String value(int n) {
            return "'" + new UUID(0x1234_5678_9abc_4defL + n, -n) + "'";
        }
    },
    DATE("date", true) {
        @Override
        String value(int n) {
            return "'" + LocalDate.of(1999, 12, 25).plusDays(n) + "'";
        }
    },
    TIMESTAMP("timestamp", true) {
        @Override
        String value(int n) {
            return "'" + LocalDate.of(1969, 12, 25).plusDays(n) + " 23:59:59.99999" + n % 10 + "'";
        }
    },
    TIMESTAMPTZ("timestamptz", true) {
        @Override
        String value(int n) {
            return "'" + LocalDate.of(2025, 10, 25).plusDays(n) + " 02:30:00." + n % 10 + "+02'";
        }
    },
    BYTEA("bytea", true) {
        @Override
        String value(int n) {
            return "'\\x00" + String.format("%06x", n) + "'::bytea";
        }
    },
    BOOLEAN("boolean", false) {
        @Override
        String value(int n) {
            return String.valueOf(n % 2 == 0);
        }
    },
    DOUBLE("double precision", false) {
        @Override
        String value(int n) {
            return n % 10 == 0 ? "'-Infinity'" : n + ".1e" + n % 20;
        }
    },
    EXACT("numeric", false) {
        @Override
        String value(int n) {
            return n + ".10" + "0".repeat(n % 4);
        }
    },
    JSONB("jsonb", false) {
        @Override
        String value(int n) {
            return Sql.literal("{\"a\": [" + n + ", null, \"\\u0416 ${body}\"]}");
        }
    },
    ARRAY("text[]", false) {
        @Override
        String value(int n) {
            return "ARRAY[" + Sql.literal(text(n)) + ", NULL]";
        }
    };

    /** Of about 300 kB, not compressible: stored out of line. */
    private static final String BIG =
            "(SELECT string_agg(md5(i::text || '%d'), '') FROM generate_series(1, 10000) AS i)";

    private static final String[] TEXTS = {
        "",
        "a",
        "NULL",
        "it's",
        "K\"x\\",
        "{,}",
        "Ж 漢 😀",
        "${body}",
        "{{kafka.brokers}}",
        ":?k1",
        "$1",
        "; DROP TABLE x --",
        "tab\tline\nreturn\r",
        "\\N",
        " blank ",
        "__debezium_unavailable_value",
        "null"
    };

    final String sql;
    /** Whether it can be part of a key here: of enough values, and not refused as a key. */
    final boolean key;

    ValueType(String sql, boolean key) {
        this.sql = sql;
        this.key = key;
    }

    /** A literal; different numbers give different values of the types that can be a key. */
    abstract String value(int n);

    /** Any value: rarely NULL, of a text also very rarely one that Postgres stores out of line. */
    String any(Random random, boolean nullable) {
        if (nullable && random.nextInt(6) == 0) {
            return "NULL";
        }
        return this == TEXT && random.nextInt(250) == 0
                ? BIG.formatted(random.nextInt(100))
                : value(random.nextInt(100));
    }

    /** A type that can refer to this one. */
    ValueType referring(Random random) {
        if (random.nextInt(3) > 0) {
            return this;
        }
        return switch (this) {
            case SMALLINT, INTEGER -> BIGINT;
            case TEXT -> VARCHAR;
            case VARCHAR -> TEXT;
            default -> this;
        };
    }

    boolean isNumber() {
        return this == SMALLINT || this == INTEGER || this == BIGINT || this == NUMERIC;
    }

    boolean isTime() {
        return this == DATE || this == TIMESTAMP || this == TIMESTAMPTZ;
    }

    /** Whether a roll-up can group by it: values that are equal have one text. */
    boolean canBeGroup() {
        return isNumber() || isTime() || isText() || this == BOOLEAN || this == UUID_TYPE;
    }

    boolean isText() {
        return this == TEXT || this == VARCHAR;
    }

    private static String text(int n) {
        return TEXTS[n % TEXTS.length] + (n < TEXTS.length ? "" : n / TEXTS.length);
    }
}

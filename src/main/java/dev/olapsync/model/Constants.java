package dev.olapsync.model;

import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** The values of constants in analysed statements, which contain them in the memory form of a little-endian server. */
final class Constants {

    private static final int VARIABLE = -1;
    private static final int BASE = 10_000;

    private Constants() {}

    static boolean isConstant(Node node) {
        return node != null && node.is("CONST");
    }

    static boolean isNull(Node node) {
        return node.flag("constisnull");
    }

    private static byte[] bytes(Node node) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        node.list("constvalue").forEach(value -> bytes.write(Integer.parseInt((String) value)));
        return bytes.toByteArray();
    }

    /** The value of an integer of any width. */
    static Optional<Long> integer(Node node) {
        if (!isConstant(node) || isNull(node) || !node.flag("constbyval")) {
            return Optional.empty();
        }
        int width = node.integer("constlen");
        byte[] bytes = bytes(node);
        long value = 0;
        for (int i = width - 1; i >= 0; i--) {
            value = value << 8 | bytes[i] & 0xff;
        }
        int unused = Long.SIZE - 8 * width;
        return Optional.of(value << unused >> unused);
    }

    static boolean isOne(Node node) {
        return count(node).filter(value -> value == 1).isPresent();
    }

    static boolean isZero(Node node) {
        return count(node).filter(value -> value == 0).isPresent();
    }

    /** The value of a LIMIT, which Postgres widens. */
    private static Optional<Long> count(Node node) {
        return node != null && node.is("FUNCEXPR") && node.list("args").size() == 1
                ? count(node.nodes("args").get(0))
                : integer(node);
    }

    /** The value of a text, of any of its types. */
    static Optional<String> text(Node node) {
        if (!isConstant(node) || isNull(node) || node.integer("constlen") != VARIABLE) {
            return Optional.empty();
        }
        byte[] bytes = bytes(node);
        return Optional.of(new String(bytes, 4, bytes.length - 4, StandardCharsets.UTF_8));
    }

    /** The value of a numeric that is a number. */
    static Optional<BigDecimal> numeric(Node node) {
        if (!isConstant(node) || isNull(node) || node.integer("constlen") != VARIABLE) {
            return Optional.empty();
        }
        byte[] bytes = bytes(node);
        int header = at(bytes, 4);
        boolean isShort = (header & 0xc000) == 0x8000;
        if ((header & 0xc000) == 0xc000) {
            return Optional.empty();
        }
        int scale = isShort ? (header & 0x1f80) >> 7 : header & 0x3fff;
        int weight = isShort ? ((header & 0x7f) ^ 0x40) - 0x40 : (short) at(bytes, 6);
        boolean negative = isShort ? (header & 0x2000) != 0 : (header & 0xc000) == 0x4000;
        BigDecimal value = BigDecimal.ZERO;
        for (int i = isShort ? 6 : 8; i < bytes.length; i += 2) {
            value = value.add(BigDecimal.valueOf(at(bytes, i)).multiply(power(weight--)));
        }
        value = value.setScale(scale, java.math.RoundingMode.UNNECESSARY);
        return Optional.of(negative ? value.negate() : value);
    }

    private static BigDecimal power(int exponent) {
        return exponent >= 0 ? BigDecimal.valueOf(BASE).pow(exponent) : BigDecimal.ONE.movePointLeft(-4 * exponent);
    }

    private static int at(byte[] bytes, int i) {
        return bytes[i] & 0xff | (bytes[i + 1] & 0xff) << 8;
    }
}

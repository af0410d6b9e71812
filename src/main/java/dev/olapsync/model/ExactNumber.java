package dev.olapsync.model;

import java.math.BigDecimal;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/**
 * The number of digits before and after the point that the value of an expression can have. Postgres does not keep it
 * for the results of arithmetic, although sums and products of numbers with known digits have known digits.
 */
record ExactNumber(int before, int after) {

    static Optional<ExactNumber> of(Block block, Node node, Catalog catalog) throws SQLException {
        Value value = block.value(node);
        if (value.col() != null) {
            return value.col().item().isTable() && value.col().number() > 0
                    ? of(value.col().column())
                    : Optional.empty();
        }
        return expression(value.block(), value.node(), catalog);
    }

    private static Optional<ExactNumber> expression(Block block, Node node, Catalog catalog) throws SQLException {
        if (node.is("CONST")) {
            return constant(node, catalog);
        }
        if (!node.is("OPEXPR")
                || !catalog.functions().operator(node.oid("opno")).builtIn()) {
            return Optional.empty();
        }
        List<Node> operands = node.nodes("args");
        Optional<ExactNumber> left = of(block, operands.get(0), catalog);
        if (operands.size() == 1) {
            return "+-".contains(catalog.functions().operator(node.oid("opno")).name()) ? left : Optional.empty();
        }
        Optional<ExactNumber> right = of(block, operands.get(1), catalog);
        if (left.isEmpty() || right.isEmpty()) {
            return Optional.empty();
        }
        ExactNumber l = left.get();
        ExactNumber r = right.get();
        return switch (catalog.functions().operator(node.oid("opno")).name()) {
            case "*" -> Optional.of(new ExactNumber(l.before + r.before, l.after + r.after));
            case "+", "-" -> Optional.of(new ExactNumber(Math.max(l.before, r.before) + 1, Math.max(l.after, r.after)));
            default -> Optional.empty();
        };
    }

    private static Optional<ExactNumber> constant(Node node, Catalog catalog) throws SQLException {
        Optional<BigDecimal> number =
                switch (catalog.types().of(node.oid("consttype")).name()) {
                    case "int2", "int4", "int8" -> Constants.integer(node).map(BigDecimal::valueOf);
                    case "numeric" -> Constants.numeric(node);
                    default -> Optional.empty();
                };
        return number.map(value -> new ExactNumber(Math.max(1, value.precision() - value.scale()), value.scale()));
    }

    private static Optional<ExactNumber> of(Table.Column column) {
        ColumnType type = ColumnType.of(column.type(), column.modifier());
        return Optional.ofNullable(
                switch (type.kind()) {
                    case INT16 -> new ExactNumber(5, 0);
                    case INT32 -> new ExactNumber(10, 0);
                    case INT64 -> new ExactNumber(19, 0);
                    case DECIMAL -> new ExactNumber(type.precision() - type.scale(), type.scale());
                    default -> null;
                });
    }

    /** The modifier of the numeric type that can hold it. */
    int modifier() {
        return ColumnType.numericModifier(before + after, after);
    }
}

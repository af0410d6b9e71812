package dev.olapsync.model;

import dev.olapsync.postgres.Sql;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** Writes the expressions of join conditions in analysed statements as SQL. */
final class Deparser {

    private static final Set<String> TEXTS = Set.of("text", "varchar", "bpchar");

    private final Catalog catalog;
    private final Function<Col, String> columns;

    /** @param columns SQL for a column */
    Deparser(Catalog catalog, Function<Col, String> columns) {
        this.catalog = catalog;
        this.columns = columns;
    }

    /**
     * Empty if an expression contains something else than columns, constants, operators, casts, and immutable
     * functions.
     */
    Optional<String> sql(Value value) throws SQLException {
        return value.col() != null ? Optional.of(columns.apply(value.col())) : sql(value.block(), value.node());
    }

    private Optional<String> sql(Block block, Node node) throws SQLException {
        switch (node.tag()) {
            case "VAR" -> {
                Value value = block.value(node);
                return value.col() == null && value.node().is("VAR") ? Optional.empty() : sql(value);
            }
            case "CONST" -> {
                return constant(node);
            }
            case "RELABELTYPE" -> {
                return cast(block, node);
            }
            case "COERCEVIAIO" -> {
                return Types.ofConversion(node, catalog).volatility() == 'i' ? cast(block, node) : Optional.empty();
            }
            case "FUNCEXPR" -> {
                return function(block, node);
            }
            case "OPEXPR" -> {
                return operator(block, node);
            }
            case "COALESCEEXPR" -> {
                return list(block, node.nodes("args")).map(args -> "coalesce(" + args + ")");
            }
            default -> {
                return Optional.empty();
            }
        }
    }

    private Optional<String> cast(Block block, Node node) throws SQLException {
        Optional<String> argument = sql(block, node.node("arg"));
        Table.Type type = catalog.types().of(node.oid("resulttype"));
        String name = catalog.types().name(type, -1);
        return argument.map(sql -> "(" + sql + ")::" + name);
    }

    private Optional<String> constant(Node node) throws SQLException {
        Table.Type type = catalog.types().of(node.oid("consttype"));
        Optional<String> value =
                switch (type.name()) {
                    case "int2", "int4", "int8" -> Constants.integer(node).map(number -> "'" + number + "'");
                    case "bool" -> Constants.integer(node).map(number -> number == 0 ? "'false'" : "'true'");
                    case "numeric" -> Constants.numeric(node).map(number -> "'" + number.toPlainString() + "'");
                    default ->
                        TEXTS.contains(type.name()) ? Constants.text(node).map(Sql::literal) : Optional.empty();
                };
        String name = catalog.types().name(type, -1);
        return value.map(literal -> literal + "::" + name);
    }

    private Optional<String> function(Block block, Node node) throws SQLException {
        CatalogFunctions.Function function = catalog.functions().of(node.oid("funcid"));
        if (function.volatility() != 'i' || node.flag("funcretset") || node.flag("funcvariadic")) {
            return Optional.empty();
        }
        return list(block, node.nodes("args"))
                .map(arguments -> Sql.identifier(function.schema()) + "." + Sql.identifier(function.name()) + "("
                        + arguments + ")");
    }

    private Optional<String> operator(Block block, Node node) throws SQLException {
        CatalogFunctions.Operator operator = catalog.functions().operator(node.oid("opno"));
        List<Node> operands = node.nodes("args");
        if (catalog.functions().of(node.oid("opfuncid")).volatility() != 'i') {
            return Optional.empty();
        }
        Optional<String> first = sql(block, operands.get(0));
        if (operands.size() == 1) {
            return first.map(sql -> "(" + operator.sql() + " " + sql + ")");
        }
        Optional<String> second = sql(block, operands.get(1));
        return first.flatMap(left -> second.map(right -> "(" + left + " " + operator.sql() + " " + right + ")"));
    }

    private Optional<String> list(Block block, List<Node> nodes) throws SQLException {
        StringBuilder list = new StringBuilder();
        for (Node node : nodes) {
            Optional<String> sql = sql(block, node);
            if (sql.isEmpty()) {
                return sql;
            }
            list.append(list.isEmpty() ? "" : ", ").append(sql.get());
        }
        return Optional.of(list.toString());
    }
}

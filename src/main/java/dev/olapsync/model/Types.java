package dev.olapsync.model;

import java.sql.SQLException;
import java.util.List;

/** The types of expressions, and the dependencies of conversions between them. */
final class Types {

    /** The fields in which nodes have the type of their value. */
    private static final List<String> FIELDS = List.of(
            "resulttype",
            "vartype",
            "consttype",
            "funcresulttype",
            "opresulttype",
            "aggtype",
            "wintype",
            "casetype",
            "coalescetype",
            "minmaxtype",
            "array_typeid",
            "refrestype",
            "row_typeid",
            "paramtype",
            "typeId",
            "type");

    private Types() {}

    /** 0 if the node does not contain it. */
    static long of(Node node) {
        for (String field : FIELDS) {
            if (node.text(field) != null && node.text(field).matches("\\d+")) {
                return node.oid(field);
            }
        }
        return node.is("COLLATEEXPR") ? of(node.node("arg")) : 0;
    }

    /** @param volatility of the conversion @param problem the reason of a refusal, or null */
    record Conversion(char volatility, String problem) {}

    /** A cast through the text form of a value. */
    static Conversion ofConversion(Node cast, Catalog catalog) throws SQLException {
        Table.Type to = catalog.types().of(cast.oid("resulttype"));
        long source = of(cast.node("arg"));
        Table.Type from = source == 0 ? null : catalog.types().of(source);
        String arrow = "a cast" + (from == null ? "" : " of " + from.name()) + " to " + to.name();
        if (catalog.types().readsTime(to.oid())) {
            return new Conversion(
                    's',
                    TimeCasts.isGuarded(cast.node("arg"), catalog)
                            ? null
                            : arrow + " reads 'now', 'today' and the like"
                                    + " as the time of the query; write CAST(... AS " + to.name()
                                    + "), or to_date(..., ...) or to_timestamp(..., ...) with"
                                    + " the format");
        }
        if (isOfCatalog(to) || from != null && isOfCatalog(from)) {
            return new Conversion('s', arrow + " depends on the catalog, not on the row");
        }
        char in = catalog.types().volatilityOfInput(to.oid());
        char out = from == null ? 'i' : catalog.types().volatilityOfOutput(from.oid());
        boolean own = catalog.types().hasOwnInput(to.oid())
                || from != null && catalog.types().hasOwnOutput(from.oid());
        return new Conversion(
                in == 'i' && out == 'i' ? 'i' : 's',
                own ? arrow + " is not IMMUTABLE: it may read tables whose changes would not be seen" : null);
    }

    private static boolean isOfCatalog(Table.Type type) {
        return type.isBuiltIn() && type.name().startsWith("reg") && !type.name().contains("exp");
    }
}

package dev.olapsync.model;

import java.sql.Connection;

/** The catalog of Postgres, as the role of the session sees it. Not thread safe. */
record Catalog(CatalogTables tables, CatalogTypes types, CatalogFunctions functions, Privileges privileges) {

    static Catalog of(Connection postgres) {
        CatalogTypes types = new CatalogTypes(postgres);
        return new Catalog(
                new CatalogTables(postgres, types), types, new CatalogFunctions(postgres), new Privileges(postgres));
    }
}

package dev.olapsync.faults;

import java.util.List;
import java.util.Random;

/** The publication is altered so that it leaves out changes. Even when it is as it was again, they must not be missed in silence. */
final class PublicationFaults {

    private static final String ALTERED = "was altered since it was first used";

    private PublicationFaults() {}

    static List<Fault> all() {
        return List.of(
                Fault.quick("publication without some kinds of changes, the pipeline runs", (shop, random) -> {
                    alter(shop, weaker(shop, random));
                    shop.awaitDown("leaves out");
                    shop.awaitCommits(20);
                    alter(shop, whole(shop));
                    shop.awaitDown(ALTERED);
                    return shop.rebuildAll();
                }),
                Fault.slow(
                        "publication without some kinds of changes for a while, the pipeline is stopped",
                        (shop, random) -> {
                            shop.pipeline().stop();
                            alter(shop, weaker(shop, random));
                            shop.awaitCommits(20);
                            shop.refusesToStart("leaves out");
                            alter(shop, whole(shop));
                            shop.refusesToStart(ALTERED);
                            return shop.rebuildAll();
                        }));
    }

    private static String weaker(FaultyShop shop, Random random) throws Exception {
        return switch (random.nextInt(3)) {
            case 0 -> "SET (publish = 'insert')";
            case 1 -> "SET (publish = 'insert, update, truncate')";
            default -> "SET TABLE " + tables(shop).replace("products", "products WHERE (id > 10)");
        };
    }

    /** Both are needed, whatever was altered. */
    private static String whole(FaultyShop shop) throws Exception {
        return "SET TABLE " + tables(shop) + ";SET (publish = 'insert, update, delete, truncate')";
    }

    private static String tables(FaultyShop shop) throws Exception {
        return shop.ask("SELECT string_agg(tablename, ', ' ORDER BY tablename) FROM pg_publication_tables");
    }

    private static void alter(FaultyShop shop, String alterations) throws Exception {
        String publication = shop.scenario().settings().postgres().publication();
        for (String alteration : alterations.split(";")) {
            shop.scenario().postgres("ALTER PUBLICATION \"" + publication + "\" " + alteration);
        }
    }
}

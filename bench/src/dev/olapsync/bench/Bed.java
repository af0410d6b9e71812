package dev.olapsync.bench;

import dev.olapsync.devstack.DevStack;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;

/** Where benchmarks run: each on databases, topics and a slot of its own. */
record Bed(DevStack stack, Options options) {

    private static final AtomicInteger COUNT = new AtomicInteger();

    /** An empty shop with the tables of {@code examples/shop/schema.sql}. */
    BenchShop shop(String title) throws SQLException {
        return new BenchShop(this, "bench_" + title + "_" + COUNT.incrementAndGet());
    }
}

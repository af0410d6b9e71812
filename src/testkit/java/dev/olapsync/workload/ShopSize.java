package dev.olapsync.workload;

/** How many rows the shop starts with. There are no orders without customers and no items without orders and products. */
public record ShopSize(int customers, int products, int orders, int items) {

    public static final ShopSize DEFAULT = new ShopSize(10_000, 1_000, 50_000, 150_000);

    public ShopSize {
        if (customers < 0 || products < 0 || orders < 0 || items < 0) {
            throw new IllegalArgumentException("a table cannot have fewer than 0 rows");
        }
        if (orders > 0 && customers == 0 || items > 0 && (orders == 0 || products == 0)) {
            throw new IllegalArgumentException("orders need customers, items need orders and products");
        }
    }
}

package dev.olapsync.workload;

import java.sql.SQLException;
import java.util.EnumMap;
import java.util.Map;
import java.util.random.RandomGenerator;

/** The kinds of short transactions, each with its weight in the usual mix. */
public enum ShopTransaction {
    ORDER(220, (shop, keys, tx, random) -> shop.order(tx, random)),
    ORDER_OF_MANY_ROWS(60, (shop, keys, tx, random) -> shop.orderOfManyRows(tx, random)),
    ORDER_BY_COPY(3, (shop, keys, tx, random) -> shop.orderByCopy(tx, random)),
    ORDER_WITH_ITEMS_LATER(60, (shop, keys, tx, random) -> shop.orderWithItemsLater(tx, random)),
    ORDER_STATUS(220, (shop, keys, tx, random) -> shop.advance(tx, keys.order(random), random)),
    ORDER_STATUS_CHAIN(20, ShopTransaction::statusChain),
    ORDER_MOVED(25, (shop, keys, tx, random) -> shop.moveOrder(tx, keys.order(random), random)),
    ORDER_DELETED(40, (shop, keys, tx, random) -> shop.deleteOrder(tx, keys.order(random))),
    ORDER_DELETED_AFTER_ITEMS(10, (shop, keys, tx, random) -> shop.deleteItemsThenOrder(tx, keys.order(random))),

    ITEM_QUANTITY(80, (shop, keys, tx, random) -> shop.changeQuantity(tx, keys.item(random), random)),
    ITEM_PRODUCT(40, (shop, keys, tx, random) -> shop.changeProduct(tx, keys.item(random), random)),
    ITEM_KEY(25, (shop, keys, tx, random) -> shop.changeKey(tx, keys.item(random))),
    ITEM_DELETED(30, (shop, keys, tx, random) -> shop.deleteItem(tx, keys.item(random))),
    ITEM_REPLACED(25, (shop, keys, tx, random) -> shop.replaceItem(tx, keys.item(random), random)),
    ITEM_REPLACED_LATER(15, (shop, keys, tx, random) -> shop.replaceItemLater(tx, keys.item(random), random)),

    CUSTOMER(20, (shop, keys, tx, random) -> shop.newCustomer(tx, random)),
    CUSTOMER_MOVED(50, (shop, keys, tx, random) -> shop.moveCustomer(tx, keys.customer(random), random)),
    CUSTOMER_RENAMED(30, (shop, keys, tx, random) -> shop.renameCustomer(tx, keys.customer(random), random)),
    CUSTOMER_EMAIL(10, (shop, keys, tx, random) -> shop.changeEmail(tx, keys.customer(random), random)),
    CUSTOMER_DELETED(3, (shop, keys, tx, random) -> shop.deleteCustomer(tx, keys.customer(random))),

    PRODUCT(4, (shop, keys, tx, random) -> shop.newProduct(tx, random)),
    PRODUCT_RENAMED(8, (shop, keys, tx, random) -> shop.renameProduct(tx, keys.product(random), random)),
    PRODUCT_PRICE(20, (shop, keys, tx, random) -> shop.changePrice(tx, keys.product(random), random)),

    BESIDE_A_LONG_ONE(40, (shop, keys, tx, random) -> shop.touchBeside(tx, keys.heldOrder(random), random)),
    PARTLY_TAKEN_BACK(20, ShopTransaction::partlyTakenBack),
    GIVEN_UP(30, ShopTransaction::givenUp);

    private final int usualWeight;
    private final Steps steps;

    ShopTransaction(int usualWeight, Steps steps) {
        this.usualWeight = usualWeight;
        this.steps = steps;
    }

    /** The weights of all kinds in the usual mix; they add up to about 1,100. */
    public static Map<ShopTransaction, Integer> usualMix() {
        Map<ShopTransaction, Integer> mix = new EnumMap<>(ShopTransaction.class);
        for (ShopTransaction kind : values()) {
            mix.put(kind, kind.usualWeight);
        }
        return mix;
    }

    void run(Shop shop, ShopKeys keys, Transaction tx, RandomGenerator random) throws SQLException {
        steps.run(shop, keys, tx, random);
    }

    private static void statusChain(Shop shop, ShopKeys keys, Transaction tx, RandomGenerator random)
            throws SQLException {
        long order = keys.order(random);
        shop.advance(tx, order, random);
        shop.advance(tx, order, random);
        shop.advance(tx, order, random);
    }

    private static void partlyTakenBack(Shop shop, ShopKeys keys, Transaction tx, RandomGenerator random)
            throws SQLException {
        long order = keys.order(random);
        shop.advance(tx, order, random);
        tx.takeBack(same -> {
            shop.deleteOrder(same, order);
            shop.order(same, random);
        });
        shop.addItem(tx, order, random);
        tx.takeBack(same -> shop.moveCustomerOf(same, order, random));
    }

    private static void givenUp(Shop shop, ShopKeys keys, Transaction tx, RandomGenerator random) throws SQLException {
        shop.order(tx, random);
        shop.moveCustomer(tx, keys.customer(random), random);
        shop.replaceItem(tx, keys.item(random), random);
        shop.deleteOrder(tx, keys.order(random));
        tx.giveUp();
    }

    @FunctionalInterface
    private interface Steps {
        void run(Shop shop, ShopKeys keys, Transaction tx, RandomGenerator random) throws SQLException;
    }
}

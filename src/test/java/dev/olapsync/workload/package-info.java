/**
 * The shop: initial data of any size, and a workload of concurrent transactions on it.
 *
 * <p>{@link dev.olapsync.workload.ShopData} creates and fills the tables, {@link dev.olapsync.workload.ShopWorkload}
 * changes them at a given rate, {@link dev.olapsync.workload.ShopTransaction} lists the transactions. The package needs
 * only JDBC and a connection pool.
 */
package dev.olapsync.workload;

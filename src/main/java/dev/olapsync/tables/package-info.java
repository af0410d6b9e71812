/**
 * The tables and views of the models in ClickHouse, the tables beside them, and the meaning of the errors of an INSERT.
 */
package dev.olapsync.tables;

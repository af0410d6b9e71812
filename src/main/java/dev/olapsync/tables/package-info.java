/**
 * The tables and views of the models in ClickHouse, what is kept beside them, and what the errors of an INSERT mean.
 */
package dev.olapsync.tables;

/**
 * The compiler of SELECTs, and how the rows of a model are read.
 *
 * <p>From the text to the plan: {@code SqlText} reads the file; {@code Analysis} has Postgres analyse the statement as a
 * temporary view, and {@code BlockReader} reads the result, {@code Node} by node, into {@code Block}s; {@code Catalog} reads
 * tables, types, functions and privileges; {@code Checks} refuses what depends on more than rows and collects {@code Problems}; {@code Grains} finds the output
 * key, {@code Paths} and {@code Reach} the way from each table to it; {@code Planner} puts together what they found in a
 * {@code Query}; {@code LookUpSql}, {@code PageQuery} and {@code CopyQuery} write SQL from it; {@link dev.olapsync.model.Model} and {@link dev.olapsync.model.Models} are the result.
 */
package dev.olapsync.model;

/**
 * The compiler of SELECTs, and how the rows of a model are read.
 *
 * <p>The layers, from the text to the SQL:
 * <ol>
 * <li>{@code SqlText} and {@code SelectText} read the file and cut the statement into clauses.
 * <li>{@code Analysis} creates a temporary view, so that Postgres analyses the statement; {@code BlockReader}
 *     converts the tree ({@code Node}) into {@code Block}s; {@code Catalog} reads tables,
 *     types, functions and privileges.
 * <li>{@code Checks} refuses what depends on more than rows that changes can reach, and collects {@code Problems}.
 * <li>{@code Grains} finds the key of the output rows; {@code Paths} and {@code Reach} find the path from each
 *     table to it.
 * <li>{@code Planner} combines the results into a {@code Query}.
 * <li>{@code LookUpSql}, {@code PageQuery} and {@code CopyQuery} write SQL from it.
 * </ol>
 * {@link dev.olapsync.model.Models} reads the files; {@link dev.olapsync.model.Model} is the result.
 */
package dev.olapsync.model;

/**
 * The compiler of SELECTs, and how the rows of a model are read.
 *
 * <p>The layers, from the text to the SQL; {@code ModelReader} calls one after the other:
 * <ol>
 * <li>{@code SqlText} and {@code SelectText} read the file and cut the statement into clauses.
 * <li>{@code SelectAnalyser} has Postgres analyse the statement as a temporary view; {@code BlockReader}
 *     converts the tree ({@code Node}) into {@code Block}s; {@code Catalog} reads tables,
 *     types, functions and privileges.
 * <li>{@code Checks} refuses what depends on more than rows that changes can reach, and collects {@code Problems}.
 * <li>{@code GrainChoice} chooses the key of the output rows from the {@code Grains}; {@code ReachFinder} finds the
 *     {@code Paths} from each table to it; a {@code Query} holds the results.
 * <li>{@code LookUpSql} writes SQL from it; {@code ModelCompiler} has Postgres plan each statement; {@code RowText} makes
 *     JSON of the rows that the statements read.
 * </ol>
 * {@link dev.olapsync.model.Models} reads the files; {@link dev.olapsync.model.Model} is the result.
 */
package dev.olapsync.model;

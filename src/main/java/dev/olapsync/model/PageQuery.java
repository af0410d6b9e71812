package dev.olapsync.model;

/**
 * Keyset pages over all rows of a model's grain, in the order of its key, with JDBC parameters. Result columns:
 * {@code k1} ... {@code kn} (the grain's key as text, to be given to the next page) and, as in {@link LookUp},
 * {@code key}, {@code live}, {@code row}, {@code unheld}, {@code refused}, {@code current}.
 *
 * @param first parameter: the limit (int)
 * @param next parameters: {@code k1} ... {@code kn} of the last row (text), the limit (int)
 * @param firstKeys as {@code first}, but the keys alone: {@code k1} ... {@code kn}
 * @param nextKeys as {@code next}, but the keys alone
 */
public record PageQuery(String first, String next, String firstKeys, String nextKeys) {
}

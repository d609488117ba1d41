package almagest.corpus;

/**
 * Under what terms a source may be used.
 *
 * @param source Maven coordinates, as in {@link Document#source}
 * @param licence an SPDX expression where there is one
 * @param about what is taken from it, and whose it is
 */
public record Licence(String source, String licence, String about) {}

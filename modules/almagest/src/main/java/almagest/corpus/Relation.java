package almagest.corpus;

import almagest.run.InputException;
import java.util.List;

/**
 * Pairs of words between which the same relation holds, e.g. country and capital.
 *
 * @param name without spaces, e.g. {@code country-capital}
 * @param pairs at least one, in the order in which they were given
 * @param source where the pairs come from
 */
public record Relation(String name, List<Pair> pairs, String source) {
  public Relation {
    pairs = List.copyOf(pairs);
    if (pairs.isEmpty()) {
      throw new InputException(
          source + ": relation '" + name + "' is empty; expected at least one pair");
    }
  }

  /** Neither is blank. */
  public record Pair(String input, String output) {}
}

package almagest.brain;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/** Splits features into rare and frequent ones for {@link CooccurrenceCounter}. */
final class FrequentFeatures {
  /**
   * The cost of one 64-bit word of AND and population count, in increments of a list. Measured with
   * 16,384 features; the split is flat around its best point.
   */
  private static final double WORD = 0.08;

  /** Below this many the bit matrix is not worth its set-up. */
  private static final int LEAST = 64;

  private FrequentFeatures() {}

  /**
   * Marks the features that are counted by bits [features].
   *
   * <p>If the m most frequent features, firing in c_1 ≥ … ≥ c_m chunks, go to bits, these cost m² /
   * 2 · T / 64 words, and spare about (Σ c)² / 2T increments, the pairs that would be met if
   * features were independent.
   */
  static boolean[] choose(int[] featureCounts, int chunks) {
    int n = featureCounts.length;
    Integer[] order = IntStream.range(0, n).boxed().toArray(Integer[]::new);
    Arrays.sort(order, Comparator.comparingInt((Integer f) -> -featureCounts[f]));
    int words = (chunks + 63) / 64;
    double sum = 0;
    double best = 0;
    int bestCount = 0;
    for (int m = 1; m <= n; m++) {
      sum += featureCounts[order[m - 1]];
      double saved = sum * sum / (2.0 * Math.max(1, chunks)) - WORD * words * m * m / 2.0;
      if (m >= LEAST && saved > best) {
        best = saved;
        bestCount = m;
      }
    }
    boolean[] frequent = new boolean[n];
    for (int m = 0; m < bestCount; m++) {
      frequent[order[m]] = true;
    }
    return frequent;
  }
}

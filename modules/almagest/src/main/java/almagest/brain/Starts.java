package almagest.brain;

import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.Agreement;
import almagest.stat.KMeans;
import almagest.stat.RandomState;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Which of many k-means fits makes the lobes. The fit of a seed, the best of ten starts, is the one
 * that scikit-learn's spectral clustering makes with that {@code random_state}. Where k does not
 * suit the graph it depends on the seed, and k-means says nothing about which of two such cuts is
 * the better one. So the next seed's fit is made as well; if the two differ, those of more seeds
 * are; and where one of them has a clearly lower normalised cut, which is what the embedding was
 * made to find, the least cut is taken in place of the first fit.
 */
final class Starts {
  /** Fits of different seeds at most. */
  private static final int FITS = 10;

  /** Coordinates times centres that all fits may take together. */
  private static final long WORK = 20_000_000;

  /** Two partitions of at least this adjusted Rand index count as one. */
  private static final double ALIKE = 0.99;

  /** A cut larger than the least by more than this factor is clearly the worse one. */
  private static final double WORSE = 1.001;

  private Starts() {}

  /**
   * The labels [n].
   *
   * @param points coordinates [n × k]
   * @param cut the normalised cut of labels
   */
  static int[] choose(
      double[] points, int k, Seed seed, Workers workers, ToDoubleFunction<int[]> cut) {
    long fits = Math.min(FITS, WORK / ((long) points.length * k));
    int[] first = fit(points, k, seed.value(), workers);
    if (fits < 2) {
      return first;
    }
    int[] second = fit(points, k, seed.value() + 1, workers);
    List<int[]> others = new ArrayList<>(List.of(second));
    if (Agreement.adjustedRand(first, second) < ALIKE) {
      for (int s = 2; s < fits; s++) {
        others.add(fit(points, k, seed.value() + s, workers));
      }
    }
    others.removeIf(other -> Agreement.adjustedRand(first, other) == 1);
    if (others.isEmpty()) {
      return first;
    }
    double published = cut.applyAsDouble(first);
    double least = published;
    int[] best = first;
    for (int[] other : others) {
      double found = cut.applyAsDouble(other);
      if (found < least) {
        least = found;
        best = other;
      }
    }
    return published > WORSE * least ? best : first;
  }

  private static int[] fit(double[] points, int k, long state, Workers workers) {
    RandomState random = new RandomState(state);
    // The reference draws its eigensolver's first vector before, a number for each node.
    for (int i = 0; i < points.length / k; i++) {
      random.nextDouble();
    }
    return KMeans.fit(points, k, KMeans.Options.of(k), random, workers).labels();
  }
}

package almagest.brain;

import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.Agreement;
import almagest.stat.KMeans;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Which of many k-means starts makes the lobes. The best of the published ten depends on the seed
 * where k does not suit the graph, and k-means says nothing about which of two such cuts is the
 * better one. So, where nodes are few enough, more starts are taken than ten, and the answer is
 * what ten of them would most probably say: the start that is like the best of ten drawn at random
 * among them in the largest share of draws. Where two tens would seldom agree on it and a start has
 * a clearly lower normalised cut, it is the start with the least cut, which is what the embedding
 * was made to find.
 */
final class Starts {
  /** Starts that k-means makes as published. */
  private static final int TEN = 10;

  /** Up to so many nodes more starts cost little, up to so many and to this work. */
  private static final int FEW = 4096;

  private static final int MOST_STARTS = 100;
  private static final long WORK = 200_000_000;

  /** Two partitions of at least this adjusted Rand index count as one. */
  private static final double ALIKE = 0.99;

  /** Starts that are the best of ten less often than this are nobody's answer. */
  private static final double SELDOM = 1e-3;

  /**
   * From this share of the draws on two tens agree more often than not, and their answer stands.
   */
  private static final double SURE = Math.sqrt(0.5);

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
    int starts = starts(points.length / k, k);
    KMeans.Options published = KMeans.Options.of(k);
    KMeans.Options options =
        new KMeans.Options(k, starts, published.maxIterations(), published.tolerance());
    if (starts == TEN) {
      return KMeans.fit(points, k, options, seed, workers).labels();
    }
    List<int[]> labels =
        KMeans.fits(points, k, options, seed, workers).stream()
            .sorted(Comparator.comparingDouble(KMeans.Fit::inertia))
            .map(KMeans.Fit::labels)
            .toList();
    double[] shares = shares(labels);
    int said = 0;
    for (int s = 1; s < shares.length; s++) {
      said = shares[s] > shares[said] + 1e-9 ? s : said;
    }
    if (shares[said] >= SURE) {
      return labels.get(said);
    }
    double[] cuts = labels.stream().limit(shares.length).mapToDouble(cut).toArray();
    int least = 0;
    for (int s = 1; s < cuts.length; s++) {
      least = cuts[s] < cuts[least] ? s : least;
    }
    return labels.get(cuts[said] > WORSE * cuts[least] ? least : said);
  }

  /**
   * For each of the best starts, how probably the best of ten of all is like it.
   *
   * @param labels in the order of inertia
   */
  private static double[] shares(List<int[]> labels) {
    int n = labels.size();
    // Of ten out of n the best is the one of rank r with C(n − 1 − r, 9) / C(n, 10).
    double[] best = new double[n];
    best[0] = (double) TEN / n;
    int some = 1;
    while (some < n && best[some - 1] >= SELDOM) {
      best[some] = best[some - 1] * (n - TEN + 1 - some) / (n - some);
      some++;
    }
    double[] shares = new double[some];
    for (int a = 0; a < some; a++) {
      shares[a] += best[a];
      for (int b = 0; b < a; b++) {
        if (Agreement.adjustedRand(labels.get(a), labels.get(b)) >= ALIKE) {
          shares[a] += best[b];
          shares[b] += best[a];
        }
      }
    }
    return shares;
  }

  private static int starts(int n, int k) {
    return n > FEW ? TEN : Math.clamp(WORK / ((long) n * k * k) / TEN * TEN, TEN, MOST_STARTS);
  }
}

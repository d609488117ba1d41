package almagest.brain;

import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.Agreement;
import almagest.stat.KMeans;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Which of many k-means starts makes the lobes. The best of the published ten depends on the seed
 * where k does not suit the graph, and k-means says nothing about which of two such cuts is the
 * better one. So, where nodes are few enough for more starts, ten are taken several times: if at
 * least two tens end alike, the answer is what most of them say, in the version of a few nodes'
 * difference that k-means finds best; if no two do, it is the start with the least normalised cut,
 * which is what the embedding was made to find.
 */
final class Starts {
  /** Starts that k-means makes as published. */
  private static final int TEN = 10;

  /** Up to so many nodes more starts cost little, up to this many tens and to this work. */
  private static final int FEW = 4096;

  private static final int MOST_TENS = 5;
  private static final long WORK = 50_000_000;

  /** Two partitions of at least this adjusted Rand index count as one. */
  private static final double ALIKE = 0.99;

  /** And of this one as versions of one. */
  private static final double NEAR = 0.95;

  private Starts() {}

  /**
   * The labels [n].
   *
   * @param points coordinates [n × k]
   * @param cut the normalised cut of labels
   */
  static int[] choose(
      double[] points, int k, Seed seed, Workers workers, ToDoubleFunction<int[]> cut) {
    int n = points.length / k;
    int tens = tens(n, k);
    KMeans.Options published = KMeans.Options.of(k);
    KMeans.Options options =
        new KMeans.Options(k, tens * TEN, published.maxIterations(), published.tolerance());
    if (tens == 1) {
      return KMeans.fit(points, k, options, seed, workers).labels();
    }
    List<KMeans.Fit> fits = KMeans.fits(points, k, options, seed, workers);
    List<KMeans.Fit> best =
        IntStream.range(0, tens)
            .mapToObj(t -> least(fits.subList(t * TEN, (t + 1) * TEN), KMeans.Fit::inertia))
            .toList();
    int[] votes = new int[tens];
    for (int a = 0; a < tens; a++) {
      votes[a]++;
      for (int b = 0; b < a; b++) {
        if (agreement(best.get(a), best.get(b)) >= ALIKE) {
          votes[a]++;
          votes[b]++;
        }
      }
    }
    int most = IntStream.of(votes).max().orElseThrow();
    if (most == 1) {
      return least(fits, fit -> cut.applyAsDouble(fit.labels())).labels();
    }
    KMeans.Fit said =
        least(
            IntStream.range(0, tens).filter(t -> votes[t] == most).mapToObj(best::get).toList(),
            KMeans.Fit::inertia);
    return least(
            fits.stream().filter(fit -> agreement(fit, said) >= NEAR).toList(), KMeans.Fit::inertia)
        .labels();
  }

  private static double agreement(KMeans.Fit a, KMeans.Fit b) {
    return Agreement.of(a.labels(), b.labels()).ari();
  }

  private static int tens(int n, int k) {
    return n > FEW ? 1 : Math.clamp(WORK / ((long) n * k * k) / TEN, 1, MOST_TENS);
  }

  /** The first of the least. */
  private static KMeans.Fit least(List<KMeans.Fit> fits, ToDoubleFunction<KMeans.Fit> by) {
    double[] values = fits.stream().mapToDouble(by).toArray();
    return fits.get(
        IntStream.range(0, values.length)
            .boxed()
            .min(Comparator.comparingDouble(f -> values[f]))
            .orElseThrow());
  }
}

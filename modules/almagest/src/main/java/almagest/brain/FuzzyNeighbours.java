package almagest.brain;

import almagest.run.Workers;
import almagest.stat.NearestNeighbours;
import java.util.Arrays;

/**
 * The fuzzy simplicial set of UMAP (McInnes, Healy and Melville 2018, section 3.1): every point
 * belongs to the neighbourhood of another by exp(−max(0, d − ρ) / σ), ρ its distance to the nearest
 * point that does not coincide with it and σ such that its memberships sum to log2 of the number of
 * neighbours; two points are joined by the probabilistic sum a + b − ab of what each says.
 *
 * <p>So every point is tied to at least one other with weight 1, wherever it lies and however
 * sparse the cloud is there.
 *
 * @param rho local distance of each point, 0 where all of its neighbours coincide with it [n]
 * @param sigma local scale of each point, above 0 unless all distances are 0 [n]
 * @param pairs joined, with weights in (0, 1]
 */
record FuzzyNeighbours(double[] rho, double[] sigma, SymmetricPairs pairs) {
  private static final int PIECE = 256;
  private static final int STEPS = 100;

  /** Scales below this share of the mean distance are lifted to it, as in the authors' program. */
  private static final double LEAST_SCALE = 1e-3;

  /**
   * @param near all but the point itself: one fewer than UMAP's {@code n_neighbors}, which counts
   *     it
   */
  static FuzzyNeighbours of(NearestNeighbours near, Workers workers) {
    int n = near.size();
    int k = near.k();
    double[] rho = new double[n];
    double[] sigma = new double[n];
    double[] directed = new double[n * k];
    int[] index = new int[n * k];
    double all = 0;
    for (int m = 0; m < k; m++) {
      all += Arrays.stream(near.distances(m)).sum();
    }
    // The authors average over the point itself, too, at distance 0.
    double overall = all / n / (k + 1);
    double wanted = Math.log(k + 1.0) / Math.log(2);
    workers.runRanges(
        n,
        PIECE,
        (from, to) -> {
          double[] away = new double[k];
          for (int i = from; i < to; i++) {
            double sum = 0;
            rho[i] = 0;
            for (int m = k - 1; m >= 0; m--) {
              away[m] = near.distance(i, m);
              sum += away[m];
              rho[i] = away[m] > 0 ? away[m] : rho[i];
            }
            for (int m = 0; m < k; m++) {
              away[m] = Math.max(0, away[m] - rho[i]);
            }
            double least = LEAST_SCALE * (rho[i] > 0 ? sum / (k + 1) : overall);
            sigma[i] = Math.max(least, scale(away, wanted));
            for (int m = 0; m < k; m++) {
              index[i * k + m] = near.index(i, m);
              directed[i * k + m] = away[m] > 0 ? Math.exp(-away[m] / sigma[i]) : 1;
            }
          }
        });
    // a + b − ab, written so that it is 1 where either is.
    return new FuzzyNeighbours(
        rho, sigma, SymmetricPairs.of(k, index, directed, (a, b) -> 1 - (1 - a) * (1 - b)));
  }

  /**
   * The σ at which Σ exp(−a / σ) is as wanted, by bisection in ln σ; 0 where so many are at 0 that
   * every σ gives too much.
   */
  static double scale(double[] away, double wanted) {
    double least = Arrays.stream(away).filter(a -> a > 0).min().orElse(0);
    if (least == 0 || Arrays.stream(away).filter(a -> a == 0).count() >= wanted) {
      return 0;
    }
    double most = Arrays.stream(away).max().orElse(0);
    double low = Math.log(least) - 10;
    double high = Math.log(most) + Math.log(away.length) + 10;
    for (int step = 0; step < STEPS && high - low > 1e-14; step++) {
      double middle = 0.5 * (low + high);
      double sum = 0;
      for (double a : away) {
        sum += Math.exp(-a / Math.exp(middle));
      }
      if (sum > wanted) {
        high = middle;
      } else {
        low = middle;
      }
    }
    return Math.exp(0.5 * (low + high));
  }
}

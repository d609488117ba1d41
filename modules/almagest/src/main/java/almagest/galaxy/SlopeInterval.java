package almagest.galaxy;

import almagest.linalg.Pca;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.Permutation;
import almagest.stat.SpecialFunctions;
import almagest.tensor.Points;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * How far a statistic of the spectrum would move with other rows: the cloud is cut into random
 * halves, again and again, and the statistic of each half computed. Halves drawn without
 * replacement from n rows scatter about as much as whole samples of n rows do (n/2 rows would
 * scatter √2 times as much, drawing them from the same n takes that away again), so their standard
 * deviation is used as it is, around the value of the whole cloud. The halves' own mean is not
 * used: it is biased as that of n/2 rows. For a flat spectrum the spread is about 1.3 times too
 * wide.
 *
 * @param sd of the halves
 * @param half the half width of the 95 % interval: Student's t with (halves − 1) degrees times sd
 * @param halves how many
 */
record SlopeInterval(double sd, double half, int halves) {
  private static final int LEAST = 3;

  /** A statistic of eigenvalues. */
  interface Statistic {
    double of(double[] eigenvalues, int rows);
  }

  /**
   * Intervals of several statistics from the same halves.
   *
   * @param covariance [d × d] of all rows, about {@code mean}
   * @param splits how often the cloud is cut in two
   */
  static SlopeInterval[] of(
      Points points,
      double[] mean,
      double[] covariance,
      int splits,
      Seed seed,
      Workers workers,
      Statistic... statistics) {
    int n = points.rows();
    int d = points.columns();
    double[][] values = new double[statistics.length][2 * splits];
    if (n < 4 * LEAST) {
      return new SlopeInterval[0];
    }
    for (int s = 0; s < splits; s++) {
      int[] order = Permutation.of(n, seed.split(s).generator());
      int[] first = Arrays.copyOf(order, n / 2);
      Arrays.sort(first);
      Points half = Points.of(points, first);
      double[] halfMean = Pca.mean(half, workers);
      double[] products = Pca.covariance(half, mean, workers);
      double[] one = new double[d * d];
      double[] two = new double[d * d];
      int n1 = first.length;
      int n2 = n - n1;
      for (int i = 0; i < d; i++) {
        for (int j = 0; j < d; j++) {
          double a = products[i * d + j] * (n1 - 1);
          double b = covariance[i * d + j] * (n - 1) - a;
          double shift = n1 * (halfMean[i] - mean[i]) * (halfMean[j] - mean[j]);
          one[i * d + j] = (a - shift) / (n1 - 1);
          two[i * d + j] = (b - shift * n1 / n2) / (n2 - 1);
        }
      }
      double[] e1 = Pca.eigenvalues(one, n1, d);
      double[] e2 = Pca.eigenvalues(two, n2, d);
      for (int t = 0; t < statistics.length; t++) {
        values[t][2 * s] = statistics[t].of(e1, n1);
        values[t][2 * s + 1] = statistics[t].of(e2, n2);
      }
    }
    double quantile = SpecialFunctions.studentTQuantile(0.975, 2 * splits - 1);
    return Arrays.stream(values)
        .map(v -> new SlopeInterval(Moments.sd(v), quantile * Moments.sd(v), v.length))
        .toArray(SlopeInterval[]::new);
  }

  /** {@code count} of 0 … n − 1 without replacement, ascending. */
  static int[] sample(int n, int count, RandomGenerator random) {
    int[] rows = Arrays.copyOf(Permutation.of(n, random), count);
    Arrays.sort(rows);
    return rows;
  }
}

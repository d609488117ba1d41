package almagest.stat;

import almagest.run.Workers;
import java.util.Arrays;

/**
 * Silhouettes (Rousseeuw 1987), exact: for a sample with mean distance a to the others of its class
 * and least mean distance b to another class, s = (b − a) / max(a, b). A sample alone in its class
 * has s = 0, and so has one with a = b = 0.
 *
 * <p>The mean over samples is dominated by the largest class; {@link #classMean} weighs classes
 * alike. A silhouette of data that a projection was fitted to is in-sample and says little.
 *
 * @param samples one value per sample, from −1 to 1
 * @param mean of the samples
 * @param perClass mean per class, in ascending order of the labels
 */
public record Silhouette(double[] samples, double mean, double[] perClass) {
  /** How far two samples are apart. */
  public enum Metric {
    EUCLIDEAN,
    /** One minus the cosine of the angle; a zero vector is at distance 1 from everything else. */
    COSINE
  }

  /** Samples per piece of work. */
  private static final int PIECE = 64;

  /**
   * O(n² d) time, O(n · classes / pieces) memory; distances in double from exact differences, so
   * that duplicates are at distance 0.
   *
   * @param x samples, row-major [n, d]
   * @param labels a class per sample, any ints; at least 2 and at most n − 1 distinct ones
   * @throws IllegalArgumentException when the sizes do not fit or the number of classes does not
   */
  public static Silhouette of(double[] x, int d, int[] labels, Metric metric, Workers workers) {
    int n = labels.length;
    if ((long) n * d != x.length) {
      throw new IllegalArgumentException(
          x.length + " values are not " + n + " samples of " + d + " dimensions");
    }
    int[] rank = Contingency.ranks(labels);
    int classes = 1 + Arrays.stream(rank).max().orElse(-1);
    if (classes < 2 || classes >= n) {
      throw new IllegalArgumentException(
          "silhouettes need between 2 and n − 1 classes, found " + classes + " for n = " + n);
    }
    int[] sizes = new int[classes];
    for (int r : rank) {
      sizes[r]++;
    }
    double[] points = metric == Metric.COSINE ? normalised(x, d) : x;
    double[] samples = new double[n];
    workers.run(
        (n + PIECE - 1) / PIECE,
        piece -> {
          double[] sums = new double[classes];
          for (int i = piece * PIECE; i < Math.min(n, (piece + 1) * PIECE); i++) {
            Arrays.fill(sums, 0);
            for (int j = 0; j < n; j++) {
              if (j != i) {
                sums[rank[j]] +=
                    metric == Metric.COSINE
                        ? cosineDistance(points, i, j, d)
                        : euclidean(points, i, j, d);
              }
            }
            samples[i] = value(sums, sizes, rank[i]);
          }
        });
    double[] perClass = new double[classes];
    double mean = 0;
    for (int i = 0; i < n; i++) {
      perClass[rank[i]] += samples[i];
      mean += samples[i];
    }
    for (int c = 0; c < classes; c++) {
      perClass[c] /= sizes[c];
    }
    return new Silhouette(samples, mean / n, perClass);
  }

  /** The unweighted mean over classes. */
  public double classMean() {
    return Arrays.stream(perClass).average().orElse(Double.NaN);
  }

  private static double value(double[] sums, int[] sizes, int own) {
    if (sizes[own] == 1) {
      return 0;
    }
    double a = sums[own] / (sizes[own] - 1);
    double b = Double.POSITIVE_INFINITY;
    for (int c = 0; c < sums.length; c++) {
      if (c != own) {
        b = Math.min(b, sums[c] / sizes[c]);
      }
    }
    double larger = Math.max(a, b);
    return larger == 0 ? 0 : (b - a) / larger;
  }

  private static double euclidean(double[] x, int i, int j, int d) {
    double sum = 0;
    for (int c = 0; c < d; c++) {
      double off = x[i * d + c] - x[j * d + c];
      sum += off * off;
    }
    return Math.sqrt(sum);
  }

  private static double cosineDistance(double[] unit, int i, int j, int d) {
    double dot = 0;
    for (int c = 0; c < d; c++) {
      dot += unit[i * d + c] * unit[j * d + c];
    }
    return Math.min(2, Math.max(0, 1 - dot));
  }

  private static double[] normalised(double[] x, int d) {
    double[] unit = x.clone();
    for (int i = 0; i + d <= x.length; i += d) {
      double square = 0;
      for (int c = 0; c < d; c++) {
        square += x[i + c] * x[i + c];
      }
      double scale = square == 0 ? 0 : 1 / Math.sqrt(square);
      for (int c = 0; c < d; c++) {
        unit[i + c] *= scale;
      }
    }
    return unit;
  }
}

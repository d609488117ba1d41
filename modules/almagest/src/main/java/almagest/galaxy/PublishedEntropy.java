package almagest.galaxy;

import almagest.linalg.Pca;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.NearestNeighbours;
import almagest.stat.SpecialFunctions;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.Points;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * The article's clustering entropy, kept for comparison, not for use. It resamples the points with
 * replacement, so that about 63 % of them have a copy at distance zero; θ = 0.01 is added to every
 * distance so that the logarithm exists; the mean log eigenvalue stands where the log volume of the
 * unit ball belongs, and ψ(k + 1) where ψ(k) does. Most of the value is these, not structure: a
 * Gaussian cloud gives nearly the same. Its error bar is that of the mean of the resamples, which
 * shrinks with their number.
 *
 * <p>Distances here are exact in float64 (the article's were float32 products).
 */
public final class PublishedEntropy {
  static final double THETA = 1e-2;

  /** The article's rounding of Euler's constant. */
  static final double EULER = 0.577216;

  /** Neighbours known of each point: a resample misses them all once in 10¹⁴. */
  private static final int KNOWN = 32;

  private static final double FLOOR = 1e-10;

  /** A coordinate that deviates by less than this share of its mean is constant. */
  private static final double ROUNDING = 0x1p-40;

  private final double[][] scores;
  private final Points points;
  private final NearestNeighbours neighbours;

  private PublishedEntropy(Points scores, NearestNeighbours neighbours) {
    this.points = scores;
    this.neighbours = neighbours;
    this.scores = new double[scores.rows()][];
    Arrays.setAll(this.scores, scores::row);
  }

  /**
   * What the article's steps give.
   *
   * @param n rows in the sample
   * @param d principal components kept of the standardised coordinates
   * @param k which neighbour
   * @param resamples how many
   * @param gauss the Gaussian entropy of the scores, nats
   * @param clustering gauss minus the mean over the resamples, nats
   * @param error the printed half width: t · sd / √resamples
   * @param sd of the resamples
   */
  public record Result(
      int n,
      int d,
      int k,
      int resamples,
      double gauss,
      double clustering,
      double error,
      double sd) {}

  /**
   * The whole procedure on {@code sample} rows of a cloud, drawn without replacement (all of a
   * smaller one); d is cut to one less than the rows.
   */
  public static Result of(
      Points points, int sample, int d, int k, int resamples, Seed seed, Workers workers) {
    int n = Math.min(points.rows(), sample);
    int[] rows = SlopeInterval.sample(points.rows(), n, seed.split("sample").generator());
    return of(
        Points.of(points, rows),
        Math.min(Math.min(d, points.columns()), n - 1),
        k,
        resamples,
        seed.split("resamples"),
        workers);
  }

  /**
   * The whole procedure on a sample of rows: standardise each coordinate (population deviation; a
   * constant coordinate becomes 0), project to {@code d} components, unscaled, resample.
   */
  private static Result of(Points sample, int d, int k, int resamples, Seed seed, Workers workers) {
    Points standard = standardised(sample, workers);
    Pca pca = Pca.leadingOf(standard, d, workers);
    Points scores = Points.of(pca.scores(standard, workers));
    PublishedEntropy estimator = on(scores, workers);
    int n = scores.rows();
    double[] values =
        workers
            .map(
                resamples,
                b -> {
                  RandomGenerator random = seed.split(b).generator();
                  int[] rows = new int[n];
                  Arrays.setAll(rows, i -> random.nextInt(n));
                  return estimator.entropy(rows, k);
                })
            .stream()
            .mapToDouble(v -> v)
            .toArray();
    double gauss = Entropies.gaussian(pca.eigenvalues());
    double mean = Arrays.stream(values).average().orElse(Double.NaN);
    double square = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
    double sd = Math.sqrt(square / (resamples - 1));
    double error =
        resamples < 2
            ? Double.NaN
            : SpecialFunctions.studentTQuantile(0.975, resamples - 1) * sd / Math.sqrt(resamples);
    return new Result(n, d, k, resamples, gauss, gauss - mean, error, sd);
  }

  /** The estimator on given scores. */
  static PublishedEntropy on(Points scores, Workers workers) {
    return new PublishedEntropy(
        scores, NearestNeighbours.of(scores, Math.min(KNOWN, scores.rows() - 1), workers));
  }

  /**
   * The estimate on one resample.
   *
   * @param rows indices into the scores, with repetitions, as many as there are rows
   */
  double entropy(int[] rows, int k) {
    int n = scores.length;
    int[] copies = new int[n];
    for (int r : rows) {
      copies[r]++;
    }
    double sum = 0;
    for (int i = 0; i < n; i++) {
      if (copies[i] > 0) {
        sum += copies[i] * Math.log(distance(i, copies, k) + THETA);
      }
    }
    double logs = 0;
    int d = points.columns();
    for (double v : eigenvalues(copies, rows.length)) {
      logs += Math.log(Math.max(v, FLOOR));
    }
    double psi = -EULER;
    for (int j = 1; j <= k; j++) {
      psi += 1.0 / j;
    }
    return d * (sum / rows.length) + logs / d + Math.log(rows.length - 1.0) - psi;
  }

  /** The k-th smallest distance from a point of the resample to another, copies being others. */
  private double distance(int i, int[] copies, int k) {
    int left = k - (copies[i] - 1);
    if (left <= 0) {
      return 0;
    }
    for (int r = 0; r < neighbours.k(); r++) {
      left -= copies[neighbours.index(i, r)];
      if (left <= 0) {
        return neighbours.distance(i, r);
      }
    }
    double[] squares = new double[scores.length];
    Integer[] order = new Integer[scores.length];
    for (int j = 0; j < scores.length; j++) {
      order[j] = j;
      for (int c = 0; c < scores[j].length; c++) {
        squares[j] += (scores[i][c] - scores[j][c]) * (scores[i][c] - scores[j][c]);
      }
    }
    Arrays.sort(order, java.util.Comparator.comparingDouble(j -> squares[j]));
    left = k - (copies[i] - 1);
    for (int j : order) {
      left -= j == i ? 0 : copies[j];
      if (left <= 0) {
        return Math.sqrt(squares[j]);
      }
    }
    throw new IllegalArgumentException("a resample of fewer than " + (k + 1) + " rows");
  }

  private double[] eigenvalues(int[] copies, int total) {
    int distinct = (int) Arrays.stream(copies).filter(c -> c > 0).count();
    int d = points.columns();
    double[] mean = new double[d];
    for (int i = 0; i < copies.length; i++) {
      for (int c = 0; c < d && copies[i] > 0; c++) {
        mean[c] += copies[i] * scores[i][c] / total;
      }
    }
    try (Arena arena = Arena.ofConfined()) {
      DoubleMatrix weighted = DoubleMatrix.zeros(arena, distinct, d);
      double[] row = new double[d];
      int at = 0;
      for (int i = 0; i < copies.length; i++) {
        if (copies[i] > 0) {
          double root = Math.sqrt(copies[i]);
          for (int c = 0; c < d; c++) {
            row[c] = root * (scores[i][c] - mean[c]);
          }
          weighted.setRow(at++, row);
        }
      }
      double[] covariance = Frames.gram(weighted).toArray();
      for (int j = 0; j < covariance.length; j++) {
        covariance[j] /= total - 1;
      }
      return Pca.eigenvalues(covariance, Integer.MAX_VALUE, d);
    }
  }

  /** Every coordinate to mean 0 and population deviation 1. */
  static Points standardised(Points sample, Workers workers) {
    int n = sample.rows();
    double[] mean = Pca.mean(sample, workers);
    double[] scale = Columns.lengths(sample, mean, workers);
    for (int c = 0; c < scale.length; c++) {
      double noise = ROUNDING * Math.sqrt(n) * Math.abs(mean[c]);
      scale[c] = scale[c] > noise ? Math.sqrt(n) / scale[c] : 0;
    }
    return new Standardised(sample, mean, scale);
  }

  /** Points less a mean, times a scale for every coordinate, computed whenever they are read. */
  private record Standardised(Points points, double[] mean, double[] scale) implements Points {
    @Override
    public int rows() {
      return points.rows();
    }

    @Override
    public int columns() {
      return mean.length;
    }

    @Override
    public void copyRow(int row, double[] into) {
      points.copyRow(row, into);
      for (int c = 0; c < mean.length; c++) {
        into[c] = (into[c] - mean[c]) * scale[c];
      }
    }
  }
}

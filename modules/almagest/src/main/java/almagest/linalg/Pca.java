package almagest.linalg;

import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.Points;
import java.lang.foreign.Arena;
import java.util.Arrays;

/**
 * Principal components of a cloud: the eigenvalues and eigenvectors of its covariance (divisor n −
 * 1), all in float64.
 *
 * <p>Sample eigenvalues are not the population's: with n rows in d dimensions the large ones come
 * out too large and the small ones too small, by a factor that grows with d / n (Marčenko and
 * Pastur 1967).
 *
 * @param n rows of the cloud
 * @param mean [d]
 * @param eigenvalues [d], or only those of the components ({@link #leadingOf}), descending, none
 *     negative; from index n − 1 on they are 0, and all of equal rows are, whatever rounding leaves
 *     of those
 * @param components [m][d], unit length, in the order of the eigenvalues; the entry of largest
 *     magnitude is positive
 */
public record Pca(int n, double[] mean, double[] eigenvalues, double[][] components) {
  /** Rows that one piece of work adds up. */
  private static final int BLOCK = 2048;

  /**
   * Deviations below this share of the mean are what rounding leaves of equal rows; float32 points
   * that differ do so by far more.
   */
  private static final double ROUNDING = 0x1p-40;

  /**
   * Decomposes a cloud.
   *
   * @param points at least 2 rows, finite
   * @param components how many eigenvectors to keep, 0 … d
   */
  public static Pca of(Points points, int components, Workers workers) {
    return of(points, components, true, workers);
  }

  /**
   * As {@link #of}, without the eigenvalues of components that are not kept: {@code eigenvalues}
   * has as many as {@code components}.
   *
   * @param components at least 1
   */
  public static Pca leadingOf(Points points, int components, Workers workers) {
    return of(points, components, false, workers);
  }

  private static Pca of(Points points, int components, boolean all, Workers workers) {
    double[] mean = mean(points, workers);
    int n = points.rows();
    int d = mean.length;
    try (Arena arena = Arena.ofShared()) {
      Gram products = products(arena, points, mean, workers);
      boolean point = point(products, mean, n);
      // The products are decomposed where they lie, and divided by n − 1 afterwards.
      LeadingEigen.Result eigen;
      if (d == 0) {
        eigen = new LeadingEigen.Result(new double[0], new double[0][]);
      } else if (all) {
        eigen = LeadingEigen.inPlace(products.upper().data(), d, components, workers);
      } else {
        eigen = LeadingEigen.largest(products.upper().data(), d, components, workers);
      }
      double[][] vectors = new double[components][];
      for (int c = 0; c < components; c++) {
        vectors[c] = signed(eigen.vectors()[components - 1 - c]);
      }
      double[] values = descending(eigen.values(), n);
      for (int i = 0; i < values.length; i++) {
        values[i] = point ? 0 : values[i] / (n - 1);
      }
      return new Pca(n, mean, values, vectors);
    }
  }

  /** Whether no coordinate varies by more than rounding. */
  private static boolean point(Gram products, double[] mean, int n) {
    for (int c = 0; c < mean.length; c++) {
      double noise = ROUNDING * mean[c];
      if (products.upper().get(c, c) > (n - 1) * noise * noise) {
        return false;
      }
    }
    return true;
  }

  /** The same with the first {@code count} components only. */
  public Pca leading(int count) {
    return new Pca(n, mean, eigenvalues, Arrays.copyOf(components, count));
  }

  /** The eigenvalues of a covariance [d × d] of n rows, descending, rounding below 0 removed. */
  public static double[] eigenvalues(double[] covariance, int n, int d) {
    return descending(LeadingEigen.values(covariance, d), n);
  }

  /** Eigenvalues of n rows turned round, rounding below 0 and what n rows cannot have set to 0. */
  public static double[] descending(double[] ascending, int n) {
    int d = ascending.length;
    double[] values = new double[d];
    for (int i = 0; i < Math.min(d, n - 1); i++) {
      values[i] = Math.max(0, ascending[d - 1 - i]);
    }
    return values;
  }

  /** The mean of the rows. */
  public static double[] mean(Points points, Workers workers) {
    int n = points.rows();
    int d = points.columns();
    double[][] sums =
        workers
            .map(
                (n + BLOCK - 1) / BLOCK,
                b -> {
                  double[] sum = new double[d];
                  double[] row = new double[d];
                  for (int i = b * BLOCK; i < Math.min(n, (b + 1) * BLOCK); i++) {
                    points.copyRow(i, row);
                    for (int c = 0; c < d; c++) {
                      sum[c] += row[c];
                    }
                  }
                  return sum;
                })
            .toArray(double[][]::new);
    double[] mean = new double[d];
    for (double[] sum : sums) {
      for (int c = 0; c < d; c++) {
        mean[c] += sum[c] / n;
      }
    }
    return mean;
  }

  /** The covariance [d × d], divisor n − 1, about a given mean. */
  public static double[] covariance(Points points, double[] mean, Workers workers) {
    try (Arena arena = Arena.ofShared()) {
      double[] covariance = products(arena, points, mean, workers).matrix().toArray();
      for (int i = 0; i < covariance.length; i++) {
        covariance[i] /= points.rows() - 1;
      }
      return covariance;
    }
  }

  private static Gram products(Arena arena, Points points, double[] mean, Workers workers) {
    if (points.rows() < 2) {
      throw new IllegalArgumentException(
          "the covariance of " + points.rows() + " rows, expected at least 2");
    }
    Gram products = new Gram(arena, points.columns());
    products.add(points, mean, workers);
    return products;
  }

  /** The rows, centred, in the coordinates of the components kept: [rows, m]. */
  public DoubleMatrix scores(Points points, Workers workers) {
    DoubleMatrix into = DoubleMatrix.zeros(points.rows(), components.length);
    scores(points, into, workers);
    return into;
  }

  /** As {@link #scores(Points, Workers)} into a matrix [rows, m]. */
  public void scores(Points points, DoubleMatrix into, Workers workers) {
    int d = mean.length;
    int m = components.length;
    try (Arena arena = Arena.ofShared()) {
      DoubleMatrix basis = DoubleMatrix.zeros(arena, d, m);
      for (int j = 0; j < m; j++) {
        for (int c = 0; c < d; c++) {
          basis.set(c, j, components[j][c]);
        }
      }
      Blas.multiply(points, mean, basis, into, workers);
    }
  }

  /**
   * How many eigenvalues stand above rounding: λ &gt; λ₁ · max(n, d) · 2⁻⁵². 0 for a cloud of one
   * point.
   */
  public int rank() {
    return rank(eigenvalues, n);
  }

  /** As {@link #rank()} for eigenvalues in descending order. */
  public static int rank(double[] eigenvalues, int n) {
    if (eigenvalues.length == 0) {
      return 0;
    }
    double least = eigenvalues[0] * Math.max(n, eigenvalues.length) * 0x1p-52;
    return (int) Arrays.stream(eigenvalues).filter(v -> v > least).count();
  }

  private static double[] signed(double[] vector) {
    int largest = 0;
    for (int c = 1; c < vector.length; c++) {
      if (Math.abs(vector[c]) > Math.abs(vector[largest])) {
        largest = c;
      }
    }
    if (vector.length > 0 && vector[largest] < 0) {
      return Arrays.stream(vector).map(v -> -v).toArray();
    }
    return vector;
  }
}

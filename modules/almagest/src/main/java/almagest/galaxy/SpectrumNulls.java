package almagest.galaxy;

import almagest.linalg.Lapack;
import almagest.linalg.NarrowGram;
import almagest.linalg.Pca;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.Permutation;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.FloatMatrix;
import almagest.tensor.Points;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * Spectra of clouds with no structure, of the same n and d as the cloud they are compared with:
 * many draws each, so that a band can be shown and not one line.
 *
 * <p>Products are float32, and where eigenvalues lie close enough together ({@link #even}) so is
 * their reduction: both move eigenvalues by some 10⁻⁶ of the largest, far less than draws differ.
 */
final class SpectrumNulls {
  /** Rows that are held as columns at a time. */
  private static final int GROUP = 16_384;

  /** Up to so many coordinates float64 costs little. */
  private static final int SMALL = 600;

  /** The root of how far eigenvalues may lie apart for float32. */
  private static final double SPREAD = 10;

  private SpectrumNulls() {}

  /**
   * Standard normals: the eigenvalues of their covariance (mean taken off, divisor n − 1), drawn
   * exactly but without the cloud, as those of B Bᵀ for the bidiagonal B with χ entries (Dumitriu
   * and Edelman 2002, β = 1). O(d²) a draw.
   */
  static double[] isotropic(int n, int d, RandomGenerator random) {
    int freedom = n - 1;
    int size = Math.min(freedom, d);
    int large = Math.max(freedom, d);
    double[] diagonal = new double[size];
    double[] off = new double[size - 1];
    double above = 0;
    for (int i = 0; i < size; i++) {
      double x = chiSquare(large - i, random);
      diagonal[i] = x + above;
      if (i + 1 < size) {
        double y = chiSquare(size - 1 - i, random);
        off[i] = Math.sqrt(x * y);
        above = y;
      }
    }
    double[] ascending = Lapack.tridiagonal(diagonal, off);
    double[] values = new double[d];
    for (int i = 0; i < size; i++) {
      values[i] = Math.max(0, ascending[size - 1 - i]) / freedom;
    }
    return values;
  }

  /**
   * Room for the columns of clouds of n points, or of as many as are held at a time.
   *
   * @param last what the last cloud had, which is taken again if it fits, as fresh memory is slow
   */
  static FloatMatrix columns(FloatMatrix last, int n, int d) {
    int block = Math.min(n, GROUP);
    return last.rows() == d && last.columns() == block ? last : FloatMatrix.zeros(d, block);
  }

  /**
   * Uniform unit vectors, whose covariance has trace 1 as that of unit decoder rows has, or less.
   *
   * @param columns of n and d, overwritten
   */
  static double[] unitVectors(int n, int d, FloatMatrix columns, Seed seed, Workers workers) {
    int block = columns.columns();
    double[] sum = new double[d];
    try (Arena arena = Arena.ofShared()) {
      NarrowGram products = new NarrowGram(arena, d);
      for (int first = 0; first < n; first += block) {
        int count = Math.min(block, n - first);
        FloatMatrix part = part(columns, count);
        Seed own = seed.split(first);
        Columns.fill(
            part,
            piece -> {
              RandomGenerator random = own.split(piece).generator();
              return (i, row) -> unitVector(row, random);
            },
            workers);
        workers.run(d, c -> sum[c] += Columns.sum(part, c));
        products.add(part, workers);
      }
      DoubleMatrix upper = products.upper();
      Entry covariance = (i, j) -> (upper.get(i, j) - sum[i] * sum[j] / n) / (n - 1);
      return Pca.descending(eigenvalues(upper, covariance, even(n, d, 1, 1), workers), n);
    }
  }

  private static void unitVector(double[] row, RandomGenerator random) {
    double square = 0;
    for (int c = 0; c < row.length; c++) {
      row[c] = random.nextGaussian();
      square += row[c] * row[c];
    }
    double norm = Math.sqrt(square);
    for (int c = 0; c < row.length; c++) {
      row[c] /= norm;
    }
  }

  /**
   * The cloud with every coordinate permuted by itself: keeps each coordinate's values, hence
   * trace, and breaks what ties coordinates together. Not invariant under rotation.
   *
   * <p>A cloud of more than {@value #GROUP} rows is permuted within random groups of so many, which
   * leaves the differences of the groups' means, one degree of freedom a group, as they were.
   *
   * @param mean [d] of the cloud
   * @param columns of its n and d, overwritten
   */
  static double[] shuffledCoordinates(
      Points points, double[] mean, FloatMatrix columns, Seed seed, Workers workers) {
    int n = points.rows();
    int d = points.columns();
    double[] length = Columns.lengths(points, mean, workers);
    int[] order = n > GROUP ? Permutation.of(n, seed.split("groups").generator()) : identity(n);
    int block = columns.columns();
    try (Arena arena = Arena.ofShared()) {
      NarrowGram products = new NarrowGram(arena, d);
      for (int from = 0; from < n; from += block) {
        int first = from;
        int count = Math.min(block, n - first);
        FloatMatrix part = part(columns, count);
        // Unit columns: whatever the scale and offset of a coordinate, float32 holds it.
        Columns.fill(
            part,
            piece ->
                (i, row) -> {
                  points.copyRow(order[first + i], row);
                  for (int c = 0; c < d; c++) {
                    row[c] = length[c] > 0 ? (row[c] - mean[c]) / length[c] : 0;
                  }
                },
            workers);
        Seed own = seed.split(first);
        workers.run(d, c -> Columns.shuffle(part, c, own.split(c).generator()));
        products.add(part, workers);
      }
      DoubleMatrix upper = products.upper();
      Entry covariance = (i, j) -> (i == j ? 1 : upper.get(i, j)) * length[i] * length[j] / (n - 1);
      double least = Arrays.stream(length).min().orElse(0);
      double most = Arrays.stream(length).max().orElse(0);
      return Pca.descending(eigenvalues(upper, covariance, even(n, d, least, most), workers), n);
    }
  }

  /** Gives an entry on or above the diagonal. */
  interface Entry {
    double at(int i, int j);
  }

  /**
   * Whether all eigenvalues of a covariance without structure lie so close together that an error
   * of 10⁻⁶ of the largest is far below how much draws of any of them differ. They spread as the
   * coordinates' variances do, times what Marčenko and Pastur's edges add for n and d.
   *
   * @param least the smallest deviation of a coordinate
   * @param most the largest
   */
  static boolean even(int n, int d, double least, double most) {
    double gamma = Math.sqrt((double) d / (n - 1));
    return d > SMALL && gamma < 1 && most * (1 + gamma) < SPREAD * least * (1 - gamma);
  }

  /**
   * All eigenvalues, ascending, of a matrix.
   *
   * @param into [d, d] may be overwritten; an entry may read its own place there
   * @param narrow whether 10⁻⁶ of the largest eigenvalue will do, which takes half the time
   */
  static double[] eigenvalues(DoubleMatrix into, Entry entry, boolean narrow, Workers workers) {
    int d = into.rows();
    if (narrow) {
      try (Arena arena = Arena.ofShared()) {
        FloatMatrix rounded = FloatMatrix.zeros(arena, d, d);
        workers.run(
            d,
            i -> {
              for (int j = i; j < d; j++) {
                rounded.set(i, j, (float) entry.at(i, j));
              }
            });
        return Lapack.narrowValues(rounded);
      }
    }
    workers.run(
        d,
        i -> {
          for (int j = i; j < d; j++) {
            into.set(i, j, entry.at(i, j));
          }
        });
    return Lapack.largest(into, 0, workers).values();
  }

  /** The first columns of a buffer, as a matrix of their own. */
  private static FloatMatrix part(FloatMatrix buffer, int count) {
    long bytes = buffer.rows() * count * Float.BYTES;
    return FloatMatrix.view(buffer.data().asSlice(0, bytes), buffer.rows(), count);
  }

  private static int[] identity(int n) {
    int[] order = new int[n];
    Arrays.setAll(order, i -> i);
    return order;
  }

  /** A draw of χ² with an integer number of degrees of freedom (Marsaglia and Tsang 2000). */
  private static double chiSquare(int freedom, RandomGenerator random) {
    if (freedom == 1) {
      double z = random.nextGaussian();
      return z * z;
    }
    double shift = 0.5 * freedom - 1.0 / 3;
    double scale = 1 / Math.sqrt(9 * shift);
    while (true) {
      double z = random.nextGaussian();
      double cube = 1 + scale * z;
      if (cube > 0) {
        double v = cube * cube * cube;
        double u = 1 - random.nextDouble();
        if (Math.log(u) < 0.5 * z * z + shift - shift * v + shift * Math.log(v)) {
          return 2 * shift * v;
        }
      }
    }
  }

  /** Mean and spread, rank by rank, of several spectra. */
  record Band(double[] mean, double[] sd) {
    static Band of(double[][] draws) {
      int d = draws[0].length;
      double[] mean = new double[d];
      double[] sd = new double[d];
      for (int i = 0; i < d; i++) {
        int rank = i;
        double[] values = Arrays.stream(draws).mapToDouble(s -> s[rank]).toArray();
        mean[i] = Moments.mean(values);
        sd[i] = Moments.sd(values);
      }
      return new Band(mean, sd);
    }
  }
}

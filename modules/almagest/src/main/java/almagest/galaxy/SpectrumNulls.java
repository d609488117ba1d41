package almagest.galaxy;

import almagest.linalg.Lapack;
import almagest.linalg.Pca;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import almagest.tensor.Points;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * Spectra of clouds with no structure, of the same n and d as the cloud they are compared with:
 * many draws each, so that a band can be shown and not one line.
 */
final class SpectrumNulls {
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
   * Uniform unit vectors, whose covariance has trace 1 as that of unit decoder rows has, or less.
   */
  static double[] unitVectors(int n, int d, Seed seed, Workers workers) {
    try (Arena arena = Arena.ofShared()) {
      FloatMatrix cloud = FloatMatrix.zeros(arena, n, d);
      fillUnitVectors(cloud, seed, workers);
      return Pca.of(Points.of(cloud), 0, workers).eigenvalues();
    }
  }

  private static void fillUnitVectors(FloatMatrix cloud, Seed seed, Workers workers) {
    int n = cloud.rowsAsInt();
    int d = cloud.columns();
    int rows = 1024;
    workers.run(
        (n + rows - 1) / rows,
        p -> {
          RandomGenerator random = seed.split(p).generator();
          double[] row = new double[d];
          float[] unit = new float[d];
          for (int i = p * rows; i < Math.min(n, (p + 1) * rows); i++) {
            double square = 0;
            for (int c = 0; c < d; c++) {
              row[c] = random.nextGaussian();
              square += row[c] * row[c];
            }
            double norm = Math.sqrt(square);
            for (int c = 0; c < d; c++) {
              unit[c] = (float) (row[c] / norm);
            }
            cloud.setRow(i, unit);
          }
        });
  }

  /**
   * The cloud with every coordinate permuted by itself: keeps each coordinate's values, hence
   * trace, and breaks what ties coordinates together. Not invariant under rotation.
   */
  static double[] shuffledCoordinates(Points points, Seed seed, Workers workers) {
    try (Arena arena = Arena.ofShared()) {
      FloatMatrix cloud = FloatMatrix.zeros(arena, points.rows(), points.columns());
      fillShuffled(points, cloud, seed, workers);
      return Pca.of(Points.of(cloud), 0, workers).eigenvalues();
    }
  }

  private static void fillShuffled(Points points, FloatMatrix cloud, Seed seed, Workers workers) {
    int n = points.rows();
    int d = points.columns();
    double[] wide = new double[d];
    float[] narrow = new float[d];
    for (int i = 0; i < n; i++) {
      points.copyRow(i, wide);
      for (int c = 0; c < d; c++) {
        narrow[c] = (float) wide[c];
      }
      cloud.setRow(i, narrow);
    }
    workers.run(
        d,
        c -> {
          RandomGenerator random = seed.split(c).generator();
          for (int i = n - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            float v = cloud.get(i, c);
            cloud.set(i, c, cloud.get(j, c));
            cloud.set(j, c, v);
          }
        });
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

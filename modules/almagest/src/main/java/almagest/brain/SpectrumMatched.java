package almagest.brain;

import almagest.linalg.Blas;
import almagest.linalg.Pca;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import java.util.random.RandomGenerator;

/**
 * Normal clouds with the mean and covariance of a given one, every point scaled to the length of
 * the point it stands for.
 *
 * @param mean [d]
 * @param axes principal axes times their standard deviations, one a row [m, d]
 * @param lengths of the given points [n]
 */
record SpectrumMatched(double[] mean, FloatMatrix axes, double[] lengths) {
  private static final int PIECE = 512;

  static SpectrumMatched of(FloatMatrix cloud, Pca pca) {
    int d = cloud.columns();
    FloatMatrix axes = FloatMatrix.zeros(pca.components().length, d);
    float[] row = new float[d];
    for (int c = 0; c < pca.components().length; c++) {
      double sd = Math.sqrt(pca.eigenvalues()[c]);
      for (int j = 0; j < d; j++) {
        row[j] = (float) (sd * pca.components()[c][j]);
      }
      axes.setRow(c, row);
    }
    double[] lengths = new double[cloud.rowsAsInt()];
    for (int i = 0; i < lengths.length; i++) {
      cloud.copyRow(i, row);
      lengths[i] = length(row);
    }
    return new SpectrumMatched(pca.mean(), axes, lengths);
  }

  /** Draws a cloud [n, d]. */
  void fill(FloatMatrix into, Seed seed, Workers workers) {
    int n = into.rowsAsInt();
    int d = into.columns();
    int m = axes.rowsAsInt();
    workers.run(
        (n + PIECE - 1) / PIECE,
        piece -> {
          int from = piece * PIECE;
          int count = Math.min(PIECE, n - from);
          RandomGenerator random = seed.split(piece).generator();
          FloatMatrix normal = FloatMatrix.zeros(count, m);
          float[] drawn = new float[m];
          for (int i = 0; i < count; i++) {
            for (int c = 0; c < m; c++) {
              drawn[c] = (float) random.nextGaussian();
            }
            normal.setRow(i, drawn);
          }
          FloatMatrix part = into.slice(from, from + count);
          Blas.sgemm(
              false, false, count, d, m, 1f, normal.data(), m, axes.data(), d, 0f, part.data(), d);
          float[] row = new float[d];
          for (int i = 0; i < count; i++) {
            part.copyRow(i, row);
            for (int j = 0; j < d; j++) {
              row[j] += (float) mean[j];
            }
            double found = length(row);
            double scale = found > 0 ? lengths[from + i] / found : 0;
            for (int j = 0; j < d; j++) {
              row[j] *= (float) scale;
            }
            part.setRow(i, row);
          }
        });
  }

  private static double length(float[] row) {
    double square = 0;
    for (float v : row) {
      square += (double) v * v;
    }
    return Math.sqrt(square);
  }
}

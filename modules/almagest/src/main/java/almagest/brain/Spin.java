package almagest.brain;

import almagest.linalg.Blas;
import almagest.linalg.Pca;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.FloatMatrix;
import almagest.tensor.Points;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * Turns a cloud at random and asks which of its points comes to lie nearest to where each was. The
 * turn happens among the whitened leading components, where no direction is special, so that turned
 * points fall where points are.
 *
 * @param unit the points' directions there, one a row [n, m]
 */
record Spin(FloatMatrix unit) {
  /** Leading components that are turned. */
  private static final int COMPONENTS = 64;

  private static final int TILE = 512;

  static Spin of(FloatMatrix cloud, Pca pca, Workers workers) {
    int n = cloud.rowsAsInt();
    int m = Math.max(1, Math.min(Math.min(COMPONENTS, pca.rank()), pca.components().length));
    DoubleMatrix scores = pca.scores(Points.of(cloud), workers);
    FloatMatrix unit = FloatMatrix.zeros(n, m);
    float[] row = new float[m];
    for (int i = 0; i < n; i++) {
      double square = 0;
      double[] white = new double[m];
      for (int c = 0; c < m; c++) {
        double sd = Math.sqrt(pca.eigenvalues()[c]);
        white[c] = sd > 0 ? scores.get(i, c) / sd : 0;
        square += white[c] * white[c];
      }
      double scale = square > 0 ? 1 / Math.sqrt(square) : 0;
      for (int c = 0; c < m; c++) {
        row[c] = (float) (white[c] * scale);
      }
      unit.setRow(i, row);
    }
    return new Spin(unit);
  }

  /** For every point the one whose turned direction is nearest to its own; ties to the lower. */
  int[] draw(Seed seed, Workers workers) {
    int n = unit.rowsAsInt();
    int m = unit.columns();
    FloatMatrix turned = FloatMatrix.zeros(n, m);
    Blas.multiply(unit, rotation(m, seed.generator()), turned, workers);
    int[] nearest = new int[n];
    workers.run(
        (n + TILE - 1) / TILE,
        tile -> {
          int from = tile * TILE;
          int count = Math.min(TILE, n - from);
          FloatMatrix cosines = FloatMatrix.zeros(count, Math.min(n, 4 * TILE));
          float[] row = new float[cosines.columns()];
          float[] best = new float[count];
          Arrays.fill(best, Float.NEGATIVE_INFINITY);
          for (int at = 0; at < n; at += cosines.columns()) {
            int width = Math.min(cosines.columns(), n - at);
            Blas.sgemm(
                false,
                true,
                count,
                width,
                m,
                1f,
                unit.slice(from, from + count).data(),
                m,
                turned.slice(at, at + width).data(),
                m,
                0f,
                cosines.data(),
                cosines.columns());
            for (int i = 0; i < count; i++) {
              cosines.copyRow(i, row);
              for (int j = 0; j < width; j++) {
                if (row[j] > best[i]) {
                  best[i] = row[j];
                  nearest[from + i] = at + j;
                }
              }
            }
          }
        });
    return nearest;
  }

  /** A uniformly random orthogonal matrix: normal rows made orthonormal one after the other. */
  static FloatMatrix rotation(int m, RandomGenerator random) {
    double[][] q = new double[m][m];
    for (int r = 0; r < m; r++) {
      for (int c = 0; c < m; c++) {
        q[r][c] = random.nextGaussian();
      }
      // Twice is enough for orthogonality to rounding.
      for (int pass = 0; pass < 2; pass++) {
        for (int before = 0; before < r; before++) {
          double dot = 0;
          for (int c = 0; c < m; c++) {
            dot += q[r][c] * q[before][c];
          }
          for (int c = 0; c < m; c++) {
            q[r][c] -= dot * q[before][c];
          }
        }
      }
      double square = 0;
      for (double v : q[r]) {
        square += v * v;
      }
      double scale = 1 / Math.sqrt(square);
      for (int c = 0; c < m; c++) {
        q[r][c] *= scale;
      }
    }
    FloatMatrix out = FloatMatrix.zeros(m, m);
    for (int r = 0; r < m; r++) {
      for (int c = 0; c < m; c++) {
        out.set(r, c, (float) q[r][c]);
      }
    }
    return out;
  }
}

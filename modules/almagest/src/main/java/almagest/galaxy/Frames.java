package almagest.galaxy;

import almagest.linalg.Blas;
import almagest.tensor.DoubleMatrix;
import java.lang.foreign.Arena;
import java.util.random.RandomGenerator;

/**
 * Clouds whose sample mean is 0 and whose sample covariance is the identity, exactly. The whitened
 * principal component scores of n independent rows of <em>any</em> Gaussian, projected to any
 * number d &lt; n of its leading components, are distributed uniformly over these (the left
 * singular vectors of a Gaussian matrix keep their law under every rotation of the rows, hence are
 * uniform on the Stiefel manifold, and independent of the eigenvalues). So one family of draws,
 * depending on n and d alone, is the exact null of "Gaussian, with whatever covariance".
 */
final class Frames {
  private Frames() {}

  /**
   * A uniform draw [n, d]: a standard normal matrix, centred, made orthogonal through the Cholesky
   * factor of its covariance.
   *
   * @param n more than d + 1
   */
  static DoubleMatrix draw(Arena arena, int n, int d, RandomGenerator random) {
    DoubleMatrix x = DoubleMatrix.zeros(arena, n, d);
    double[] row = new double[d];
    for (int i = 0; i < n; i++) {
      for (int c = 0; c < d; c++) {
        row[c] = random.nextGaussian();
      }
      x.setRow(i, row);
    }
    return whitened(arena, x);
  }

  /**
   * Centres a matrix in place, and gives it with identity covariance (divisor n − 1), in an arena.
   */
  static DoubleMatrix whitened(Arena arena, DoubleMatrix x) {
    int n = x.rows();
    int d = x.columns();
    double[] mean = new double[d];
    for (int i = 0; i < n; i++) {
      double[] row = x.row(i);
      for (int c = 0; c < d; c++) {
        mean[c] += row[c] / n;
      }
    }
    for (int i = 0; i < n; i++) {
      double[] row = x.row(i);
      for (int c = 0; c < d; c++) {
        row[c] -= mean[c];
      }
      x.setRow(i, row);
    }
    double[] inverse = inverseCholesky(gram(x), d, n - 1.0);
    DoubleMatrix out = DoubleMatrix.zeros(arena, n, d);
    DoubleMatrix right = DoubleMatrix.copyOf(inverse, d);
    Blas.dgemm(false, false, n, d, d, 1, x.data(), d, right.data(), d, 0, out.data(), d);
    return out;
  }

  /** Xᵀ X [d × d] in the calling thread. */
  static double[] gram(DoubleMatrix x) {
    int d = x.columns();
    DoubleMatrix product = DoubleMatrix.zeros(d, d);
    Blas.dgemm(true, false, d, d, x.rows(), 1, x.data(), d, x.data(), d, 0, product.data(), d);
    return product.toArray();
  }

  /** R⁻¹, upper triangular, for A / divisor = Rᵀ R. */
  private static double[] inverseCholesky(double[] a, int d, double divisor) {
    double[] r = new double[d * d];
    for (int i = 0; i < d; i++) {
      for (int j = i; j < d; j++) {
        double sum = a[i * d + j] / divisor;
        for (int k = 0; k < i; k++) {
          sum -= r[k * d + i] * r[k * d + j];
        }
        if (i == j) {
          if (!(sum > 0)) {
            throw new ArithmeticException("the covariance is not positive definite at " + i);
          }
          r[i * d + i] = Math.sqrt(sum);
        } else {
          r[i * d + j] = sum / r[i * d + i];
        }
      }
    }
    double[] inverse = new double[d * d];
    for (int j = 0; j < d; j++) {
      inverse[j * d + j] = 1 / r[j * d + j];
      for (int i = j - 1; i >= 0; i--) {
        double sum = 0;
        for (int k = i + 1; k <= j; k++) {
          sum += r[i * d + k] * inverse[k * d + j];
        }
        inverse[i * d + j] = -sum / r[i * d + i];
      }
    }
    return inverse;
  }

  /** Columns times the roots of the eigenvalues: a cloud of that sample covariance, in place. */
  static DoubleMatrix scaled(DoubleMatrix frame, double[] eigenvalues) {
    int d = frame.columns();
    for (int i = 0; i < frame.rows(); i++) {
      double[] row = frame.row(i);
      for (int c = 0; c < d; c++) {
        row[c] *= Math.sqrt(eigenvalues[c]);
      }
      frame.setRow(i, row);
    }
    return frame;
  }
}

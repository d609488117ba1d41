package almagest.galaxy;

import almagest.linalg.Blas;
import almagest.linalg.Cholesky;
import almagest.run.Seed;
import almagest.tensor.DoubleMatrix;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
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
  /** Memory for frames that are drawn once for all clouds of a shape, bytes. */
  private static final long ROOM = 1L << 28;

  private final Seed seed;
  private final Map<String, DoubleMatrix> kept = new ConcurrentHashMap<>();
  private final AtomicLong taken = new AtomicLong();

  Frames(Seed seed) {
    this.seed = seed;
  }

  Seed seed() {
    return seed;
  }

  /**
   * The draw of that number of a uniform frame [n, d]: a standard normal matrix, centred, made
   * orthogonal through the Cholesky factor of its covariance. The same matrix every time, for
   * reading only.
   *
   * @param n more than d + 1
   */
  DoubleMatrix draw(int n, int d, int number) {
    String shape = "frame " + n + " " + d;
    String key = shape + " " + number;
    DoubleMatrix known = kept.get(key);
    if (known != null) {
      return known;
    }
    DoubleMatrix drawn = draw(n, d, seed.split(shape).split(number).generator());
    long bytes = (long) n * d * Double.BYTES;
    if (taken.addAndGet(bytes) > ROOM) {
      taken.addAndGet(-bytes);
    } else {
      kept.put(key, drawn);
    }
    return drawn;
  }

  private static DoubleMatrix draw(int n, int d, RandomGenerator random) {
    try (Arena arena = Arena.ofConfined()) {
      DoubleMatrix x = DoubleMatrix.zeros(arena, n, d);
      double[] row = new double[d];
      for (int i = 0; i < n; i++) {
        for (int c = 0; c < d; c++) {
          row[c] = random.nextGaussian();
        }
        x.setRow(i, row);
      }
      return whitened(Arena.ofAuto(), x);
    }
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
    DoubleMatrix covariance = gram(x);
    for (int i = 0; i < d; i++) {
      for (int j = 0; j < d; j++) {
        covariance.set(i, j, covariance.get(i, j) / (n - 1));
      }
    }
    DoubleMatrix right =
        Cholesky.of(covariance)
            .orElseThrow(() -> new ArithmeticException("the covariance is not positive definite"))
            .whitening();
    DoubleMatrix out = DoubleMatrix.zeros(arena, n, d);
    Blas.dgemm(false, false, n, d, d, 1, x.data(), d, right.data(), d, 0, out.data(), d);
    return out;
  }

  /** Xᵀ X [d, d] in the calling thread. */
  static DoubleMatrix gram(DoubleMatrix x) {
    int d = x.columns();
    DoubleMatrix product = DoubleMatrix.zeros(d, d);
    Blas.dgemm(true, false, d, d, x.rows(), 1, x.data(), d, x.data(), d, 0, product.data(), d);
    return product;
  }

  /** Columns times the roots of the eigenvalues: a cloud of that sample covariance, in an arena. */
  static DoubleMatrix scaled(Arena arena, DoubleMatrix frame, double[] eigenvalues) {
    int d = frame.columns();
    double[] root = Arrays.stream(eigenvalues).map(Math::sqrt).toArray();
    DoubleMatrix cloud = DoubleMatrix.zeros(arena, frame.rows(), d);
    for (int i = 0; i < frame.rows(); i++) {
      double[] row = frame.row(i);
      for (int c = 0; c < d; c++) {
        row[c] *= root[c];
      }
      cloud.setRow(i, row);
    }
    return cloud;
  }
}

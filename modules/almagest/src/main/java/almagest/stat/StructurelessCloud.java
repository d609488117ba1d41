package almagest.stat;

import almagest.linalg.Blas;
import almagest.linalg.Cholesky;
import almagest.linalg.Gram;
import almagest.linalg.Pca;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.FloatMatrix;
import almagest.tensor.Points;
import java.lang.foreign.Arena;
import java.util.random.RandomGenerator;

/**
 * Clouds without structure that have the size, the mean, the covariance (hence the spectrum) and
 * the distances from the centre of a given one: the null of a search for structure.
 *
 * <p>A draw takes normal directions in the whitened space of the cloud, gives point i the whitened
 * (Mahalanobis) length that the i-th given point has, and turns the result so that its mean and
 * covariance are the given ones exactly. If the given cloud is normal then, given its mean and
 * covariance, it is distributed as its draws are; so a comparison of the two is a test of the exact
 * level, which drawing from the estimated covariance would not give. (Given the lengths too it
 * holds but for the correction that restores the covariance.) What is not elliptical about a cloud
 * (groups, lattices, duplicates) counts as structure.
 *
 * <p>When all points have the same length (1 % or better, as decoder directions), those of a draw
 * are scaled to it, and the covariance then holds only nearly.
 */
public final class StructurelessCloud {
  private static final int PIECE = 512;

  private final int n;
  private final int d;
  private final double[] mean;

  /** [rank, d] principal axes times their standard deviations. */
  private final DoubleMatrix axes;

  private final double[] radii;

  /** The common length of the points, or 0. */
  private final double length;

  private StructurelessCloud(
      int n, int d, double[] mean, DoubleMatrix axes, double[] radii, double length) {
    this.n = n;
    this.d = d;
    this.mean = mean;
    this.axes = axes;
    this.radii = radii;
    this.length = length;
  }

  /**
   * Measures a cloud. O(n d² + d³).
   *
   * @param points finite, at least 2
   * @throws IllegalArgumentException when all points are equal
   */
  public static StructurelessCloud like(Points points, Workers workers) {
    int n = points.rows();
    int d = points.columns();
    Pca pca = Pca.of(points, Math.min(d, n - 1), workers);
    int rank = pca.rank();
    if (rank == 0) {
      throw new IllegalArgumentException("all points are equal: there is no cloud to draw like it");
    }
    DoubleMatrix axes = DoubleMatrix.zeros(rank, d);
    for (int c = 0; c < rank; c++) {
      double sd = Math.sqrt(pca.eigenvalues()[c]);
      for (int j = 0; j < d; j++) {
        axes.set(c, j, sd * pca.components()[c][j]);
      }
    }
    double[] radii = new double[n];
    double shortest = Double.POSITIVE_INFINITY;
    double longest = 0;
    try (Arena arena = Arena.ofShared()) {
      DoubleMatrix scores = DoubleMatrix.zeros(arena, n, pca.components().length);
      pca.scores(points, scores, workers);
      for (int i = 0; i < n; i++) {
        double square = 0;
        for (int c = 0; c < rank; c++) {
          square += scores.get(i, c) * scores.get(i, c) / pca.eigenvalues()[c];
        }
        radii[i] = Math.sqrt(square);
        double own = 0;
        for (double v : points.row(i)) {
          own += v * v;
        }
        shortest = Math.min(shortest, Math.sqrt(own));
        longest = Math.max(longest, Math.sqrt(own));
      }
    }
    boolean same = longest > 0 && longest - shortest <= 0.01 * longest;
    return new StructurelessCloud(
        n, d, pca.mean(), axes, radii, same ? (shortest + longest) / 2 : 0);
  }

  /** The dimension that the cloud fills. */
  public int rank() {
    return axes.rows();
  }

  /** A draw [n, d], in an arena that all threads may use. O(n d rank). */
  public FloatMatrix draw(Arena arena, Seed seed, Workers workers) {
    FloatMatrix out = FloatMatrix.zeros(arena, n, d);
    try (Arena passing = Arena.ofShared()) {
      DoubleMatrix z = DoubleMatrix.zeros(passing, n, rank());
      directions(z, seed, workers);
      centre(z, workers);
      turn(z, Blas.multiply(whitening(z, workers), axes, workers), out, workers);
    }
    return out;
  }

  /** Normal directions of the given lengths. */
  private void directions(DoubleMatrix z, Seed seed, Workers workers) {
    int r = z.columns();
    workers.runRanges(
        n,
        PIECE,
        (from, to) -> {
          RandomGenerator random = seed.split(from / PIECE).generator();
          double[] row = new double[r];
          for (int i = from; i < to; i++) {
            double square = 0;
            for (int c = 0; c < r; c++) {
              row[c] = random.nextGaussian();
              square += row[c] * row[c];
            }
            for (int c = 0; c < r; c++) {
              row[c] *= radii[i] / Math.sqrt(square);
            }
            z.setRow(i, row);
          }
        });
  }

  private void centre(DoubleMatrix z, Workers workers) {
    double[] mean = Pca.mean(Points.of(z), workers);
    workers.runRanges(
        n,
        PIECE,
        (from, to) -> {
          for (int i = from; i < to; i++) {
            double[] row = z.row(i);
            for (int c = 0; c < row.length; c++) {
              row[c] -= mean[c];
            }
            z.setRow(i, row);
          }
        });
  }

  /** [rank, rank], what makes the covariance of centred rows the identity. */
  private DoubleMatrix whitening(DoubleMatrix z, Workers workers) {
    DoubleMatrix covariance = Gram.of(z, workers);
    for (int c = 0; c < covariance.rows(); c++) {
      double[] row = covariance.row(c);
      for (int j = 0; j < row.length; j++) {
        row[j] /= n - 1;
      }
      covariance.setRow(c, row);
    }
    return Cholesky.of(covariance)
        .orElseThrow(
            () -> new ArithmeticException("the covariance of a draw is not positive definite"))
        .whitening();
  }

  /** z · onto + mean, at the common length if there is one. */
  private void turn(DoubleMatrix z, DoubleMatrix onto, FloatMatrix out, Workers workers) {
    workers.runRanges(
        n,
        PIECE,
        (from, to) -> {
          try (Arena arena = Arena.ofConfined()) {
            DoubleMatrix x = DoubleMatrix.zeros(arena, to - from, d);
            Blas.dgemm(
                false,
                false,
                to - from,
                d,
                z.columns(),
                1,
                z.slice(from, to).data(),
                z.columns(),
                onto.data(),
                d,
                0,
                x.data(),
                d);
            float[] row = new float[d];
            for (int i = from; i < to; i++) {
              double[] wide = x.row(i - from);
              double square = 0;
              for (int j = 0; j < d; j++) {
                wide[j] += mean[j];
                square += wide[j] * wide[j];
              }
              double scale = length > 0 && square > 0 ? length / Math.sqrt(square) : 1;
              for (int j = 0; j < d; j++) {
                row[j] = (float) (wide[j] * scale);
              }
              out.setRow(i, row);
            }
          }
        });
  }
}

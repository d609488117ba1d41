package almagest.stat;

import almagest.linalg.Blas;
import almagest.linalg.Pca;
import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.Points;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Euclidean distances of points with many coordinates, a tile at a time, from inner products: |x −
 * y|² = |x|² + |y|² − 2 x · y of the centred points, float64.
 *
 * <p>A product errs by about d 10⁻¹⁶ |x||y|, which says little of points that nearly coincide.
 * Where the squared distance is below {@value #NEAR} of |x|² + |y|² it is computed from the
 * coordinates instead, so that duplicates are at distance 0 and no distance errs by more than about
 * d 10⁻¹³ of itself.
 */
final class ProductDistances {
  /** Coordinates from which on this is the faster way. */
  static final int MANY = 32;

  private static final double NEAR = 1e-3;
  private static final int PIECE = 512;

  private final DoubleMatrix x;
  private final double[] square;

  private ProductDistances(DoubleMatrix x, double[] square) {
    this.x = x;
    this.square = square;
  }

  /**
   * @param points [n, d]
   * @param order [n] the point that stands at each place
   */
  static ProductDistances of(Points points, int[] order, Workers workers) {
    int n = order.length;
    int d = points.columns();
    double[] mean = Pca.mean(points, workers);
    DoubleMatrix x = DoubleMatrix.zeros(n, d);
    double[] square = new double[n];
    workers.runRanges(
        n,
        PIECE,
        (from, to) -> {
          double[] row = new double[d];
          for (int i = from; i < to; i++) {
            points.copyRow(order[i], row);
            for (int c = 0; c < d; c++) {
              row[c] -= mean[c];
              square[i] += row[c] * row[c];
            }
            x.setRow(i, row);
          }
        });
    return new ProductDistances(x, square);
  }

  /**
   * Distances of the places {@code from} … {@code to} to {@code left} … {@code right}, ends left
   * out.
   *
   * @param into row-major, at least (to − from) (right − left)
   */
  void tile(int from, int to, int left, int right, double[] into) {
    int d = x.columns();
    int rows = to - from;
    int columns = right - left;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment products = arena.allocate(ValueLayout.JAVA_DOUBLE, (long) rows * columns);
      Blas.dgemm(
          false,
          true,
          rows,
          columns,
          d,
          1,
          x.slice(from, to).data(),
          d,
          x.slice(left, right).data(),
          d,
          0,
          products,
          columns);
      MemorySegment.copy(products, ValueLayout.JAVA_DOUBLE, 0, into, 0, rows * columns);
    }
    for (int i = from; i < to; i++) {
      int row = (i - from) * columns - left;
      for (int j = left; j < right; j++) {
        double both = square[i] + square[j];
        double apart = both - 2 * into[row + j];
        into[row + j] = apart < NEAR * both ? -1 : Math.sqrt(apart);
      }
      for (int j = left; j < right; j++) {
        if (!(into[row + j] >= 0)) {
          into[row + j] = exact(i, j);
        }
      }
    }
  }

  private double exact(int i, int j) {
    double sum = 0;
    for (int c = 0; c < x.columns(); c++) {
      double off = x.get(i, c) - x.get(j, c);
      sum += off * off;
    }
    return Math.sqrt(sum);
  }
}

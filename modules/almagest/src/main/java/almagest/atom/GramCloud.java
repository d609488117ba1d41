package almagest.atom;

import almagest.linalg.Blas;
import almagest.linalg.Pca;
import almagest.run.Progress;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import almagest.tensor.Points;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * All inner products of a centred cloud in float32, with what bounds their rounding. With them the
 * difference of two differences costs the same in any dimension: |(b − a) − (d − c)|² = |b − a|² +
 * |d − c|² − 2 (w_d − w_c) for w = (b − a) · x, and w is the difference of two rows.
 *
 * <p>A product errs by at most {@link #epsilon} |x||y| (Higham, Accuracy and Stability of Numerical
 * Algorithms, section 3.1, with the rounding of the points themselves). Products of a point with
 * itself are left out: 0 stands in their place, so that a and b do not count among their own
 * partners.
 *
 * @param products [n, n], diagonal 0
 * @param low [n] squared norms less their share of the error: low_i + low_j − 2 p_ij never exceeds
 *     the squared distance
 * @param norm [n] lengths
 * @param widest the largest length
 * @param scale the points were multiplied by it
 */
record GramCloud(
    FloatMatrix products, float[] low, double[] norm, double widest, double epsilon, double scale) {
  private static final int TILE = 512;
  private static final int SIDE = 16;

  /** The bytes it takes for n points in d dimensions, the centred copy included. */
  static long bytes(long n, long d) {
    return 4 * n * n + 4 * n * d + 16 * n;
  }

  static GramCloud of(Points points, Workers workers, Progress progress) {
    int n = points.rows();
    int d = points.columns();
    double[] mean = Pca.mean(points, workers);
    double widest = 0;
    double[] row = new double[d];
    for (int i = 0; i < n; i++) {
      points.copyRow(i, row);
      for (int c = 0; c < d; c++) {
        widest = Math.max(widest, Math.abs(row[c] - mean[c]));
      }
    }
    double scale =
        widest > 0 ? Math.scalb(1.0, -Math.clamp(Math.getExponent(widest), -1000, 1000)) : 1;
    FloatMatrix y = FloatMatrix.zeros(n, d);
    double epsilon = 1.01 * (d + 16) * 0x1p-24;
    float[] low = new float[n];
    double[] norm = new double[n];
    int tiles = (n + TILE - 1) / TILE;
    workers.run(
        tiles,
        t -> {
          double[] wide = new double[d];
          float[] narrow = new float[d];
          for (int i = t * TILE; i < Math.min(n, (t + 1) * TILE); i++) {
            points.copyRow(i, wide);
            double square = 0;
            for (int c = 0; c < d; c++) {
              narrow[c] = (float) ((wide[c] - mean[c]) * scale);
              square += (double) narrow[c] * narrow[c];
            }
            y.setRow(i, narrow);
            norm[i] = Math.sqrt(square);
            low[i] = (float) (square * (1 - 2 * epsilon));
          }
        });
    FloatMatrix products = FloatMatrix.zeros(n, n);
    int pairs = tiles * (tiles + 1) / 2;
    try (Progress.Task task = progress.start("inner products", pairs, "tiles")) {
      workers.run(
          pairs,
          p -> {
            int a = (int) ((Math.sqrt(8.0 * p + 1) - 1) / 2);
            while ((a + 1) * (a + 2) / 2 <= p) {
              a++;
            }
            while (a * (a + 1) / 2 > p) {
              a--;
            }
            tile(y, products, a, p - a * (a + 1) / 2);
            task.advance(1);
          });
    }
    double longest = 0;
    for (int i = 0; i < n; i++) {
      products.set(i, i, 0);
      longest = Math.max(longest, norm[i]);
    }
    return new GramCloud(products, low, norm, longest, epsilon, scale);
  }

  /** One tile of the lower triangle and its mirror image. */
  private static void tile(FloatMatrix y, FloatMatrix into, int a, int b) {
    int n = into.columns();
    int top = a * TILE;
    int left = b * TILE;
    int rows = Math.min(TILE, n - top);
    int columns = Math.min(TILE, n - left);
    long corner = ((long) top * n + left) * Float.BYTES;
    Blas.sgemm(
        false,
        true,
        rows,
        columns,
        y.columns(),
        1f,
        y.slice(top, (long) top + rows).data(),
        y.columns(),
        y.slice(left, (long) left + columns).data(),
        y.columns(),
        0f,
        into.data().asSlice(corner),
        n);
    if (a == b) {
      return;
    }
    MemorySegment m = into.data();
    for (int r = 0; r < rows; r += SIDE) {
      for (int c = 0; c < columns; c += SIDE) {
        for (int i = r; i < Math.min(rows, r + SIDE); i++) {
          for (int j = c; j < Math.min(columns, c + SIDE); j++) {
            float v = m.get(ValueLayout.JAVA_FLOAT, corner + ((long) i * n + j) * Float.BYTES);
            m.set(ValueLayout.JAVA_FLOAT, ((long) (left + j) * n + top + i) * Float.BYTES, v);
          }
        }
      }
    }
  }

  int size() {
    return low.length;
  }

  /** Byte order of the products, for vector loads. */
  static ByteOrder order() {
    return ByteOrder.nativeOrder();
  }

  /** What the squared distance of two points may exceed its lower bound by. */
  double slack() {
    return 8 * epsilon * widest * widest;
  }

  /** The lower bound of the squared distance. */
  double lowSquare(int i, int j) {
    return Math.max(0, (double) low[i] + low[j] - 2.0 * products.get(i, j));
  }

  /**
   * The median distance between points, over at most about a million pairs that are spread evenly;
   * always the same for the same cloud. An estimate good to a few parts in a thousand.
   */
  double medianDistance() {
    int n = size();
    int step = Math.max(1, n / 1024);
    int m = (n + step - 1) / step;
    float[] squares = new float[Math.toIntExact((long) m * (m - 1) / 2)];
    int at = 0;
    for (int i = 0; i < n; i += step) {
      for (int j = 0; j < i; j += step) {
        squares[at++] = (float) lowSquare(i, j);
      }
    }
    java.util.Arrays.sort(squares);
    return Math.sqrt(squares[squares.length / 2]) / scale;
  }
}

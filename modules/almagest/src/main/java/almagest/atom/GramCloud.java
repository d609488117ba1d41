package almagest.atom;

import almagest.linalg.Blas;
import almagest.linalg.Pca;
import almagest.run.Progress;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import almagest.tensor.Points;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * All inner products of a centred cloud in float32, or above {@value #FLOATS} points in steps of
 * 1/127 of the largest possible in a byte each, with what bounds their rounding. With them the
 * difference of two differences costs the same in any dimension: |(b − a) − (d − c)|² = |b − a|² +
 * |d − c|² − 2 (w_d − w_c) for w = (b − a) · x, and w is the difference of two rows.
 *
 * <p>A product errs by at most {@link #epsilon} |x||y| (Higham, Accuracy and Stability of Numerical
 * Algorithms, section 3.1, with the rounding of the points themselves). Products of a point with
 * itself are left out: 0 stands in their place, so that a and b do not count among their own
 * partners.
 *
 * @param products n × n, row-major, diagonal 0
 * @param step 0 for float32, else what a byte counts
 * @param low [n] squared norms less their share of the error: low_i + low_j − 2 p_ij never exceeds
 *     the squared distance
 * @param norm [n] lengths
 * @param widest the largest length
 * @param scale the points were multiplied by it
 */
record GramCloud(
    MemorySegment products,
    float step,
    float[] low,
    double[] norm,
    double widest,
    double epsilon,
    double scale) {
  private static final int TILE = 512;
  private static final int SIDE = 16;

  /** Points up to which products are kept in float32. */
  static final int FLOATS = 24_576;

  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

  /** As many bytes; no vector of bytes is shorter than eight. */
  private static final VectorSpecies<Byte> BYTES =
      VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(8, SPECIES.length()) * 8));

  /** The bytes it takes for n points in d dimensions, the centred copy included. */
  static long bytes(long n, long d) {
    return (n > FLOATS ? 1 : Float.BYTES) * n * n + 4 * n * d + 16 * n;
  }

  static GramCloud of(Points points, Workers workers, Progress progress) {
    return of(points, points.rows() > FLOATS, workers, progress);
  }

  static GramCloud of(Points points, boolean coarse, Workers workers, Progress progress) {
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
    float step = coarse ? step(norm) : 0;
    long size = coarse ? Byte.BYTES : Float.BYTES;
    MemorySegment products = Arena.ofAuto().allocate(size * n * n, 64);
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
            tile(y, products, step, a, p - a * (a + 1) / 2);
            task.advance(1);
          });
    }
    double longest = 0;
    for (int i = 0; i < n; i++) {
      write(products, step, (long) i * n + i, 0);
      longest = Math.max(longest, norm[i]);
      // A product may be half a step off, and enters twice, shared by two points.
      low[i] = Math.nextDown(low[i] - step / 2);
    }
    return new GramCloud(products, step, low, norm, longest, epsilon, scale);
  }

  /** No product of two points exceeds that of the two longest. */
  private static float step(double[] norm) {
    double[] sorted = norm.clone();
    java.util.Arrays.sort(sorted);
    int n = sorted.length;
    return (float) (1.001 * sorted[n - 1] * sorted[Math.max(0, n - 2)] / Byte.MAX_VALUE);
  }

  private static void write(MemorySegment into, float step, long at, float value) {
    if (step > 0) {
      into.set(ValueLayout.JAVA_BYTE, at, (byte) Math.round(value / step));
    } else {
      into.set(ValueLayout.JAVA_FLOAT, at * Float.BYTES, value);
    }
  }

  /** One tile of the lower triangle and its mirror image. */
  private static void tile(FloatMatrix y, MemorySegment into, float step, int a, int b) {
    int n = y.rowsAsInt();
    int top = a * TILE;
    int left = b * TILE;
    int rows = Math.min(TILE, n - top);
    int columns = Math.min(TILE, n - left);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment part = arena.allocate((long) rows * columns * Float.BYTES, 64);
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
          part,
          columns);
      for (int r = 0; r < rows; r += SIDE) {
        for (int c = 0; c < columns; c += SIDE) {
          for (int i = r; i < Math.min(rows, r + SIDE); i++) {
            for (int j = c; j < Math.min(columns, c + SIDE); j++) {
              // The diagonal is cleared later; a byte could not hold it.
              float v =
                  a == b && i == j ? 0 : part.getAtIndex(ValueLayout.JAVA_FLOAT, i * columns + j);
              write(into, step, (long) (top + i) * n + left + j, v);
              if (a != b) {
                write(into, step, (long) (left + j) * n + top + i, v);
              }
            }
          }
        }
      }
    }
  }

  int size() {
    return low.length;
  }

  float product(int i, int j) {
    long at = (long) i * size() + j;
    return step > 0
        ? step * products.get(ValueLayout.JAVA_BYTE, at)
        : products.get(ValueLayout.JAVA_FLOAT, at * Float.BYTES);
  }

  /** Products of i with j and the points after it, as many as a vector has lanes. */
  FloatVector products(int i, int j) {
    long at = (long) i * low.length + j;
    if (step > 0 && SPECIES.length() < BYTES.length()) {
      float[] few = new float[SPECIES.length()];
      for (int l = 0; l < few.length; l++) {
        few[l] = step * products.get(ValueLayout.JAVA_BYTE, at + l);
      }
      return FloatVector.fromArray(SPECIES, few, 0);
    }
    if (step > 0) {
      ByteVector bytes = ByteVector.fromMemorySegment(BYTES, products, at, ByteOrder.nativeOrder());
      return ((FloatVector) bytes.convertShape(VectorOperators.B2F, SPECIES, 0)).mul(step);
    }
    return FloatVector.fromMemorySegment(
        SPECIES, products, at * Float.BYTES, ByteOrder.nativeOrder());
  }

  /** What the sum of four products may be off by beyond rounding. */
  double stepError() {
    return 2.0 * step;
  }

  /** What the squared distance of two points may exceed its lower bound by. */
  double slack() {
    return 8 * epsilon * widest * widest + 2.1 * step;
  }

  /** The lower bound of the squared distance. */
  double lowSquare(int i, int j) {
    return Math.max(0, (double) low[i] + low[j] - 2.0 * product(i, j));
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

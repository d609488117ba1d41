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
import java.util.Arrays;
import java.util.stream.IntStream;
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

  /** The bytes that the products of n points take. */
  static long bytes(long n) {
    return (n > FLOATS ? Byte.BYTES : Float.BYTES) * n * n;
  }

  static GramCloud of(Points points, Workers workers, Progress progress) {
    return of(points, points.rows() > FLOATS, workers, progress);
  }

  static GramCloud of(Points points, boolean coarse, Workers workers, Progress progress) {
    return of(points, room(points.rows(), coarse), coarse, workers, progress);
  }

  /** As {@link #of(Points, Workers, Progress)}, the products in a {@link #room(int)}. */
  static GramCloud of(Points points, MemorySegment room, Workers workers, Progress progress) {
    return of(points, room, points.rows() > FLOATS, workers, progress);
  }

  /** Memory for the products of n points, for one cloud after the other. */
  static MemorySegment room(int n) {
    return room(n, n > FLOATS);
  }

  private static MemorySegment room(int n, boolean coarse) {
    return Arena.ofAuto().allocate((coarse ? Byte.BYTES : Float.BYTES) * (long) n * n, 64);
  }

  private static GramCloud of(
      Points points, MemorySegment products, boolean coarse, Workers workers, Progress progress) {
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
    double epsilon = 1.01 * (d + 16) * 0x1p-24;
    float[] low = new float[n];
    double[] norm = new double[n];
    int tiles = (n + TILE - 1) / TILE;
    float step;
    try (Arena arena = Arena.ofShared()) {
      FloatMatrix y = FloatMatrix.zeros(arena, n, d);
      workers.runRanges(
          n,
          TILE,
          (from, to) -> {
            double[] wide = new double[d];
            float[] narrow = new float[d];
            for (int i = from; i < to; i++) {
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
      float unit = coarse ? step(norm) : 0;
      int pairs = tiles * (tiles + 1) / 2;
      try (Progress.Task task = progress.start("inner products", pairs, "tiles")) {
        workers.runPairs(
            tiles,
            (a, b) -> {
              tile(y, products, unit, b, a);
              task.advance(1);
            });
      }
      step = unit;
    }
    double longest = 0;
    for (int i = 0; i < n; i++) {
      longest = Math.max(longest, norm[i]);
      // A product may be half a step off, and enters twice, shared by two points.
      low[i] = Math.nextDown(low[i] - step / 2);
    }
    return new GramCloud(products, step, low, norm, longest, epsilon, scale);
  }

  /** No product of two points exceeds that of the two longest. */
  private static float step(double[] norm) {
    double[] sorted = norm.clone();
    Arrays.sort(sorted);
    int n = sorted.length;
    return (float) (1.001 * sorted[n - 1] * sorted[Math.max(0, n - 2)] / Byte.MAX_VALUE);
  }

  /** One tile of the lower triangle and its mirror image; no product of a point with itself. */
  private static void tile(FloatMatrix y, MemorySegment into, float step, int a, int b) {
    int n = y.rowsAsInt();
    int top = a * TILE;
    int left = b * TILE;
    int rows = Math.min(TILE, n - top);
    int columns = Math.min(TILE, n - left);
    float[] part = new float[rows * columns];
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment product = arena.allocate((long) rows * columns * Float.BYTES, 64);
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
          product,
          columns);
      MemorySegment.copy(product, ValueLayout.JAVA_FLOAT, 0, part, 0, part.length);
    }
    if (a == b) {
      for (int i = 0; i < rows; i++) {
        part[i * columns + i] = 0;
      }
      put(part, columns, into, step, top, left, n);
      return;
    }
    put(part, columns, into, step, top, left, n);
    float[] turned = new float[part.length];
    for (int r = 0; r < rows; r += SIDE) {
      for (int c = 0; c < columns; c += SIDE) {
        for (int j = c; j < Math.min(columns, c + SIDE); j++) {
          for (int i = r; i < Math.min(rows, r + SIDE); i++) {
            turned[j * rows + i] = part[i * columns + j];
          }
        }
      }
    }
    put(turned, rows, into, step, left, top, n);
  }

  /** Writes a tile, rounded to steps if there are any, from a row and a column on. */
  private static void put(
      float[] tile, int columns, MemorySegment into, float step, int top, int left, int n) {
    byte[] steps = new byte[step > 0 ? tile.length : 0];
    for (int i = 0; i < steps.length; i++) {
      steps[i] = (byte) Math.round(tile[i] / step);
    }
    for (int r = 0; r * columns < tile.length; r++) {
      long at = (long) (top + r) * n + left;
      if (step > 0) {
        MemorySegment.copy(steps, r * columns, into, ValueLayout.JAVA_BYTE, at, columns);
      } else {
        MemorySegment.copy(
            tile, r * columns, into, ValueLayout.JAVA_FLOAT, at * Float.BYTES, columns);
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
   * The median distance between points, over at most about two million pairs that are spread
   * evenly; always the same for the same cloud. An estimate good to a few parts in a thousand.
   */
  static double medianDistance(Points points, Workers workers) {
    int n = points.rows();
    int step = Math.max(1, n / 1024);
    int[] some = IntStream.range(0, (n + step - 1) / step).map(i -> i * step).toArray();
    GramCloud cloud = of(Points.of(points, some), workers, Progress.NONE);
    int m = cloud.size();
    float[] squares = new float[Math.toIntExact((long) m * (m - 1) / 2)];
    int at = 0;
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < i; j++) {
        squares[at++] = (float) cloud.lowSquare(i, j);
      }
    }
    Arrays.sort(squares);
    return Math.sqrt(squares[squares.length / 2]) / cloud.scale();
  }
}

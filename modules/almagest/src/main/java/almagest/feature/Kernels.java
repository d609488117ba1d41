package almagest.feature;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The inner loops over rows of floats, in native memory. Sums over lanes are taken in a fixed
 * order, because {@code reduceLanes} promises none and equal runs must give equal bits.
 */
final class Kernels {
  static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  static final int LANES = SPECIES.length();
  static final ByteOrder NATIVE = ByteOrder.nativeOrder();
  static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  private Kernels() {}

  /** The sum of the lanes, by halves: a fixed tree. */
  static float sum(FloatVector v) {
    float[] lanes = v.toArray();
    for (int half = lanes.length / 2; half > 0; half /= 2) {
      for (int i = 0; i < half; i++) {
        lanes[i] += lanes[i + half];
      }
    }
    return lanes[0];
  }

  /** The scalar product of n floats at byte {@code atA} of a and {@code atB} of b. */
  static float dot(MemorySegment a, long atA, MemorySegment b, long atB, int n) {
    FloatVector s0 = FloatVector.zero(SPECIES);
    FloatVector s1 = s0;
    int i = 0;
    for (; i + 2 * LANES <= n; i += 2 * LANES) {
      s0 = load(a, atA + 4L * i).fma(load(b, atB + 4L * i), s0);
      s1 = load(a, atA + 4L * (i + LANES)).fma(load(b, atB + 4L * (i + LANES)), s1);
    }
    for (; i + LANES <= n; i += LANES) {
      s0 = load(a, atA + 4L * i).fma(load(b, atB + 4L * i), s0);
    }
    float sum = sum(s0.add(s1));
    for (; i < n; i++) {
      sum = Math.fma(a.get(FLOAT, atA + 4L * i), b.get(FLOAT, atB + 4L * i), sum);
    }
    return sum;
  }

  /**
   * Scalar products of a vector of n floats with some rows of a matrix of n columns, four at a time
   * because memory is slower than arithmetic. Each product has the bits that it has alone.
   *
   * @param into native memory; product e is written as float index[e]
   */
  static void dots(
      MemorySegment x,
      long atX,
      MemorySegment rows,
      int n,
      int[] index,
      int from,
      int to,
      MemorySegment into) {
    int e = from;
    for (; e + 4 <= to; e += 4) {
      long row0 = 4L * index[e] * n;
      long row1 = 4L * index[e + 1] * n;
      long row2 = 4L * index[e + 2] * n;
      long row3 = 4L * index[e + 3] * n;
      FloatVector s0 = FloatVector.zero(SPECIES);
      FloatVector s1 = s0;
      FloatVector s2 = s0;
      FloatVector s3 = s0;
      int i = 0;
      for (; i + LANES <= n; i += LANES) {
        FloatVector v = load(x, atX + 4L * i);
        s0 = v.fma(load(rows, row0 + 4L * i), s0);
        s1 = v.fma(load(rows, row1 + 4L * i), s1);
        s2 = v.fma(load(rows, row2 + 4L * i), s2);
        s3 = v.fma(load(rows, row3 + 4L * i), s3);
      }
      into.set(FLOAT, 4L * index[e], ending(x, atX, rows, row0, i, n, sum(s0)));
      into.set(FLOAT, 4L * index[e + 1], ending(x, atX, rows, row1, i, n, sum(s1)));
      into.set(FLOAT, 4L * index[e + 2], ending(x, atX, rows, row2, i, n, sum(s2)));
      into.set(FLOAT, 4L * index[e + 3], ending(x, atX, rows, row3, i, n, sum(s3)));
    }
    for (; e < to; e++) {
      long row = 4L * index[e] * n;
      FloatVector s = FloatVector.zero(SPECIES);
      int i = 0;
      for (; i + LANES <= n; i += LANES) {
        s = load(x, atX + 4L * i).fma(load(rows, row + 4L * i), s);
      }
      into.set(FLOAT, 4L * index[e], ending(x, atX, rows, row, i, n, sum(s)));
    }
  }

  /** Adds the products of the last floats, which fill no vector. */
  private static float ending(
      MemorySegment a, long atA, MemorySegment b, long atB, int from, int n, float sum) {
    float s = sum;
    for (int i = from; i < n; i++) {
      s = Math.fma(a.get(FLOAT, atA + 4L * i), b.get(FLOAT, atB + 4L * i), s);
    }
    return s;
  }

  /** y += c · x over n floats. */
  static void axpy(float c, MemorySegment x, long atX, MemorySegment y, long atY, int n) {
    FloatVector factor = FloatVector.broadcast(SPECIES, c);
    int i = 0;
    for (; i + LANES <= n; i += LANES) {
      load(x, atX + 4L * i)
          .fma(factor, load(y, atY + 4L * i))
          .intoMemorySegment(y, atY + 4L * i, NATIVE);
    }
    for (; i < n; i++) {
      y.set(
          FLOAT, atY + 4L * i, Math.fma(x.get(FLOAT, atX + 4L * i), c, y.get(FLOAT, atY + 4L * i)));
    }
  }

  /** y *= c over n floats. */
  static void scale(float c, MemorySegment y, long atY, int n) {
    int i = 0;
    for (; i + LANES <= n; i += LANES) {
      load(y, atY + 4L * i).mul(c).intoMemorySegment(y, atY + 4L * i, NATIVE);
    }
    for (; i < n; i++) {
      y.set(FLOAT, atY + 4L * i, y.get(FLOAT, atY + 4L * i) * c);
    }
  }

  /**
   * y += Σ_e c[e] · row(index[e]) of a matrix with n columns, entries in order; the row stays in
   * registers, four vectors at a time.
   */
  static void gather(
      MemorySegment rows,
      int n,
      int[] index,
      float[] c,
      int from,
      int to,
      MemorySegment y,
      long atY) {
    int i = 0;
    for (; i + 4 * LANES <= n; i += 4 * LANES) {
      long at = atY + 4L * i;
      FloatVector y0 = load(y, at);
      FloatVector y1 = load(y, at + 4L * LANES);
      FloatVector y2 = load(y, at + 8L * LANES);
      FloatVector y3 = load(y, at + 12L * LANES);
      for (int e = from; e < to; e++) {
        long row = 4L * ((long) index[e] * n + i);
        FloatVector factor = FloatVector.broadcast(SPECIES, c[e]);
        y0 = load(rows, row).fma(factor, y0);
        y1 = load(rows, row + 4L * LANES).fma(factor, y1);
        y2 = load(rows, row + 8L * LANES).fma(factor, y2);
        y3 = load(rows, row + 12L * LANES).fma(factor, y3);
      }
      y0.intoMemorySegment(y, at, NATIVE);
      y1.intoMemorySegment(y, at + 4L * LANES, NATIVE);
      y2.intoMemorySegment(y, at + 8L * LANES, NATIVE);
      y3.intoMemorySegment(y, at + 12L * LANES, NATIVE);
    }
    if (i < n) {
      for (int e = from; e < to; e++) {
        axpy(c[e], rows, 4L * ((long) index[e] * n + i), y, atY + 4L * i, n - i);
      }
    }
  }

  private static FloatVector load(MemorySegment s, long at) {
    return FloatVector.fromMemorySegment(SPECIES, s, at, NATIVE);
  }
}

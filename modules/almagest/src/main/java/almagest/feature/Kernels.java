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

package almagest.brain;

import almagest.run.Seed;
import java.util.random.RandomGenerator;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Standard normal float32 numbers, many at once: {@value #LANES} generators of the xoshiro128++
 * kind (Blackman and Vigna 2021) side by side, two of their numbers to two normal ones by Box and
 * Muller's method. The largest magnitude is 5.9. Only additions, products and fused multiply-adds
 * of fixed order occur, so the numbers are the same on every processor.
 */
final class NormalLanes {
  /** Fixed, whatever the vectors of the processor hold. */
  private static final int LANES = 16;

  /** Normal numbers that one step makes. */
  static final int STEP = 2 * LANES;

  private static final VectorSpecies<Float> FLOATS =
      LANES % FloatVector.SPECIES_PREFERRED.length() == 0
          ? FloatVector.SPECIES_PREFERRED
          : FloatVector.SPECIES_128;
  private static final VectorSpecies<Integer> INTS = FLOATS.withLanes(int.class);
  private static final float LN2 = (float) Math.log(2);
  private static final float QUARTER = (float) (Math.PI / 2);
  private static final float SQRT2 = (float) Math.sqrt(2);

  private final int[] s0 = new int[LANES];
  private final int[] s1 = new int[LANES];
  private final int[] s2 = new int[LANES];
  private final int[] s3 = new int[LANES];

  NormalLanes(Seed seed) {
    RandomGenerator random = seed.generator();
    for (int l = 0; l < LANES; l++) {
      s0[l] = random.nextInt();
      s1[l] = random.nextInt();
      s2[l] = random.nextInt();
      // A state of four zeros would stay so.
      s3[l] = random.nextInt() | 1;
    }
  }

  /**
   * Fills an array.
   *
   * @param into its length a multiple of {@value #STEP}
   */
  void fill(float[] into) {
    for (int at = 0; at < into.length; at += STEP) {
      for (int l = 0; l < LANES; l += INTS.length()) {
        IntVector a = next(l);
        IntVector b = next(l);
        pair(a, b, into, at + l);
      }
    }
  }

  private IntVector next(int l) {
    IntVector a = IntVector.fromArray(INTS, s0, l);
    IntVector b = IntVector.fromArray(INTS, s1, l);
    IntVector c = IntVector.fromArray(INTS, s2, l);
    IntVector d = IntVector.fromArray(INTS, s3, l);
    IntVector result = rotated(a.add(d), 7).add(a);
    IntVector shifted = b.lanewise(VectorOperators.LSHL, 9);
    c = c.lanewise(VectorOperators.XOR, a);
    d = d.lanewise(VectorOperators.XOR, b);
    b = b.lanewise(VectorOperators.XOR, c);
    a = a.lanewise(VectorOperators.XOR, d);
    c = c.lanewise(VectorOperators.XOR, shifted);
    d = rotated(d, 11);
    a.intoArray(s0, l);
    b.intoArray(s1, l);
    c.intoArray(s2, l);
    d.intoArray(s3, l);
    return result;
  }

  private static IntVector rotated(IntVector v, int by) {
    return v.lanewise(VectorOperators.LSHL, by)
        .lanewise(VectorOperators.OR, v.lanewise(VectorOperators.LSHR, 32 - by));
  }

  /** Writes √(−2 ln u) (cos θ, sin θ), u from the bits of a, θ from those of b. */
  private static void pair(IntVector a, IntVector b, float[] into, int at) {
    // u = (24 bits + ½) / 2²⁴, never 0.
    FloatVector u =
        ((FloatVector) a.lanewise(VectorOperators.LSHR, 8).convert(VectorOperators.I2F, 0))
            .add(0.5f)
            .mul(0x1p-24f);
    FloatVector radius = logarithm(u).mul(-2f).max(0f).sqrt();
    // Two bits choose the quarter, thirty the angle in −π/4 … π/4.
    FloatVector angle =
        ((FloatVector)
                b.lanewise(VectorOperators.LSHR, 2).sub(1 << 29).convert(VectorOperators.I2F, 0))
            .mul(0x1p-30f * QUARTER);
    FloatVector square = angle.mul(angle);
    FloatVector sine = series(square, 1f / 362_880, -1f / 5040, 1f / 120, -1f / 6, 1f).mul(angle);
    FloatVector cosine = series(square, 1f / 40_320, -1f / 720, 1f / 24, -0.5f, 1f);
    VectorMask<Float> swapped =
        b.lanewise(VectorOperators.AND, 1).compare(VectorOperators.NE, 0).cast(FLOATS);
    VectorMask<Float> negative =
        b.lanewise(VectorOperators.AND, 2).compare(VectorOperators.NE, 0).cast(FLOATS);
    FloatVector signed = radius.blend(radius.neg(), negative);
    cosine.blend(sine, swapped).mul(signed).intoArray(into, at);
    sine.blend(cosine, swapped).mul(signed).intoArray(into, at + LANES);
  }

  /** ln u for u in (0, 1]: exponent apart, then 2 artanh((m − 1)/(m + 1)) with m in 1/√2 … √2. */
  private static FloatVector logarithm(FloatVector u) {
    IntVector bits = u.reinterpretAsInts();
    IntVector exponent = bits.lanewise(VectorOperators.LSHR, 23).sub(127);
    FloatVector m =
        bits.lanewise(VectorOperators.AND, 0x7fffff)
            .lanewise(VectorOperators.OR, 0x3f800000)
            .reinterpretAsFloats();
    VectorMask<Float> upper = m.compare(VectorOperators.GT, SQRT2);
    m = m.blend(m.mul(0.5f), upper);
    FloatVector e = (FloatVector) exponent.convert(VectorOperators.I2F, 0);
    e = e.blend(e.add(1f), upper);
    FloatVector s = m.sub(1f).div(m.add(1f));
    FloatVector square = s.mul(s);
    FloatVector artanh = series(square, 1f / 9, 1f / 7, 1f / 5, 1f / 3, 1f).mul(s);
    return e.mul(LN2).add(artanh.mul(2f));
  }

  /** Horner's rule, highest first. */
  private static FloatVector series(
      FloatVector x, float c4, float c3, float c2, float c1, float c0) {
    return x.mul(c4)
        .add(c3)
        .fma(x, FloatVector.broadcast(FLOATS, c2))
        .fma(x, FloatVector.broadcast(FLOATS, c1))
        .fma(x, FloatVector.broadcast(FLOATS, c0));
  }
}

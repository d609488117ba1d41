package almagest.feature;

import static almagest.feature.Kernels.FLOAT;
import static almagest.feature.Kernels.LANES;
import static almagest.feature.Kernels.NATIVE;
import static almagest.feature.Kernels.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * One step of Adam (Kingma and Ba 2015, arXiv 1412.6980), without weight decay. m ← β₁m + (1 −
 * β₁)g, v ← β₂v + (1 − β₂)g², p ← p − rate · m / (√(v / c) + ε), where the caller's {@code rate}
 * holds the correction of m and c that of v.
 *
 * @param rate learning rate / (1 − β₁ᵗ)
 * @param correction 1 / √(1 − β₂ᵗ)
 */
record Adam(float rate, float correction) {
  static final float BETA1 = 0.9f;
  static final float BETA2 = 0.999f;
  static final float EPSILON = 1e-8f;

  /**
   * @param step counted from 1
   */
  static Adam at(long step, double learningRate) {
    return new Adam(
        (float) (learningRate / (1 - Math.pow(BETA1, (double) step))),
        (float) (1 / Math.sqrt(1 - Math.pow(BETA2, (double) step))));
  }

  /** Updates n parameters that lie, with both moments, at byte {@code at}. */
  void apply(
      MemorySegment p, MemorySegment m, MemorySegment v, long at, MemorySegment gradient, int n) {
    FloatVector rates = FloatVector.broadcast(SPECIES, -rate);
    int i = 0;
    for (; i + LANES <= n; i += LANES) {
      long offset = at + 4L * i;
      FloatVector g = FloatVector.fromMemorySegment(SPECIES, gradient, 4L * i, NATIVE);
      FloatVector m1 =
          FloatVector.fromMemorySegment(SPECIES, m, offset, NATIVE)
              .mul(BETA1)
              .add(g.mul(1 - BETA1));
      FloatVector v1 =
          FloatVector.fromMemorySegment(SPECIES, v, offset, NATIVE)
              .mul(BETA2)
              .add(g.mul(g).mul(1 - BETA2));
      m1.intoMemorySegment(m, offset, NATIVE);
      v1.intoMemorySegment(v, offset, NATIVE);
      FloatVector change = m1.div(v1.sqrt().mul(correction).add(EPSILON));
      change
          .fma(rates, FloatVector.fromMemorySegment(SPECIES, p, offset, NATIVE))
          .intoMemorySegment(p, offset, NATIVE);
    }
    for (; i < n; i++) {
      long offset = at + 4L * i;
      float g = gradient.get(FLOAT, 4L * i);
      float m1 = m.get(FLOAT, offset) * BETA1 + g * (1 - BETA1);
      float v1 = v.get(FLOAT, offset) * BETA2 + g * g * (1 - BETA2);
      m.set(FLOAT, offset, m1);
      v.set(FLOAT, offset, v1);
      p.set(
          FLOAT,
          offset,
          p.get(FLOAT, offset) - rate * (m1 / ((float) Math.sqrt(v1) * correction + EPSILON)));
    }
  }

  /** Updates element i of arrays. */
  void apply(float[] p, float[] m, float[] v, int i, float g) {
    m[i] = m[i] * BETA1 + g * (1 - BETA1);
    v[i] = v[i] * BETA2 + g * g * (1 - BETA2);
    p[i] -= rate * (m[i] / ((float) Math.sqrt(v[i]) * correction + EPSILON));
  }
}

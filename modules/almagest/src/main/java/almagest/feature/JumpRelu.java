package almagest.feature;

import static almagest.feature.Kernels.FLOAT;
import static almagest.feature.Kernels.LANES;
import static almagest.feature.Kernels.NATIVE;
import static almagest.feature.Kernels.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * JumpReLU (Rajamanoharan et al. 2024, arXiv 2407.14435): pre = z + b_enc, f = pre where pre
 * exceeds both the feature's threshold and 0, else 0.
 *
 * @param bEnc [d_sae]
 * @param threshold [d_sae]
 */
public record JumpRelu(float[] bEnc, float[] threshold) implements ActivationRule {
  public JumpRelu {
    if (bEnc.length != threshold.length) {
      throw new IllegalArgumentException(
          bEnc.length + " biases but " + threshold.length + " thresholds");
    }
  }

  @Override
  public int features() {
    return bEnc.length;
  }

  @Override
  public String architecture() {
    return "jumprelu";
  }

  @Override
  public Selection selection() {
    return new Selection(128);
  }

  @Override
  public void scan(MemorySegment z, long at, int from, int count, Selection into) {
    int vectors = SPECIES.loopBound(count);
    int i = 0;
    for (; i < vectors; i += LANES) {
      FloatVector pre =
          FloatVector.fromMemorySegment(SPECIES, z, at + 4L * i, NATIVE)
              .add(FloatVector.fromArray(SPECIES, bEnc, from + i));
      FloatVector least = FloatVector.fromArray(SPECIES, threshold, from + i).max(0f);
      long fires = pre.compare(VectorOperators.GT, least).toLong();
      for (; fires != 0; fires &= fires - 1) {
        int j = i + Long.numberOfTrailingZeros(fires);
        into.add(from + j, z.get(FLOAT, at + 4L * j) + bEnc[from + j]);
      }
    }
    for (; i < count; i++) {
      float pre = z.get(FLOAT, at + 4L * i) + bEnc[from + i];
      if (pre > Math.max(0f, threshold[from + i])) {
        into.add(from + i, pre);
      }
    }
  }

  @Override
  public Floor floor() {
    float[] at = new float[bEnc.length];
    for (int j = 0; j < at.length; j++) {
      // A rounded sum exceeds a float only if the sum does.
      at[j] = Math.nextDown((float) (Math.max(0.0, threshold[j]) - bEnc[j]));
    }
    return new Floor(at, null, 0);
  }

  @Override
  public void finish(Selection selection) {}
}

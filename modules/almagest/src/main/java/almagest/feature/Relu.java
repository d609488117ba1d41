package almagest.feature;

import static almagest.feature.Kernels.FLOAT;
import static almagest.feature.Kernels.LANES;
import static almagest.feature.Kernels.NATIVE;
import static almagest.feature.Kernels.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * The standard SAE: f = max(0, z + b_enc) (Bricken et al. 2023).
 *
 * @param bEnc [d_sae]
 */
public record Relu(float[] bEnc) implements ActivationRule {
  @Override
  public int features() {
    return bEnc.length;
  }

  @Override
  public String architecture() {
    return "standard";
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
      long fires = pre.compare(VectorOperators.GT, 0f).toLong();
      for (; fires != 0; fires &= fires - 1) {
        int j = i + Long.numberOfTrailingZeros(fires);
        into.add(from + j, z.get(FLOAT, at + 4L * j) + bEnc[from + j]);
      }
    }
    for (; i < count; i++) {
      float pre = z.get(FLOAT, at + 4L * i) + bEnc[from + i];
      if (pre > 0) {
        into.add(from + i, pre);
      }
    }
  }

  @Override
  public Floor floor() {
    float[] at = new float[bEnc.length];
    for (int j = 0; j < at.length; j++) {
      at[j] = -bEnc[j];
    }
    return new Floor(at, null, 0);
  }

  @Override
  public void finish(Selection selection) {}
}

package almagest.feature;

import static almagest.feature.Kernels.FLOAT;
import static almagest.feature.Kernels.LANES;
import static almagest.feature.Kernels.NATIVE;
import static almagest.feature.Kernels.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * The gated SAE (Rajamanoharan et al. 2024, arXiv 2404.16014): f = 1[z + b_gate &gt; 0] · max(0,
 * exp(r_mag) z + b_mag).
 *
 * @param bGate [d_sae]
 * @param magnitude exp(r_mag), [d_sae]
 * @param bMag [d_sae]
 */
public record Gated(float[] bGate, float[] magnitude, float[] bMag) implements ActivationRule {
  public Gated {
    if (bGate.length != magnitude.length || bGate.length != bMag.length) {
      throw new IllegalArgumentException(
          "b_gate, r_mag and b_mag have %d, %d and %d values"
              .formatted(bGate.length, magnitude.length, bMag.length));
    }
  }

  @Override
  public int features() {
    return bGate.length;
  }

  @Override
  public String architecture() {
    return "gated";
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
      FloatVector gate =
          FloatVector.fromMemorySegment(SPECIES, z, at + 4L * i, NATIVE)
              .add(FloatVector.fromArray(SPECIES, bGate, from + i));
      long open = gate.compare(VectorOperators.GT, 0f).toLong();
      for (; open != 0; open &= open - 1) {
        int j = i + Long.numberOfTrailingZeros(open);
        magnitude(z.get(FLOAT, at + 4L * j), from + j, into);
      }
    }
    for (; i < count; i++) {
      float product = z.get(FLOAT, at + 4L * i);
      if (product + bGate[from + i] > 0) {
        magnitude(product, from + i, into);
      }
    }
  }

  private void magnitude(float product, int feature, Selection into) {
    float f = magnitude[feature] * product + bMag[feature];
    if (f > 0) {
      into.add(feature, f);
    }
  }

  @Override
  public Floor floor() {
    return new Relu(bGate).floor();
  }

  @Override
  public void finish(Selection selection) {}
}

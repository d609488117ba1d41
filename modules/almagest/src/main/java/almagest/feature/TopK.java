package almagest.feature;

import static almagest.feature.Kernels.FLOAT;
import static almagest.feature.Kernels.LANES;
import static almagest.feature.Kernels.NATIVE;
import static almagest.feature.Kernels.SPECIES;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.jspecify.annotations.Nullable;

/**
 * TopK (Gao et al. 2024, arXiv 2406.04093): of pre = (z + b_enc) · scale the k largest fire, and of
 * these only the positive. Between equal activations the smaller index wins.
 *
 * @param k at least 1
 * @param bEnc [d_sae]; −∞ keeps a feature out
 * @param scale [d_sae], the lengths of the decoder rows where SAELens' {@code
 *     rescale_acts_by_decoder_norm} is on; else null
 */
public record TopK(int k, float[] bEnc, float @Nullable [] scale) implements ActivationRule {
  public TopK {
    if (k < 1) {
      throw new IllegalArgumentException("k is " + k + ", expected at least 1");
    }
    if (scale != null && scale.length != bEnc.length) {
      throw new IllegalArgumentException(bEnc.length + " biases but " + scale.length + " scales");
    }
  }

  /** Without scales. */
  public TopK(int k, float[] bEnc) {
    this(k, bEnc, null);
  }

  @Override
  public int features() {
    return bEnc.length;
  }

  @Override
  public String architecture() {
    return "topk";
  }

  /** Room for several times k candidates, so that the bound rises seldom and by much. */
  @Override
  public Selection selection() {
    return new Selection(Math.max(4 * k, 64) + LANES);
  }

  @Override
  public void scan(MemorySegment z, long at, int from, int count, Selection into) {
    int full = Math.max(4 * k, 64);
    FloatVector bound = FloatVector.broadcast(SPECIES, into.bound);
    int vectors = SPECIES.loopBound(count);
    int i = 0;
    for (; i < vectors; i += LANES) {
      FloatVector pre =
          FloatVector.fromMemorySegment(SPECIES, z, at + 4L * i, NATIVE)
              .add(FloatVector.fromArray(SPECIES, bEnc, from + i));
      if (scale != null) {
        pre = pre.mul(FloatVector.fromArray(SPECIES, scale, from + i));
      }
      long better = pre.compare(VectorOperators.GT, bound).toLong();
      if (better != 0) {
        for (; better != 0; better &= better - 1) {
          int j = i + Long.numberOfTrailingZeros(better);
          into.add(from + j, pre(z.get(FLOAT, at + 4L * j), from + j));
        }
        if (into.size >= full) {
          into.keepBest(k);
          bound = FloatVector.broadcast(SPECIES, into.bound);
        }
      }
    }
    for (; i < count; i++) {
      float pre = pre(z.get(FLOAT, at + 4L * i), from + i);
      if (pre > into.bound) {
        into.add(from + i, pre);
      }
    }
  }

  private float pre(float product, int feature) {
    float pre = product + bEnc[feature];
    return scale == null ? pre : pre * scale[feature];
  }

  @Override
  public Floor floor() {
    float[] at = new Relu(bEnc).floor().at();
    float[] slope = new float[at.length];
    for (int j = 0; j < at.length; j++) {
      double s = scale == null ? 1 : scale[j];
      slope[j] = (float) ((1 - 0x1p-20) / s); // less by more than what the sum is rounded
    }
    return new Floor(at, slope, 32L * k);
  }

  /** The least of the k selected; 0 while they are fewer. */
  @Override
  public float bound(Selection into) {
    into.keepBest(k);
    return into.bound;
  }

  @Override
  public void finish(Selection selection) {
    selection.keepBest(k);
    selection.sortByIndex();
  }
}

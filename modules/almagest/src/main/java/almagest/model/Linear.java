package almagest.model;

import almagest.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * x Wᵀ + b.
 *
 * @param weight [out, in]
 * @param bias [out], or null for none
 */
record Linear(Tensor weight, @Nullable Tensor bias) {
  /** […, in] to […, out]. */
  Tensor of(Tensor x) {
    return x.linear(weight, bias);
  }
}

package almagest.model;

import almagest.tensor.Tensor;

/** A normalisation over the last dimension with its weights. */
@FunctionalInterface
interface Norm {
  /** […, d] to […, d]. */
  Tensor of(Tensor x);

  /** LayerNorm (Ba, Kiros and Hinton 2016): centred, divided by the deviation. */
  static Norm layer(Tensor gain, Tensor bias, double epsilon) {
    return x -> x.layerNorm(gain, bias, epsilon);
  }

  /** RMSNorm (Zhang and Sennrich 2019): divided by the root mean square. */
  static Norm rms(Tensor gain, double epsilon) {
    return x -> x.rmsNorm(gain, epsilon);
  }
}

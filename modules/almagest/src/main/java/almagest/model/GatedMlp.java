package almagest.model;

import almagest.tensor.Tensor;

/** down(act(gate(x)) ⊙ up(x)), after Shazeer 2020, arXiv 2002.05202. */
record GatedMlp(Linear gate, Linear up, Linear down, Activation activation) {
  /**
   * […, d] to […, d]. In bf16 the inner state stays bf16 from the first product to the last, which
   * rounds it anyway.
   */
  Tensor of(Tensor x) {
    Tensor h = x.to(gate.weight().type());
    Tensor inner = activation.inPlace(gate.of(h)).timesInPlace(up.of(h)); // […, inner]
    return down.of(inner).to(x.type());
  }

  /** Under the names that Llama and most after it use. */
  static GatedMlp load(
      Weights weights, String name, int inner, int d, boolean bias, Activation activation) {
    return new GatedMlp(
        weights.linear(name + ".gate_proj", inner, d, bias),
        weights.linear(name + ".up_proj", inner, d, bias),
        weights.linear(name + ".down_proj", d, inner, bias),
        activation);
  }
}

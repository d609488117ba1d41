package almagest.model;

import almagest.run.InputException;
import almagest.tensor.Tensor;

/** The nonlinearity of an MLP. */
enum Activation {
  GELU,
  GELU_TANH,
  SILU,
  RELU;

  Tensor of(Tensor x) {
    return switch (this) {
      case GELU -> x.gelu();
      case GELU_TANH -> x.geluTanh();
      case SILU -> x.silu();
      case RELU -> x.relu();
    };
  }

  /** By the name in a configuration, as Hugging Face spells them. */
  static Activation named(Config config, String key) {
    String name = config.text(key);
    return switch (name) {
      case "gelu" -> GELU;
      case "gelu_new", "gelu_pytorch_tanh", "gelu_fast" -> GELU_TANH;
      case "silu", "swish" -> SILU;
      case "relu" -> RELU;
      default ->
          throw InputException.in(
              config.file(),
              key,
              "expected gelu, gelu_new, gelu_pytorch_tanh, silu or relu, found " + name,
              "");
    };
  }
}

package almagest.model;

import almagest.run.InputException;
import almagest.tensor.Tensor;

/** The nonlinearity of an MLP. */
enum Activation {
  GELU,
  GELU_TANH,
  SILU,
  RELU;

  /** Overwrites x, element by element, and returns it. */
  Tensor inPlace(Tensor x) {
    return switch (this) {
      case GELU -> x.geluInPlace();
      case GELU_TANH -> x.geluTanhInPlace();
      case SILU -> x.siluInPlace();
      case RELU -> x.reluInPlace();
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

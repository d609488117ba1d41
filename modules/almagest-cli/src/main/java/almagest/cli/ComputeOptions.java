package almagest.cli;

import almagest.model.LanguageModel;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Where and in what a model computes; use it as a {@link Mixin}. */
final class ComputeOptions {
  @Option(
      names = "--device",
      paramLabel = "cpu|cuda",
      defaultValue = "cpu",
      description = "Where the model runs (default: ${DEFAULT-VALUE}).")
  private String device = "cpu";

  @Option(
      names = "--dtype",
      paramLabel = "float32|bf16",
      defaultValue = "float32",
      description = "What the model's matrix products are computed in (default: ${DEFAULT-VALUE}).")
  private String dtype = "float32";

  String dtype() {
    return dtype;
  }

  LanguageModel.Options forModel() {
    return LanguageModel.Options.of(device, dtype);
  }
}

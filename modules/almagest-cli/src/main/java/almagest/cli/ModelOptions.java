package almagest.cli;

import almagest.model.LanguageModel;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options of every command that runs a model; use it as a {@link Mixin}. */
final class ModelOptions {
  @Option(
      names = "--model",
      required = true,
      paramLabel = "MODEL",
      description =
          "A model's directory (config.json with safetensors, or NAME.onnx of an encoder), a .gguf file, or hub:ORG/REPO.")
  String model = "";

  @Option(
      names = "--device",
      paramLabel = "cpu|cuda",
      defaultValue = "cpu",
      description = "Where the model runs (default: ${DEFAULT-VALUE}).")
  String device = "cpu";

  @Option(
      names = "--dtype",
      paramLabel = "float32|bf16",
      defaultValue = "float32",
      description = "What matrix products are computed in (default: ${DEFAULT-VALUE}).")
  String dtype = "float32";

  LanguageModel open(Common common) {
    return LanguageModel.open(common.local(model), LanguageModel.Options.of(device, dtype));
  }
}

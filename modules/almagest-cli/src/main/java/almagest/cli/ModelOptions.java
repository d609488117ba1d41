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

  @Mixin private ComputeOptions compute = new ComputeOptions();

  LanguageModel open(Common common) {
    return LanguageModel.open(common.local(model), compute.forModel());
  }
}

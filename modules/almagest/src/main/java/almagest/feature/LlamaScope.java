package almagest.feature;

import almagest.format.Json;
import almagest.format.Safetensors;
import almagest.format.Tensor;
import almagest.run.InputException;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/**
 * Llama Scope (He et al. 2024, arXiv 2410.20526): {@code hyperparams.json} and {@code
 * checkpoints/final.safetensors} with encoder.weight [d_sae, d_in] and decoder.weight [d_in,
 * d_sae]. The input is multiplied by s = √d_in / (the data set's average norm), and the one
 * threshold was meant before that factor, so it is multiplied by s too.
 */
final class LlamaScope {
  private LlamaScope() {}

  static Sae read(Path directory) {
    Path file = directory.resolve("hyperparams.json");
    JsonNode json = Json.read(file);
    String act = json.path("act_fn").asText("");
    if (!act.equals("jumprelu")) {
      throw InputException.in(file, "act_fn", "expected jumprelu, found " + act, "");
    }
    if (json.path("use_glu_encoder").asBoolean(false)) {
      throw InputException.in(file, "use_glu_encoder", "expected false, found true", "");
    }
    String norm = json.path("norm_activation").asText("");
    if (!norm.equals("dataset-wise")) {
      throw InputException.in(
          file,
          "norm_activation",
          "expected dataset-wise, found " + json.path("norm_activation"),
          "");
    }
    if (!json.path("hook_point_in").equals(json.path("hook_point_out"))) {
      throw InputException.in(
          file,
          "hook_point_out",
          "a transcoder from " + json.path("hook_point_in") + ", expected an SAE",
          "");
    }
    double average = json.path("dataset_average_activation_norm").path("in").asDouble(Double.NaN);
    double threshold = json.path("jump_relu_threshold").asDouble(Double.NaN);
    if (!(average > 0) || !(threshold >= 0)) {
      throw InputException.in(
          file,
          "dataset_average_activation_norm.in and jump_relu_threshold",
          "expected positive numbers, found " + average + " and " + threshold,
          "");
    }
    Safetensors weights = Safetensors.open(directory.resolve("checkpoints/final.safetensors"));
    Tensor encoderBias = weights.tensor("encoder.bias");
    SaeParts parts =
        weights.has("decoder.bias")
            ? new SaeParts(weights.tensor("decoder.bias"), encoderBias)
            : new SaeParts(json.path("d_model").asInt(0), (int) encoderBias.count());
    float scale = (float) (Math.sqrt(parts.dModel()) / average);
    float[] thresholds = new float[parts.dSae()];
    Arrays.fill(thresholds, (float) (threshold * Math.sqrt(parts.dModel()) / average));
    SaeParts.Oriented encoder = parts.orient(weights.tensor("encoder.weight"), true);
    SaeParts.Oriented decoder = parts.orient(weights.tensor("decoder.weight"), false);
    parts.note(
        "the input is multiplied by %s = sqrt(d_model) / %s, the threshold too, the output divided"
            .formatted(scale, average));
    return new Sae(
        new Sae.Weights(
            encoder.matrix(),
            encoder.byFeature(),
            decoder.rowsOfFeatures(),
            weights.has("decoder.bias")
                ? parts.perDimension(weights.tensor("decoder.bias"))
                : new float[parts.dModel()],
            new JumpRelu(parts.perFeature(encoderBias), thresholds),
            InputNorm.NONE,
            scale,
            json.path("apply_decoder_bias_to_pre_encoder").asBoolean(false)),
        new SaeInfo(
            "Llama Scope",
            json.path("model_name").asText(""),
            json.path("hook_point_in").asText(""),
            Map.of("jump_relu_threshold", threshold),
            parts.notes()));
  }
}

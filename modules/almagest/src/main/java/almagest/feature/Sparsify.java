package almagest.feature;

import almagest.format.Json;
import almagest.format.Safetensors;
import almagest.run.InputException;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Map;

/**
 * EleutherAI sparsify: {@code cfg.json} and {@code sae.safetensors} with encoder.weight [latents,
 * d_in], encoder.bias, W_dec [latents, d_in] and b_dec. TopK of relu((x − b_dec) encoder.weightᵀ +
 * encoder.bias); b_dec is always subtracted.
 */
final class Sparsify {
  private Sparsify() {}

  static Sae read(Path directory) {
    Path cfg = directory.resolve("cfg.json");
    JsonNode json = Json.read(cfg);
    Safetensors file = Safetensors.open(directory.resolve("sae.safetensors"));
    String activation = json.path("activation").asText("topk");
    if (!activation.equals("topk")) {
      throw InputException.in(cfg, "activation", "expected topk, found " + activation, "");
    }
    for (String option : new String[] {"transcode", "skip_connection"}) {
      if (json.path(option).asBoolean(false)) {
        throw InputException.in(cfg, option, "a transcoder, expected an SAE", "");
      }
    }
    int k = json.path("k").asInt(0);
    SaeParts parts = new SaeParts(file.tensor("b_dec"), file.tensor("encoder.bias"));
    if (k < 1 || k > parts.dSae()) {
      throw InputException.in(
          cfg, "k", "expected 1 to " + parts.dSae() + ", found " + json.path("k"), "");
    }
    SaeParts.Oriented encoder = parts.orient(file.tensor("encoder.weight"), true);
    SaeParts.Oriented decoder = parts.orient(file.tensor("W_dec"), true);
    return new Sae(
        new Sae.Weights(
            encoder.matrix(),
            encoder.byFeature(),
            decoder.rowsOfFeatures(),
            parts.perDimension(file.tensor("b_dec")),
            new TopK(k, parts.perFeature(file.tensor("encoder.bias")), null),
            InputNorm.NONE,
            1,
            true),
        new SaeInfo(
            "sparsify",
            "",
            String.valueOf(directory.getFileName()),
            Map.of("k", k),
            parts.notes()));
  }
}

package almagest.feature;

import almagest.format.Json;
import almagest.format.Safetensors;
import almagest.format.Tensor;
import almagest.run.InputException;
import almagest.tensor.FloatMatrix;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * SAELens directories: {@code cfg.json} and {@code sae_weights.safetensors}, as versions 3 to 6
 * write them. Before 6.0 everything stood at the top level of the JSON and {@code
 * activation_fn_str} could overrule {@code architecture}; since then provenance is under {@code
 * metadata}.
 */
final class SaeLensReader {
  private final Path cfg;
  private final JsonNode json;
  private final Safetensors file;
  private final SaeParts parts;
  private final Map<String, Object> details = new TreeMap<>();

  private SaeLensReader(Path directory) {
    this.cfg = directory.resolve("cfg.json");
    this.json = Json.read(cfg);
    this.file = Safetensors.open(directory.resolve("sae_weights.safetensors"));
    this.parts =
        new SaeParts(file.tensor("b_dec"), file.tensor(file.has("b_enc") ? "b_enc" : "b_gate"));
  }

  static Sae read(Path directory) {
    return new SaeLensReader(directory).read();
  }

  private Sae read() {
    checkSize("d_in", parts.dModel());
    checkSize("d_sae", parts.dSae());
    SaeParts.Oriented encoder = parts.orient(file.tensor("W_enc"), false);
    FloatMatrix decoder = parts.orient(file.tensor("W_dec"), true).rowsOfFeatures();
    InputNorm norm = norm();
    if (json.path("reshape_activations").asText("none").equals("hook_z")) {
      parts.note("hook_z: the heads of an activation are flattened, head by head, into d_model");
    }
    ActivationRule rule = rule(decoder);
    decoder = withScalingFactor(decoder);
    details.put("architecture", rule.architecture());
    JsonNode k = json.path("metadata").path("training_architecture_details").path("k");
    if (k.isNumber()) {
      details.put("training_k", k.doubleValue());
    }
    sparsity();
    return new Sae(
        new Sae.Weights(
            encoder.matrix(),
            encoder.byFeature(),
            decoder,
            parts.perDimension(file.tensor("b_dec")),
            rule,
            norm,
            1,
            json.path("apply_b_dec_to_input").asBoolean(true)),
        new SaeInfo(
            "SAELens",
            text("model_name"),
            text("hook_name").isEmpty() ? text("hook_point") : text("hook_name"),
            details,
            parts.notes()));
  }

  private String text(String key) {
    String inside = json.path("metadata").path(key).asText("");
    return inside.isEmpty() || inside.equals("null") ? json.path(key).asText("") : inside;
  }

  private void checkSize(String key, int found) {
    if (json.has(key) && json.path(key).asInt(-1) != found) {
      throw InputException.in(
          cfg, key, "says " + json.path(key) + ", the weights have " + found, "");
    }
  }

  private ActivationRule rule(FloatMatrix decoder) {
    String architecture = json.path("architecture").asText("standard");
    String activation =
        json.path("activation_fn_str").asText(json.path("activation_fn").asText(""));
    if (activation.equals("topk")) {
      architecture = "topk";
    } else if (!activation.isEmpty() && !activation.equals("relu")) {
      throw InputException.in(
          cfg, "activation_fn_str", "expected relu or topk, found " + activation, "");
    }
    return switch (architecture) {
      case "standard" -> new Relu(parts.perFeature(file.tensor("b_enc")));
      case "jumprelu" ->
          new JumpRelu(
              parts.perFeature(file.tensor("b_enc")), parts.perFeature(file.tensor("threshold")));
      case "gated" -> {
        float[] magnitude = parts.perFeature(file.tensor("r_mag"));
        for (int j = 0; j < magnitude.length; j++) {
          magnitude[j] = (float) Math.exp(magnitude[j]);
        }
        yield new Gated(
            parts.perFeature(file.tensor("b_gate")),
            magnitude,
            parts.perFeature(file.tensor("b_mag")));
      }
      case "topk" -> topK(decoder);
      default ->
          throw InputException.in(
              cfg,
              "architecture",
              "expected standard, jumprelu, gated or topk, found " + architecture,
              architecture.equals("batchtopk")
                  ? "save it for inference, which makes it jumprelu"
                  : "");
    };
  }

  private TopK topK(FloatMatrix decoder) {
    JsonNode k = json.has("k") ? json.path("k") : json.path("activation_fn_kwargs").path("k");
    if (!k.canConvertToInt() || k.asInt() < 1 || k.asInt() > parts.dSae()) {
      throw InputException.in(cfg, "k", "expected 1 to " + parts.dSae() + ", found " + k, "");
    }
    float[] scale = null;
    if (json.path("rescale_acts_by_decoder_norm").asBoolean(false)) {
      parts.note(
          "activations are multiplied by the lengths of the decoder rows before the k largest are chosen");
      scale = new float[parts.dSae()];
      float[] row = new float[parts.dModel()];
      for (int j = 0; j < scale.length; j++) {
        decoder.copyRow(j, row);
        double squares = 0;
        for (float v : row) {
          squares += (double) v * v;
        }
        scale[j] = (float) Math.sqrt(squares);
      }
    }
    details.put("k", k.asInt());
    return new TopK(k.asInt(), parts.perFeature(file.tensor("b_enc")), scale);
  }

  private InputNorm norm() {
    JsonNode node = json.path("normalize_activations");
    String name =
        node.isBoolean()
            ? (node.booleanValue() ? "expected_average_only_in" : "none")
            : node.asText("none");
    return switch (name) {
      case "none" -> InputNorm.NONE;
      case "layer_norm" -> InputNorm.LAYER_NORM;
      case "constant_norm_rescale" -> InputNorm.CONSTANT_NORM;
      case "expected_average_only_in" -> {
        parts.note(
            "normalize_activations is expected_average_only_in: the files do not hold the factor, nothing"
                + " is applied; if L0 or the variance explained is far off, scale the activations");
        yield InputNorm.NONE;
      }
      default ->
          throw InputException.in(
              cfg,
              "normalize_activations",
              "expected none, layer_norm, constant_norm_rescale or expected_average_only_in, found "
                  + name,
              "");
    };
  }

  /** Old files hold a factor per feature that multiplies activations before decoding. */
  private FloatMatrix withScalingFactor(FloatMatrix decoder) {
    if (!file.has("scaling_factor")) {
      return decoder;
    }
    float[] factor = parts.perFeature(file.tensor("scaling_factor"));
    float[] ones = new float[factor.length];
    Arrays.fill(ones, 1);
    if (Arrays.equals(factor, ones)) {
      return decoder;
    }
    if (!json.path("finetuning_scaling_factor").asBoolean(false)) {
      throw InputException.in(
          cfg,
          "finetuning_scaling_factor",
          "false, but sae_weights.safetensors holds a scaling_factor that is not 1 everywhere",
          "");
    }
    parts.note("scaling_factor is folded into the decoder");
    FloatMatrix scaled = FloatMatrix.zeros(decoder.rows(), decoder.columns());
    float[] row = new float[decoder.columns()];
    for (int j = 0; j < factor.length; j++) {
      decoder.copyRow(j, row);
      for (int i = 0; i < row.length; i++) {
        row[i] *= factor[j];
      }
      scaled.setRow(j, row);
    }
    return scaled;
  }

  private void sparsity() {
    Path sparsity = cfg.resolveSibling("sparsity.safetensors");
    if (!Files.exists(sparsity)) {
      return;
    }
    Tensor rates = Safetensors.open(sparsity).tensor("sparsity");
    if (rates.rank() != 1 || rates.count() != parts.dSae()) {
      throw InputException.in(
          sparsity, "sparsity", "expected " + parts.dSae() + " rates, found " + rates, "");
    }
    double l0 = 0;
    for (float logRate : rates.floats()) {
      l0 += Math.pow(10, logRate);
    }
    details.put("l0_of_sparsity_file", l0);
  }
}

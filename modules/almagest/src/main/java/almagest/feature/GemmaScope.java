package almagest.feature;

import almagest.format.Json;
import almagest.format.Npz;
import almagest.format.Safetensors;
import almagest.format.Tensor;
import almagest.run.InputException;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Gemma Scope (Lieberum et al. 2024, arXiv 2408.05147): {@code params.npz} with W_enc, W_dec,
 * b_enc, b_dec and a threshold per feature; and Gemma Scope 2: {@code params.safetensors} with the
 * same in lower case beside {@code config.json}. JumpReLU; b_dec is not subtracted from the input.
 */
final class GemmaScope {
  private GemmaScope() {}

  static Sae readNpz(Path file) {
    Npz archive = Npz.open(file);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (String name : archive.names()) {
      tensors.put(name.toLowerCase(Locale.ROOT), archive.tensor(name));
    }
    Map<String, Object> details = new TreeMap<>();
    Matcher l0 = Pattern.compile("average_l0_(\\d+)").matcher(file.toAbsolutePath().toString());
    if (l0.find()) {
      details.put("l0_in_path", Integer.valueOf(l0.group(1)));
    }
    return read(tensors, file, new SaeInfo("Gemma Scope", "", hookOf(file), details, List.of()));
  }

  static Sae readSafetensors(Path directory) {
    Path file = directory.resolve("params.safetensors");
    Map<String, Tensor> tensors = new TreeMap<>();
    Safetensors.open(file)
        .tensors()
        .forEach((name, tensor) -> tensors.put(name.toLowerCase(Locale.ROOT), tensor));
    Path config = directory.resolve("config.json");
    JsonNode json = Files.exists(config) ? Json.read(config) : Json.object();
    String architecture = json.path("architecture").asText("jump_relu");
    if (!architecture.equals("jump_relu")) {
      throw InputException.in(
          config, "architecture", "expected jump_relu, found " + architecture, "");
    }
    if (tensors.containsKey("affine_skip_connection")) {
      throw InputException.in(
          file,
          "affine_skip_connection",
          "a transcoder with a skip connection, expected an SAE",
          "");
    }
    return read(
        tensors,
        file,
        SaeInfo.of(
            "Gemma Scope 2",
            json.path("model_name").asText(""),
            json.path("hf_hook_point_in").asText("")));
  }

  private static Sae read(Map<String, Tensor> tensors, Path file, SaeInfo info) {
    SaeParts parts = new SaeParts(get(tensors, "b_dec", file), get(tensors, "b_enc", file));
    SaeParts.Oriented encoder = parts.orient(get(tensors, "w_enc", file), false);
    SaeParts.Oriented decoder = parts.orient(get(tensors, "w_dec", file), true);
    JumpRelu rule =
        new JumpRelu(
            parts.perFeature(get(tensors, "b_enc", file)),
            parts.perFeature(get(tensors, "threshold", file)));
    return new Sae(
        new Sae.Weights(
            encoder.matrix(),
            encoder.byFeature(),
            decoder.rowsOfFeatures(),
            parts.perDimension(get(tensors, "b_dec", file)),
            rule,
            InputNorm.NONE,
            1,
            false),
        new SaeInfo(info.format(), info.model(), info.hook(), info.details(), parts.notes()));
  }

  private static Tensor get(Map<String, Tensor> tensors, String key, Path file) {
    Tensor tensor = tensors.get(key);
    if (tensor == null) {
      throw InputException.in(
          file, "", "expected an array \"" + key + "\", found " + tensors.keySet(), "");
    }
    return tensor;
  }

  /** The hook point that a path like {@code gemma-scope-2b-pt-res/layer_12/…} implies, or "". */
  private static String hookOf(Path file) {
    String path = file.toAbsolutePath().toString();
    var layer = Pattern.compile("layer_(\\d+)").matcher(path);
    var site = Pattern.compile("gemma-scope-\\w+-(?:pt|it)-(res|mlp|att)").matcher(path);
    if (!layer.find() || !site.find()) {
      return "";
    }
    return "blocks."
        + layer.group(1)
        + switch (site.group(1)) {
          case "res" -> ".hook_resid_post";
          case "mlp" -> ".hook_mlp_out";
          default -> ".attn.hook_z";
        };
  }
}

package almagest.feature;

import almagest.format.Json;
import almagest.format.Tensor;
import almagest.format.TorchCheckpoint;
import almagest.run.InputException;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * SAEs that are saved as PyTorch checkpoints, told apart by the names of their tensors: those of
 * dictionary_learning ({@code ae.pt} beside {@code config.json}), of OpenAI's sparse_autoencoder
 * and of Qwen Scope. Nothing in a checkpoint is executed.
 */
final class TorchSaes {
  private final Path path;
  private final TorchCheckpoint file;
  private final JsonNode config;

  private TorchSaes(Path path) {
    this.path = path;
    this.file = TorchCheckpoint.open(path);
    Path json = path.resolveSibling("config.json");
    this.config = Files.exists(json) ? Json.read(json).path("trainer") : Json.object();
  }

  static Sae read(Path path) {
    return new TorchSaes(path).read();
  }

  private Sae read() {
    if (has("pre_bias", "latent_bias", "encoder.weight", "decoder.weight")) {
      return openAi();
    }
    if (has("decoder_bias", "r_mag", "gate_bias", "mag_bias", "encoder.weight", "decoder.weight")) {
      return gated();
    }
    if (has("W_enc", "W_dec", "b_enc", "b_dec", "threshold", "group_sizes")) {
      return matryoshka();
    }
    if (has("W_enc", "W_dec", "b_enc", "b_dec", "threshold")) {
      SaeParts parts = new SaeParts(file.tensor("b_dec"), file.tensor("b_enc"));
      float[] bEnc = parts.perFeature(file.tensor("b_enc"));
      return sae(
          parts,
          "W_enc",
          "W_dec",
          "b_dec",
          new JumpRelu(bEnc, parts.perFeature(file.tensor("threshold"))),
          InputNorm.NONE,
          false);
    }
    if (has("W_enc", "W_dec", "b_enc", "b_dec")) {
      return qwenScope();
    }
    if (has("encoder.weight", "encoder.bias", "decoder.weight", "b_dec", "k")) {
      return topK();
    }
    if (has("encoder.weight", "encoder.bias", "decoder.weight", "bias")) {
      SaeParts parts = new SaeParts(file.tensor("bias"), file.tensor("encoder.bias"));
      return sae(
          parts,
          "encoder.weight",
          "decoder.weight",
          "bias",
          new Relu(parts.perFeature(file.tensor("encoder.bias"))),
          InputNorm.NONE,
          true);
    }
    throw InputException.in(
        path,
        "",
        "expected the tensors of an SAE of dictionary_learning, OpenAI or Qwen Scope, found "
            + file.tensors().keySet(),
        "");
  }

  private boolean has(String... names) {
    return Arrays.stream(names).allMatch(n -> file.has(n) || file.values().containsKey(n));
  }

  private Sae gated() {
    SaeParts parts = new SaeParts(file.tensor("decoder_bias"), file.tensor("gate_bias"));
    float[] magnitude = parts.perFeature(file.tensor("r_mag"));
    for (int j = 0; j < magnitude.length; j++) {
      magnitude[j] = (float) Math.exp(magnitude[j]);
    }
    return sae(
        parts,
        "encoder.weight",
        "decoder.weight",
        "decoder_bias",
        new Gated(
            parts.perFeature(file.tensor("gate_bias")),
            magnitude,
            parts.perFeature(file.tensor("mag_bias"))),
        InputNorm.NONE,
        true);
  }

  /** TopK and BatchTopK store the same names; only the configuration tells which rule holds. */
  private Sae topK() {
    SaeParts parts = new SaeParts(file.tensor("b_dec"), file.tensor("encoder.bias"));
    float[] bEnc = parts.perFeature(file.tensor("encoder.bias"));
    String type = config.path("dict_class").asText("");
    ActivationRule rule =
        switch (type) {
          case "AutoEncoderTopK" -> new TopK(k(number("k"), parts), bEnc, null);
          case "BatchTopKSAE" -> batchTopK(parts, bEnc);
          default ->
              throw InputException.in(
                  path,
                  "config.json, trainer.dict_class",
                  "expected AutoEncoderTopK or BatchTopKSAE, found \"" + type + "\"",
                  "the checkpoint alone does not say whether k or the threshold is the rule");
        };
    return sae(parts, "encoder.weight", "decoder.weight", "b_dec", rule, InputNorm.NONE, true);
  }

  /** The stored threshold is the rule; k served training. */
  private ActivationRule batchTopK(SaeParts parts, float[] bEnc) {
    float[] threshold = new float[parts.dSae()];
    Arrays.fill(threshold, (float) number("threshold"));
    parts.note("BatchTopK: the stored threshold is the rule, k is not used");
    return new JumpRelu(bEnc, threshold);
  }

  /** BatchTopK whose features were trained in nested groups, all of which are in use. */
  private Sae matryoshka() {
    SaeParts parts = new SaeParts(file.tensor("b_dec"), file.tensor("b_enc"));
    float[] bEnc = parts.perFeature(file.tensor("b_enc"));
    return sae(parts, "W_enc", "W_dec", "b_dec", batchTopK(parts, bEnc), InputNorm.NONE, true);
  }

  private Sae openAi() {
    SaeParts parts = new SaeParts(file.tensor("pre_bias"), file.tensor("latent_bias"));
    float[] bEnc = parts.perFeature(file.tensor("latent_bias"));
    // A checkpoint without a name is of the first versions, which knew ReLU alone. Inputs are
    // layer-normed with TopK, and with nothing else.
    String activation = file.values().getOrDefault("activation", "ReLU").toString();
    boolean topK = activation.equals("TopK");
    Object after = file.values().getOrDefault("activation_state_dict.postact_fn", "ReLU");
    if ((!topK && !activation.equals("ReLU")) || !after.equals("ReLU")) {
      throw InputException.in(
          path,
          "activation",
          "expected TopK followed by ReLU, or ReLU, found \""
              + activation
              + "\" and \""
              + after
              + "\"",
          "");
    }
    if (topK) {
      parts.note("inputs are layer-normed, as all of OpenAI's TopK files are trained");
    }
    return sae(
        parts,
        "encoder.weight",
        "decoder.weight",
        "pre_bias",
        topK ? new TopK(k(number("activation_state_dict.k"), parts), bEnc, null) : new Relu(bEnc),
        topK ? InputNorm.LAYER_NORM : InputNorm.NONE,
        true);
  }

  /** k stands in the name of the repository alone. */
  private Sae qwenScope() {
    SaeParts parts = new SaeParts(file.tensor("b_dec"), file.tensor("b_enc"));
    Matcher name = Pattern.compile("L0[_-](\\d{1,6})").matcher(path.toAbsolutePath().toString());
    if (!name.find()) {
      throw InputException.in(
          path,
          "",
          "W_enc, W_dec, b_enc and b_dec without a threshold are Qwen Scope's TopK, but k is unknown",
          "keep the file in a folder whose name has L0_K, as its repository's has");
    }
    parts.note("k is taken from the name of the folder");
    return sae(
        parts,
        "W_enc",
        "W_dec",
        "b_dec",
        new TopK(
            k(Double.parseDouble(name.group(1)), parts),
            parts.perFeature(file.tensor("b_enc")),
            null),
        InputNorm.NONE,
        false);
  }

  private double number(String name) {
    Object value = file.values().get(name);
    if (value instanceof Number n) {
      return n.doubleValue();
    }
    Tensor t = file.tensor(name);
    return t.type().isFloating() || t.count() != 1 ? t.scalar() : t.longs()[0];
  }

  private int k(double k, SaeParts parts) {
    if (k != Math.rint(k) || k < 1 || k > parts.dSae()) {
      throw InputException.in(path, "k", "expected 1 to " + parts.dSae() + ", found " + k, "");
    }
    return (int) k;
  }

  private Sae sae(
      SaeParts parts,
      String encoder,
      String decoder,
      String bDec,
      ActivationRule rule,
      InputNorm norm,
      boolean subtractBDec) {
    SaeParts.Oriented enc = parts.orient(file.tensor(encoder), !encoder.equals("W_enc"));
    SaeParts.Oriented dec = parts.orient(file.tensor(decoder), !decoder.equals("decoder.weight"));
    Map<String, Object> details = new TreeMap<>();
    if (config.has("dict_class")) {
      details.put("dict_class", config.path("dict_class").asText());
    }
    return new Sae(
        new Sae.Weights(
            enc.matrix(),
            enc.byFeature(),
            dec.rowsOfFeatures(),
            parts.perDimension(file.tensor(bDec)),
            rule,
            norm,
            1,
            subtractBDec),
        new SaeInfo(
            config.has("dict_class") ? "dictionary_learning" : "PyTorch checkpoint",
            config.path("lm_name").asText(""),
            config.path("submodule_name").asText(""),
            details,
            parts.notes()));
  }
}

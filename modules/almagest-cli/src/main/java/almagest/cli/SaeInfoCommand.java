package almagest.cli;

import almagest.feature.Gated;
import almagest.feature.JumpRelu;
import almagest.feature.Relu;
import almagest.feature.Sae;
import almagest.feature.TopK;
import almagest.format.Json;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** What an SAE's files say and how they were understood. */
@Command(
    name = "info",
    description = "Shows an SAE's sizes, its rule, and how its files were understood.",
    footer = {"", "Example: almagest sae info params.npz"})
final class SaeInfoCommand implements Callable<Integer> {
  @Mixin private Common common = new Common();

  @Parameters(
      paramLabel = "SAE",
      description = "The SAE: a file, a directory, hub:ORG/REPO:PATH or release/sae_id.")
  private String sae = "";

  @Override
  public Integer call() {
    ObjectNode root = describe(Sae.open(common.local(sae)));
    if (common.json) {
      System.out.println(Json.line(root));
    } else {
      root.properties()
          .forEach(e -> {
            if (e.getKey().equals("notes")) {
              e.getValue().forEach(n -> System.out.println("note: " + n.asText()));
            } else {
              System.out.printf(
                  "%-20s %s%n",
                  e.getKey(), e.getValue().isTextual() ? e.getValue().asText() : e.getValue());
            }
          });
    }
    return 0;
  }

  static ObjectNode describe(Sae sae) {
    Sae.Weights w = sae.weights();
    ObjectNode root = Json.object();
    root.put("format", sae.info().format());
    root.put("architecture", w.rule().architecture());
    root.put("d_model", sae.dModel());
    root.put("d_sae", sae.dSae());
    root.put("model", sae.info().model());
    root.put("hook", sae.info().hook());
    switch (w.rule()) {
      case TopK t -> {
        root.put("k", t.k());
        root.put("rescale_acts_by_decoder_norm", t.scale() != null);
      }
      case JumpRelu j -> root.set("threshold", spread(j.threshold()));
      case Relu r -> {}
      case Gated g -> {}
    }
    root.put("apply_b_dec_to_input", w.subtractBDec());
    root.put("input_normalisation", w.norm().name().toLowerCase(java.util.Locale.ROOT));
    root.put("input_scale", w.scale());
    root.put("encoder_stored", w.encoderByFeature() ? "[d_sae, d_model]" : "[d_model, d_sae]");
    double[] norms = sae.decoderNorms();
    float[] lengths = new float[norms.length];
    for (int j = 0; j < lengths.length; j++) {
      lengths[j] = (float) norms[j];
    }
    root.set("decoder_row_length", spread(lengths));
    for (Map.Entry<String, Object> e : sae.info().details().entrySet()) {
      if (!root.has(e.getKey())) {
        root.set(e.getKey(), Json.tree(e.getValue()));
      }
    }
    root.set("notes", Json.tree(sae.info().notes()));
    return root;
  }

  private static ObjectNode spread(float[] values) {
    float[] sorted = values.clone();
    Arrays.sort(sorted);
    ObjectNode node = Json.object();
    node.put("min", sorted[0]);
    node.put("median", sorted[sorted.length / 2]);
    node.put("max", sorted[sorted.length - 1]);
    return node;
  }
}

package almagest.cli.pipeline;

import almagest.format.Json;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The five most telling figures of a finished run, read from its files, each beside what it must be
 * compared with.
 */
final class Figures {
  private Figures() {}

  static List<String> of(Path run, Settings settings) {
    List<String> lines = new ArrayList<>();
    Path folder = run.resolve(LayerStages.folder(settings.reading().middle()));
    lines.add(quality(Json.read(folder.resolve("sae-eval.json")), settings.reading().middle()));
    lines.add(types(Json.read(folder.resolve("control.json"))));
    lines.add(place(Json.read(folder.resolve("lobes.json"))));
    if (Files.exists(run.resolve("galaxy/galaxy.json"))) {
      lines.add(galaxy(Json.read(run.resolve("galaxy/galaxy.json")), settings));
    }
    lines.add(crystals(Json.read(run.resolve("crystals/crystals.json"))));
    return lines;
  }

  private static String quality(JsonNode q, int layer) {
    return String.format(
        Locale.ROOT,
        "Features: the layer-%d SAE explains %.1f %% of the variance of held-out text with %.1f features a token; as many principal"
            + " components explain %.1f %%, random directions %.1f %%. Never active there: %.1f %% of features.",
        layer,
        100 * q.path("held_out").path("explained_variance").asDouble(),
        q.path("held_out").path("l0").asDouble(),
        100 * q.path("pca").path("explained_variance").asDouble(),
        100 * q.path("random_directions").path("explained_variance").asDouble(),
        100 * q.path("held_out").path("dead_fraction").asDouble());
  }

  private static String types(JsonNode control) {
    JsonNode v = control.path("cramers_v");
    return String.format(
        Locale.ROOT,
        "Lobes do different things: with %d lobes, Cramér's V of lobe by document type on held-out documents is %.2f; %.2f with random"
            + " directions at equal L0, %.2f with the lobes' labels permuted.",
        control.path("k").asInt(),
        v.path("trained").asDouble(),
        v.path("random_directions").asDouble(),
        v.path("permuted_lobes").path("mean").asDouble());
  }

  private static String place(JsonNode lobes) {
    JsonNode ks =
        lobes.path("affinities").path(lobes.path("affinities").fieldNames().next()).path("k");
    JsonNode k = ks.path("3").isMissingNode() ? ks.elements().next() : ks.path("3");
    JsonNode nulls = k.path("ami_null").path(0);
    JsonNode corrected = k.path("classifier").path("corrected");
    boolean above = nulls.path("p").asDouble(1) < 0.05;
    return String.format(
        Locale.ROOT,
        "A lobe is %sa place: agreement (AMI) of %d lobes with clusters of directions is %.3f, p = %.3g against permuted labels; position"
            + " tells the lobe with balanced accuracy %.2f, firing frequency alone with %.2f, chance is %.2f.",
        above ? "" : "not shown to be ",
        k.path("sizes").size(),
        k.path("ami").asDouble(),
        nulls.path("p").asDouble(Double.NaN),
        corrected.path("balanced_accuracy").asDouble(Double.NaN),
        corrected.path("frequency_baseline").path("balanced_accuracy").asDouble(Double.NaN),
        1.0 / Math.max(1, k.path("sizes").size()));
  }

  private static String galaxy(JsonNode galaxy, Settings settings) {
    JsonNode middle = galaxy.path("clouds").path(0);
    for (JsonNode cloud : galaxy.path("clouds")) {
      if (cloud.path("layer").asInt(-1) == settings.reading().middle()) {
        middle = cloud;
      }
    }
    JsonNode entropy = middle.path("entropy");
    return String.format(
        Locale.ROOT,
        "The cloud: eigenvalues fall as rank^%.2f (structureless directions: %.2f); clustering entropy is %.0f nats by the published"
            + " estimator, %.1f ± %.1f above matched Gaussian clouds by the corrected one.",
        middle.path("slope").path("value").asDouble(Double.NaN),
        middle.path("slope").path("null").path("mean").asDouble(Double.NaN),
        middle.path("published").path("clustering_entropy").asDouble(Double.NaN),
        entropy.path("excess").asDouble(Double.NaN),
        entropy.path("null_sd").asDouble(Double.NaN));
  }

  private static String crystals(JsonNode crystals) {
    int best = -1;
    int gains = 0;
    int relations = 0;
    String name = "";
    double before = 0;
    double after = 0;
    for (JsonNode layer : crystals.path("layers")) {
      int here = 0;
      for (JsonNode r : layer.path("relations")) {
        here += r.path("gains").asBoolean() ? 1 : 0;
      }
      if (here > best) {
        best = here;
        gains = here;
        relations = layer.path("relations").size();
        name = layer.path("hook").asText();
        before = median(layer, "before");
        after = median(layer, "after");
      }
    }
    return String.format(
        Locale.ROOT,
        "Crystals: at %s, projecting distractors out helps held-out pairs of %d of %d relations; the median cosine of a face goes from"
            + " %.2f to %.2f.",
        name,
        gains,
        relations,
        before,
        after);
  }

  private static double median(JsonNode layer, String when) {
    List<Double> all = new ArrayList<>();
    layer
        .path("relations")
        .forEach(r -> all.add(r.path(when).path("trapezoid_cosine").path("median").asDouble()));
    all.sort(Double::compare);
    return all.isEmpty() ? Double.NaN : all.get(all.size() / 2);
  }
}

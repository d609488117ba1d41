package almagest.cli.pipeline;

import almagest.atom.Crystals;
import almagest.atom.LayerResult;
import almagest.atom.RelationSet;
import almagest.atom.Traits;
import almagest.atom.WordVectors;
import almagest.corpus.Relation;
import almagest.corpus.Relations;
import almagest.feature.Sae;
import almagest.format.Json;
import almagest.format.Npy;
import almagest.format.NpyArray;
import almagest.galaxy.Galaxy;
import almagest.galaxy.NamedCloud;
import almagest.galaxy.Options;
import almagest.model.Hook;
import almagest.model.LanguageModel;
import almagest.run.Progress;
import almagest.run.Provenance;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.FloatMatrix;
import almagest.tensor.Points;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The stages that need no chunks: the galaxy of all layers, and the crystals of known relations.
 */
final class CloudStages {
  /** As Gemma Scope's folders say it. */
  private static final Pattern L0 = Pattern.compile("average_l0_(\\d+)");

  private final Settings settings;
  private final Sources sources;
  private final Workers workers;
  private final Progress progress;

  CloudStages(Settings settings, Sources sources, Workers workers, Progress progress) {
    this.settings = settings;
    this.sources = sources;
    this.workers = workers;
    this.progress = progress;
  }

  /** Shape of every layer's decoder directions. */
  Stage galaxy(Map<Integer, Stage> saes) {
    List<String> outputs = new ArrayList<>(List.of("galaxy/galaxy.json"));
    saes.keySet()
        .forEach(layer -> outputs.add("galaxy/" + LayerStages.folder(layer) + "-pca3.npy"));
    return new Stage(
        "galaxy",
        Map.of("seed", settings.seed()),
        List.copyOf(saes.values()),
        outputs,
        true,
        run -> {
          List<NamedCloud> clouds = new ArrayList<>();
          for (int layer : saes.keySet()) {
            String folder = LayerStages.folder(layer);
            Sae sae = Sae.open(run.resolve(folder).resolve("sae"));
            JsonNode quality = Json.read(run.resolve(folder).resolve("sae-eval.json"));
            double l0 = quality.path("held_out").path("l0").asDouble(Double.NaN);
            clouds.add(new NamedCloud(folder, Points.of(sae.wDec()), layer, l0 > 0 ? l0 : null));
          }
          analyse(run, clouds);
        });
  }

  /** Shape of the decoder directions of published SAEs, one a layer. */
  Stage publishedGalaxy() {
    Map<String, Object> options = new TreeMap<>(Map.of("seed", settings.seed()));
    List<String> outputs = new ArrayList<>(List.of("galaxy/galaxy.json"));
    sources
        .clouds()
        .forEach((layer, path) -> {
          options.put(LayerStages.folder(layer), Sources.hashesOf(path));
          outputs.add("galaxy/" + LayerStages.folder(layer) + "-pca3.npy");
        });
    return new Stage(
        "galaxy",
        options,
        List.of(),
        outputs,
        true,
        run -> {
          List<NamedCloud> clouds = new ArrayList<>();
          sources
              .clouds()
              .forEach((layer, path) -> {
                Matcher l0 = L0.matcher(path.toString());
                clouds.add(
                    new NamedCloud(
                        LayerStages.folder(layer),
                        Points.of(Sae.open(path).wDec()),
                        layer,
                        l0.find() ? Double.valueOf(l0.group(1)) : null));
              });
          analyse(run, clouds);
        });
  }

  private void analyse(Path run, List<NamedCloud> clouds) {
    ObjectNode result = Json.object();
    result.set(
        "almagest",
        Json.tree(
            new Provenance(Provenance.VERSION, 1, settings.seed(), settings.describe(), Map.of())));
    result.setAll(
        Galaxy.analyse(
            clouds,
            Options.defaults(),
            new Seed(settings.seed()).split("galaxy"),
            (cloud, scores) -> keep(run, cloud.name(), scores),
            workers,
            progress));
    Json.write(run.resolve("galaxy/galaxy.json"), result);
  }

  private static String keep(Path run, String name, DoubleMatrix scores) {
    String file = name + "-pca3.npy";
    Npy.write(run.resolve("galaxy").resolve(file), NpyArray.narrowed(scores));
    return file;
  }

  /** Relations in the residual stream: the embeddings and every layer that is looked at. */
  Stage crystals() {
    return new Stage(
        "crystals",
        Map.of(
            "model",
            sources.modelHashes(),
            "layers",
            settings.reading().layers(),
            "seed",
            settings.seed()),
        List.of(),
        List.of("crystals/crystals.json"),
        true,
        run -> Json.write(run.resolve("crystals/crystals.json"), measure()));
  }

  private ObjectNode measure() {
    List<Relation> relations = Relations.defaults();
    ObjectNode result = Json.object();
    result.set(
        "almagest",
        Json.tree(
            new Provenance(Provenance.VERSION, 1, settings.seed(), settings.describe(), Map.of())));
    try (LanguageModel model = sources.openModel()) {
      List<String> words =
          RelationSet.words(relations, List.of()).stream()
              .filter(w -> WordVectors.objection(model, w).isEmpty())
              .toList();
      Crystals.Options options =
          Crystals.Options.defaults(new Seed(settings.seed()).split("crystals"));
      RelationSet set =
          RelationSet.of(words, relations, List.of(), false).withPairs(options.leastPairs());
      set.describe(result);
      TreeSet<Hook> hooks = new TreeSet<>();
      hooks.add(new Hook(Hook.Kind.RESID_PRE, 0));
      settings.reading().layers().forEach(l -> hooks.add(Hook.residPost(l)));
      WordVectors.Pool pool = model.hasLogits() ? WordVectors.Pool.LAST : WordVectors.Pool.MEAN;
      result.put("pool", pool.name().toLowerCase(java.util.Locale.ROOT));
      ArrayNode layers = result.putArray("layers");
      Traits traits = Traits.of(words, words, model.tokenizer());
      Map<Hook, FloatMatrix> vectors = WordVectors.of(model, words, hooks, pool, workers, progress);
      vectors.forEach((hook, values) -> {
        ObjectNode layer = layers.addObject();
        layer.put("layer", hook.kind() == Hook.Kind.RESID_PRE ? -1 : hook.layer());
        layer.put("hook", hook.name());
        layer.setAll(LayerResult.of(set, values, traits, options, workers, progress).toJson());
      });
    }
    return result;
  }
}

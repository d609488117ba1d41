package almagest.cli.pipeline;

import almagest.activation.ActivationStore;
import almagest.activation.TokenTable;
import almagest.activation.Windows;
import almagest.atlas.FiringText;
import almagest.atlas.LogitLens;
import almagest.atlas.Quantities;
import almagest.brain.Affinity;
import almagest.brain.ChunkBuilder;
import almagest.brain.Chunks;
import almagest.brain.CloudMap;
import almagest.brain.Cooccurrence;
import almagest.brain.FeatureTokens;
import almagest.brain.LobeTypes;
import almagest.brain.Lobes;
import almagest.brain.LobesResult;
import almagest.brain.Neighbours;
import almagest.brain.Position;
import almagest.brain.Tsne;
import almagest.brain.Umap;
import almagest.corpus.Document;
import almagest.feature.ActivationSource;
import almagest.feature.FeatureCollector;
import almagest.feature.FeatureStore;
import almagest.feature.FeatureStream;
import almagest.feature.PcaBaseline;
import almagest.feature.RandomDirections;
import almagest.feature.Sae;
import almagest.feature.SaeEvaluation;
import almagest.feature.SaeReport;
import almagest.feature.SaeTrainer;
import almagest.format.Json;
import almagest.model.Hook;
import almagest.model.LanguageModel;
import almagest.run.Progress;
import almagest.run.Provenance;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What is done at each layer: an SAE, what fires where, lobes, a map; at the middle one also the
 * controls.
 */
final class LayerStages {
  /** Tokens of a text that is played. */
  private static final int TEXT_LENGTH = 96;

  /** Vocabulary entries on either side of a feature's logit lens. */
  private static final int VOCABULARY_ENTRIES = 8;

  /** With more lobes than this, borders are not looked at. */
  private static final int MOST_SILHOUETTE_LOBES = 8;

  private static final String FEATURES = "features";
  private static final String CONTROL_FEATURES = "control-features";

  private final Settings settings;
  private final Sources sources;
  private final Workers workers;
  private final Progress progress;
  private final int layer;

  LayerStages(Settings settings, Sources sources, Workers workers, Progress progress, int layer) {
    this.settings = settings;
    this.sources = sources;
    this.workers = workers;
    this.progress = progress;
    this.layer = layer;
  }

  static String folder(int layer) {
    return String.format(Locale.ROOT, "layer-%02d", layer);
  }

  private String in(String file) {
    return folder(layer) + "/" + file;
  }

  /**
   * The run's own, so that {@code almagest lobes} and scikit-learn cut alike from the same seed.
   */
  private Seed lobeSeed() {
    return new Seed(settings.seed());
  }

  private Seed seed(String part) {
    return new Seed(settings.seed()).split(folder(layer)).split(part);
  }

  private Provenance provenance() {
    return new Provenance(Provenance.VERSION, 1, settings.seed(), settings.describe(), Map.of());
  }

  static ActivationSource all(ActivationStore store) {
    List<FloatMatrix> shards = new ArrayList<>();
    for (int s = 0; s < store.shards(); s++) {
      shards.add(store.shard(s));
    }
    return ActivationSource.of(shards);
  }

  /**
   * Trains an SAE on the documents that are not held out, or takes the published one, and measures
   * it on the held-out ones.
   */
  Stage sae(Stage documents, Stage activations) {
    int width = settings.widthAt(layer);
    Settings.Features f = settings.features();
    Path published = layer == settings.reading().middle() ? sources.published() : null;
    Map<String, Object> options =
        published == null
            ? Map.of(
                "width",
                width,
                "active",
                f.active(),
                "steps",
                f.steps(),
                "batch",
                f.batch(),
                "seed",
                settings.seed())
            : Map.of("published", Sources.hashesOf(published));
    return new Stage(
        in("sae"),
        options,
        List.of(documents, activations),
        List.of(in("sae"), in("sae-eval.json")),
        true,
        run -> {
          DocumentList list = DocumentList.read(run);
          ActivationStore store = ActivationStore.open(ReadingStages.store(run, layer));
          TokenTable table = store.tokenTable();
          ActivationSource training = all(store).select(list.ranges(table, false));
          ActivationSource heldOut = all(store).select(list.ranges(table, true));
          Sae sae;
          List<SaeTrainer.LossPoint> curve;
          if (published == null) {
            SaeTrainer.Result trained =
                new SaeTrainer(
                        training,
                        SaeTrainer.Options.topK(width, f.active(), f.batch(), f.steps()),
                        seed("sae"))
                    .train(
                        run.resolve(in("training.checkpoint")),
                        store.model(),
                        store.hook().name(),
                        workers,
                        progress);
            sae = trained.sae();
            curve = trained.curve();
          } else {
            sae = Sae.open(published);
            curve = List.of();
          }
          sae.save(run.resolve(in("sae")));
          SaeEvaluation quality = SaeEvaluation.of(sae, heldOut, workers, progress);
          int components = Math.max(1, (int) Math.round(quality.l0()));
          Sae random = RandomDirections.like(sae, components, seed("random directions"));
          new SaeReport(
                  sae,
                  quality,
                  PcaBaseline.of(training, heldOut, components, workers),
                  SaeEvaluation.of(random, heldOut, workers, progress),
                  published == null ? (long) f.steps() * f.batch() : 0,
                  curve)
              .write(run.resolve(in("sae-eval.json")), provenance());
        });
  }

  /**
   * What the trained SAE and one of random directions make of every token, where activations are
   * not stored: the model runs once for both.
   */
  Stage features(Stage documents, Stage sae) {
    return new Stage(
        in("features"),
        Map.of("seed", settings.seed()),
        List.of(documents, sae),
        List.of(in(FEATURES), in(CONTROL_FEATURES)),
        false,
        run -> {
          DocumentList list = DocumentList.read(run);
          Sae trained = Sae.open(run.resolve(in("sae")));
          Map<Path, Sae> saes = new LinkedHashMap<>();
          saes.put(run.resolve(in(FEATURES)), trained);
          saes.put(run.resolve(in(CONTROL_FEATURES)), random(run, trained));
          try (LanguageModel model = sources.openModel();
              Stream<Document> all = sources.corpus().documents()) {
            new FeatureCollector(model, Hook.residPost(layer), saes, workers, progress)
                .collect(
                    new Windows(model, Windows.Options.of(model))
                        .ofDocuments(all.limit(list.documents().size()), workers),
                    new Provenance(
                        Provenance.VERSION,
                        1,
                        settings.seed(),
                        Map.of("layer", layer),
                        Map.of("corpus", documents.key(), "sae", sae.key())));
          }
        });
  }

  private Sae random(Path run, Sae trained) {
    return RandomDirections.like(trained, l0(run), seed("random directions"));
  }

  private int l0(Path run) {
    return Math.max(
        1,
        (int)
            Math.round(
                Json.read(run.resolve(in("sae-eval.json")))
                    .path("held_out")
                    .path("l0")
                    .asDouble(settings.features().active())));
  }

  /**
   * @param encoded the folder that holds its features, where they were made ahead
   */
  private Firings firings(Path run, Sae sae, String encoded) {
    DocumentList list = DocumentList.read(run);
    if (settings.streamed()) {
      FeatureStore store = FeatureStore.open(run.resolve(in(encoded)));
      Firings firings = firings(sae, list, store.tokenTable());
      store.stream(progress, List.of(firings));
      return firings;
    }
    ActivationStore store = ActivationStore.open(ReadingStages.store(run, layer));
    TokenTable table = store.tokenTable();
    Firings firings = firings(sae, list, table);
    FeatureStream.run(sae, all(store), table.document(), workers, progress, List.of(firings));
    return firings;
  }

  private Firings firings(Sae sae, DocumentList list, TokenTable table) {
    return new Firings(
        sae.dSae(),
        new Firings.Tokens(table.document(), table.id(), list.typeOf(), list.types()),
        new ChunkBuilder.Options(
            settings.brain().chunk(), (float) settings.brain().threshold(), false),
        seed("examples"));
  }

  private void writeExamples(Firings firings, Path run, Path file) {
    DocumentList list = DocumentList.read(run);
    try (LanguageModel model = sources.openModel()) {
      firings.writeExamples(file, model.tokenizer()::display, d -> list.documents().get(d).id());
    }
  }

  /** One text of each type with the features that fire on its tokens, to be played on the map. */
  Stage texts(Stage documents, Stage activations, Stage sae) {
    return new Stage(
        in("texts"),
        Map.of("length", TEXT_LENGTH),
        List.of(documents, activations, sae),
        List.of(in("texts.jsonl")),
        true,
        run -> {
          DocumentList list = DocumentList.read(run);
          ActivationStore store = ActivationStore.open(ReadingStages.store(run, layer));
          try (LanguageModel model = sources.openModel()) {
            FiringText.write(
                run.resolve(in("texts.jsonl")),
                store,
                Sae.open(run.resolve(in("sae"))),
                TEXT_LENGTH,
                new FiringText.Names(
                    model.tokenizer()::display,
                    d -> list.documents().get(d).id(),
                    d -> list.documents().get(d).type()),
                workers);
          }
        });
  }

  /**
   * Encodes all tokens: which features fire in which chunk, how often, and in what contexts.
   *
   * @param tokens the stage that stored the activations, or the features of each token
   */
  Stage collect(Stage documents, Stage tokens, Stage sae) {
    return new Stage(
        in("collect"),
        Map.of("chunk", settings.brain().chunk(), "threshold", settings.brain().threshold()),
        List.of(documents, tokens, sae),
        List.of(
            in("chunks.npz"),
            in("types.json"),
            in("cooccurrence.npz"),
            in("occurrences.npz"),
            in("examples.jsonl")),
        true,
        run -> {
          Path folder = run.resolve(folder(layer));
          Firings firings = firings(run, Sae.open(folder.resolve("sae")), FEATURES);
          firings.write(folder, workers, progress);
          writeExamples(firings, run, folder.resolve("examples.jsonl"));
        });
  }

  /** Cuts the features into lobes and asks whether they are places, and what they do. */
  Stage lobes(Stage sae, Stage collect) {
    Settings.Brain brain = settings.brain();
    List<String> outputs =
        new ArrayList<>(List.of(in("lobes.json"), in("comparison.csv"), in("neighbours.npz")));
    for (int k : brain.ks()) {
      for (String affinity : brain.affinities()) {
        outputs.add(in("labels-" + affinity + "-k" + k + ".npy"));
      }
      outputs.add(in("labels-angular-k" + k + ".npy"));
    }
    return new Stage(
        in("lobes"),
        Map.of(
            "k",
            brain.ks(),
            "affinities",
            brain.affinities(),
            "trials",
            brain.trials(),
            "seed",
            settings.seed(),
            "middle",
            layer == settings.reading().middle(),
            "tried_on",
            "documents held out from training"),
        List.of(sae, collect),
        outputs,
        true,
        run -> {
          Path folder = run.resolve(folder(layer));
          Chunks chunks = Chunks.read(folder.resolve("chunks.npz"), folder.resolve("types.json"));
          FloatMatrix decoder = Sae.open(folder.resolve("sae")).wDec();
          Cooccurrence counts = Cooccurrence.read(folder.resolve("cooccurrence.npz"));
          LobesResult result =
              Lobes.of(
                  chunks,
                  decoder,
                  DocumentList.read(run)::heldOut,
                  lobeOptions(),
                  lobeSeed(),
                  workers,
                  progress);
          Neighbours.write(
              folder.resolve("neighbours.npz"),
              almagest.feature.Neighbours.byCosine(decoder, 10, workers, progress),
              Neighbours.byPhi(counts, 10, workers));
          result
              .with(FeatureTokens.read(folder.resolve("examples.jsonl"), chunks.features()))
              .write(folder, provenance());
        });
  }

  private Lobes.Options lobeOptions() {
    Settings.Brain brain = settings.brain();
    boolean middle = layer == settings.reading().middle();
    Position.Options all = Position.Options.DEFAULT;
    return new Lobes.Options(
        brain.affinities().stream().map(Affinity::parse).toList(),
        brain.ks(),
        false,
        0,
        Lobes.Options.DEFAULT.seeds(),
        true,
        0,
        new Position.Options(
            brain.trials(),
            all.strata(),
            middle,
            middle ? brain.trials() : 0,
            middle ? Math.min(brain.trials(), all.refitTrials()) : 0,
            middle ? all.corrected() : null),
        new LobeTypes.Options(brain.trials(), 10 * brain.trials()),
        Lobes.Method.PUBLISHED);
  }

  /** What vocabulary a feature's direction reads as. */
  Stage logits(Stage sae) {
    return new Stage(
        in("logits"),
        Map.of("entries", VOCABULARY_ENTRIES, "model", sources.modelHashes()),
        List.of(sae),
        List.of(in("logits.jsonl"), in("logits.json")),
        true,
        run -> {
          Path folder = run.resolve(folder(layer));
          try (LanguageModel model = sources.openModel()) {
            LogitLens.write(
                folder,
                model,
                Sae.open(folder.resolve("sae")).wDec(),
                VOCABULARY_ENTRIES,
                provenance(),
                workers);
          }
        });
  }

  /** Numbers of each feature to colour by: of its encoder, and how well it sits in its lobe. */
  Stage quantities(Stage sae, Stage collect, Stage lobes) {
    Settings.Brain brain = settings.brain();
    List<String> labels = new ArrayList<>();
    for (int k : brain.ks()) {
      if (k <= MOST_SILHOUETTE_LOBES) {
        brain.affinities().forEach(a -> labels.add(a + "-k" + k));
        labels.add("angular-k" + k);
      }
    }
    return new Stage(
        in("quantities"),
        Map.of("labels", labels),
        List.of(sae, collect, lobes),
        List.of(in("quantities.npz")),
        true,
        run -> {
          Path folder = run.resolve(folder(layer));
          Quantities.write(
              folder,
              Sae.open(folder.resolve("sae")),
              Cooccurrence.read(folder.resolve("cooccurrence.npz")),
              labels,
              workers);
        });
  }

  /** The maps of the decoder directions: t-SNE, UMAP and three principal components. */
  Stage map(Stage sae) {
    return new Stage(
        in("map"),
        Map.of("iterations", settings.brain().mapIterations(), "seed", settings.seed()),
        List.of(sae),
        List.of(
            in("map.npy"),
            in("map.json"),
            in("map-umap.npy"),
            in("map-umap.json"),
            in("pca.npy"),
            in("pca.json")),
        true,
        run -> {
          Path folder = run.resolve(folder(layer));
          FloatMatrix decoder = Sae.open(folder.resolve("sae")).wDec();
          int iterations = settings.brain().mapIterations();
          Tsne.Options options =
              new Tsne.Options(30, 12, Math.min(250, iterations / 3), iterations);
          CloudMap.tsne(decoder, options, workers, progress).write(folder, "map", provenance());
          CloudMap.umap(decoder, Umap.Options.DEFAULT, seed("umap"), workers, progress)
              .write(folder, "map-umap", provenance());
          CloudMap.pca(decoder, 3, workers, progress).write(folder, "pca", provenance());
        });
  }

  /**
   * The same road with random directions in place of the trained ones, at equal L0: lobe by type as
   * Cramér's V, of the trained features, of the random ones, and of the trained ones with the
   * lobes' labels permuted.
   */
  Stage control(Stage documents, Stage tokens, Stage sae, Stage lobes) {
    return new Stage(
        in("control"),
        Map.of("seed", settings.seed(), "trials", settings.brain().trials()),
        List.of(documents, tokens, sae, lobes),
        List.of(in("control.json"), in("control-examples.jsonl")),
        true,
        run -> {
          Path folder = run.resolve(folder(layer));
          Sae trained = Sae.open(folder.resolve("sae"));
          int l0 = l0(run);
          Firings firings = firings(run, random(run, trained), CONTROL_FEATURES);
          int k = settings.brain().ks().contains(3) ? 3 : settings.brain().ks().getFirst();
          Lobes.Options options =
              Lobes.Options.typesOnly(
                  Affinity.parse(settings.brain().affinities().getFirst()),
                  k,
                  new LobeTypes.Options(settings.brain().trials(), 0));
          LobesResult cut =
              Lobes.of(
                  firings.chunks(),
                  null,
                  DocumentList.read(run)::heldOut,
                  options,
                  lobeSeed(),
                  workers,
                  progress);
          ObjectNode result =
              Control.of(Json.read(folder.resolve("lobes.json")), cut.toJson(provenance()), k, l0);
          result.set("almagest", Json.tree(provenance()));
          writeExamples(firings, run, folder.resolve("control-examples.jsonl"));
          Json.write(folder.resolve("control.json"), result);
        });
  }
}

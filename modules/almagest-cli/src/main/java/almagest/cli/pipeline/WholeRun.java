package almagest.cli.pipeline;

import almagest.atlas.Atlas;
import almagest.corpus.Corpora;
import almagest.format.Json;
import almagest.model.LanguageModel;
import almagest.run.Progress;
import almagest.run.Workers;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * The whole road: corpus, activations, an SAE per layer, lobes, maps, galaxy, crystals, the page.
 */
public final class WholeRun {
  /** The stages of a run that stores no activations but a sample's. */
  private static final List<String> STREAMED =
      List.of(
          "corpus",
          ReadingStages.ACTIVATIONS,
          "LAYER/sae",
          "LAYER/features",
          "LAYER/collect",
          "LAYER/lobes",
          "LAYER/map",
          "LAYER/texts",
          "LAYER/logits",
          "LAYER/quantities",
          "LAYER/control",
          "galaxy",
          "crystals",
          "faces",
          "atlas");

  private final Settings asked;
  private final Corpora.Options corpora;
  private final LanguageModel.Options modelOptions;
  private final Workers workers;
  private final Progress progress;
  private final Consumer<String> log;

  /**
   * @param log takes lines for a person: the plan, the stages
   */
  public WholeRun(
      Settings asked,
      Corpora.Options corpora,
      LanguageModel.Options modelOptions,
      Workers workers,
      Progress progress,
      Consumer<String> log) {
    this.asked = asked;
    this.corpora = corpora;
    this.modelOptions = modelOptions;
    this.workers = workers;
    this.progress = progress;
    this.log = log;
  }

  /**
   * Brings everything that is missing into being.
   *
   * @param directory of the run, made if it is not there
   * @param force whether to compute again what is there
   * @param memory the most bytes the run may need, or 0 for no cap
   */
  public Headline bring(Path directory, boolean force, long memory) {
    long start = System.nanoTime();
    try (RunDirectory run = RunDirectory.open(directory, log)) {
      if (force) {
        run.forget();
      }
      announce(directory, memory);
      Sources sources = Sources.open(asked, corpora, modelOptions, progress);
      Settings settings;
      int dModel;
      try (LanguageModel model = sources.openModel()) {
        settings = asked.forModel(model.layers());
        dModel = model.dModel();
      }
      List<Stage> goals = stages(settings, sources);
      List<Stage> missing = run.missing(goals);
      Plan plan =
          Plan.of(settings, dModel, missing.stream().map(Stage::name).toList(), workers.threads());
      if (!missing.isEmpty()) {
        plan.lines().forEach(log);
      }
      plan.check(memory, directory);
      run.note("settings", Json.tree(settings.describe()));
      run.bring(goals);
      double seconds = (System.nanoTime() - start) / 1e9;
      Headline headline =
          Headline.of(
              directory.resolve("index.html"),
              Figures.of(directory, settings),
              run.ran(),
              seconds,
              run.peakMemory());
      if (run.ran() > 0) {
        ObjectNode last = Json.object();
        last.put("seconds", Math.round(seconds * 10) / 10.0)
            .put("peak_memory_bytes", headline.peakBytes())
            .put("threads", workers.threads());
        last.set("figures", Json.tree(headline.figures()));
        run.note("last_run", last);
      }
      return headline;
    }
  }

  /**
   * What has to be downloaded, and with published weights the whole plan, before anything large.
   */
  private void announce(Path directory, long memory) {
    Downloads downloads = Downloads.of(asked, progress);
    if (downloads.bytes() == 0) {
      return;
    }
    if (asked.streamed()) {
      Plan plan =
          Plan.of(
              asked,
              Downloads.dModel(asked, progress),
              STREAMED.stream()
                  .map(s -> s.replace("LAYER", LayerStages.folder(asked.reading().middle())))
                  .toList(),
              workers.threads());
      plan.lines().forEach(log);
      plan.check(memory, directory);
    }
    downloads.lines().forEach(log);
    downloads.check();
  }

  private List<Stage> stages(Settings settings, Sources sources) {
    ReadingStages reading = new ReadingStages(settings, sources, workers, progress);
    CloudStages clouds = new CloudStages(settings, sources, workers, progress);
    Stage documents = reading.documents();
    Stage activations = reading.activations(documents);
    List<Stage> all = new ArrayList<>(List.of(documents));
    Map<Integer, Stage> saes = new LinkedHashMap<>();
    Map<Integer, Stage> contexts = new LinkedHashMap<>();
    for (int layer : settings.reading().layers()) {
      LayerStages stages = new LayerStages(settings, sources, workers, progress, layer);
      Stage sae = stages.sae(documents, activations);
      Stage tokens = activations;
      if (settings.streamed()) {
        tokens = stages.features(documents, sae);
        all.add(tokens);
      }
      Stage collect = stages.collect(documents, tokens, sae);
      Stage lobes = stages.lobes(sae, collect);
      saes.put(layer, sae);
      contexts.put(layer, collect);
      all.addAll(
          List.of(
              sae,
              collect,
              lobes,
              stages.map(sae),
              stages.texts(documents, activations, sae),
              stages.logits(sae),
              stages.quantities(sae, collect, lobes)));
      if (layer == settings.reading().middle()) {
        all.add(stages.control(documents, tokens, sae, lobes));
      }
    }
    all.add(sources.clouds().isEmpty() ? clouds.galaxy(saes) : clouds.publishedGalaxy());
    all.add(clouds.crystals());
    int earliest = settings.reading().layers().getFirst();
    all.add(
        FaceStage.of(
            settings,
            earliest,
            Objects.requireNonNull(saes.get(earliest)),
            Objects.requireNonNull(contexts.get(earliest)),
            workers,
            progress));
    all.add(page(all));
    return all;
  }

  /** The page depends on everything; one that is too large for a file comes as a folder as well. */
  private static Stage page(List<Stage> everything) {
    return new Stage(
        "atlas",
        Map.of(),
        List.copyOf(everything),
        List.of("index.html"),
        List.of(Atlas.FOLDER),
        true,
        run -> Atlas.writeWithAll(run, run.resolve("index.html"), Atlas.Options.DEFAULT));
  }
}

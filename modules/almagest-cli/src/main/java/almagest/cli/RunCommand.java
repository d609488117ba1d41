package almagest.cli;

import almagest.cli.pipeline.Headline;
import almagest.cli.pipeline.Settings;
import almagest.cli.pipeline.WholeRun;
import almagest.corpus.Corpora;
import almagest.format.Json;
import almagest.model.LanguageModel;
import almagest.run.Progress;
import almagest.run.Workers;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code almagest run}: everything, from model and text to the page. */
@Command(
    name = "run",
    description = {
      "From a language model and a corpus to a page that shows the geometry of its concepts: lobes (brain), crystals (atom), "
          + "the shape of the cloud (galaxy).",
      "",
      "With no option a small embedded model reads an embedded corpus; both come from Maven Central on first use. A run "
          + "directory remembers which stages are done: the same command again goes on where it was, or does nothing."
    },
    footer = {
      "",
      "Examples:",
      "  almagest run                                    minutes, 400 thousand tokens, 1,024 features",
      "  almagest run --preset default                   under half an hour, millions of tokens, 4,096 features",
      "  almagest run --preset paper --corpus pile/train the published set-up: Gemma 2 2B, 50,000 documents; days",
      "  almagest run --corpus my-texts --tokens 1000000 your own documents, one folder a type",
      "  almagest run --model ./bert-base --layers 3,6,9 your own model, SAEs trained on it"
    })
final class RunCommand implements Callable<Integer> {
  @Mixin private Common common = new Common();

  @Option(
      names = "--preset",
      paramLabel = "NAME",
      defaultValue = "quick",
      description =
          "quick, default or paper: what the other options begin as (default: ${DEFAULT-VALUE}).")
  private String preset = "quick";

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "The run directory (default: runs/PRESET).")
  private @Nullable Path out;

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      description =
          "A Hugging Face model directory, hub:ORG/REPO, or an embedded model: all-minilm-l6-v2, bge-small-en-v1.5.")
  private @Nullable String model;

  @Option(
      names = "--sae",
      paramLabel = "SAE",
      description =
          "A published SAE (SAELens directory, Gemma Scope params.npz, hub:ORG/REPO:PATH, release/sae_id) for the middle layer; without it SAEs are trained.")
  private @Nullable String sae;

  @Option(
      names = "--corpus",
      paramLabel = "CORPUS",
      description =
          "Your documents: .jsonl, .jsonl.zst, .jsonl.gz, .parquet, a folder (type = subfolder), a manifest; or default, quick.")
  private @Nullable String corpus;

  @Option(
      names = "--type-field",
      paramLabel = "PATH",
      description =
          "Where a document's type stands in a line or which column holds it (default: meta.pile_set_name).")
  private @Nullable String typeField;

  @Option(
      names = "--text-field",
      paramLabel = "PATH",
      description = "Where its text stands (default: text).")
  private @Nullable String textField;

  @Option(
      names = "--layers",
      paramLabel = "L,…",
      split = ",",
      description =
          "Zero-based blocks; the residual stream after each is looked at. The middle one gets the larger SAE.")
  private @Nullable List<Integer> layers;

  @Option(names = "--documents", paramLabel = "N", description = "Read at most so many documents.")
  private @Nullable Long documents;

  @Option(names = "--tokens", paramLabel = "N", description = "Read at most so many tokens.")
  private @Nullable Long tokens;

  @Option(names = "--features", paramLabel = "N", description = "Width of the middle layer's SAE.")
  private @Nullable Integer features;

  @Option(
      names = "--threshold",
      paramLabel = "X",
      description =
          "A feature fires above this: 0 for SAEs trained here; the published set-up has 1.")
  private @Nullable Double threshold;

  @Option(names = "--k", paramLabel = "K,…", split = ",", description = "Numbers of lobes.")
  private @Nullable List<Integer> ks;

  @Override
  public Integer call() {
    Settings settings =
        Settings.preset(preset)
            .with(
                new Settings.Overrides(
                    model, sae, corpus, layers, documents, tokens, features, threshold, ks),
                common.seed);
    Corpora.Options corpora = Corpora.Options.defaults().withTypeField(typeField);
    if (textField != null) {
      corpora = corpora.withTextField(textField);
    }
    Path directory = out == null ? Path.of("runs", preset) : out;
    Progress progress = common.progress();
    try (Workers workers = common.workers()) {
      WholeRun run =
          new WholeRun(
              settings,
              corpora,
              new LanguageModel.Options(),
              workers,
              progress,
              common.quiet ? line -> {} : System.err::println);
      Headline headline = run.bring(directory, common.force, common.memory());
      if (common.json) {
        System.out.println(Json.line(Json.tree(headline)));
      } else {
        headline.lines().forEach(System.out::println);
      }
    }
    return 0;
  }
}

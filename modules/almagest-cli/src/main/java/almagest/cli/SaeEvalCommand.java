package almagest.cli;

import almagest.activation.Window;
import almagest.activation.Windows;
import almagest.corpus.Corpora;
import almagest.corpus.Corpus;
import almagest.feature.ModelEvaluation;
import almagest.feature.Sae;
import almagest.feature.SaeEvaluation;
import almagest.feature.SaeReport;
import almagest.feature.SaeVerdict;
import almagest.format.Json;
import almagest.model.Hook;
import almagest.model.LanguageModel;
import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.Provenance;
import almagest.run.Workers;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Judges an SAE. */
@Command(
    name = "eval",
    description = {
      "Judges an SAE: L0, explained variance, dead features, and with a decoder model how much of its"
          + " next-token loss the reconstruction keeps.",
      "BOS or [CLS] does not count unless --include-bos is given. Writes sae-eval.json."
    },
    footer = {
      "",
      "Example: almagest sae eval --model DIR --sae params.npz --corpus texts.jsonl --documents 200"
    })
final class SaeEvalCommand implements Callable<Integer> {
  @Mixin private Common common = new Common();

  @Spec
  private picocli.CommandLine.Model.CommandSpec spec =
      picocli.CommandLine.Model.CommandSpec.create();

  @Option(
      names = "--sae",
      required = true,
      paramLabel = "SAE",
      description = "The SAE: a file, a directory, hub:ORG/REPO:PATH or release/sae_id.")
  private String sae = "";

  @Option(
      names = "--activations",
      paramLabel = "DIR|X.npy",
      description = "Stored activations to judge it on, instead of a model and texts.")
  private @Nullable String activations;

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      description = "The language model's directory, or hub:ORG/REPO.")
  private @Nullable String model;

  @Option(
      names = "--hook",
      paramLabel = "H",
      description = "The hook point (default: the one that the SAE's files name).")
  private @Nullable String hook;

  @Option(names = "--corpus", paramLabel = "C", description = "Texts: default, a file or a folder.")
  private @Nullable String corpus;

  @Option(
      names = "--tokens",
      paramLabel = "IDS.json",
      description = "Documents as lists of token ids, BOS included, instead of texts.")
  private @Nullable Path tokens;

  @Option(
      names = "--documents",
      paramLabel = "N",
      defaultValue = "200",
      description = "At most so many documents (default: ${DEFAULT-VALUE}).")
  private long documents;

  @Option(
      names = "--context",
      paramLabel = "N",
      description = "Tokens of a context, special tokens included (default: what suits the model).")
  private @Nullable Integer context;

  @Option(names = "--include-bos", description = "Count position 0 as well.")
  private boolean includeBos;

  @Mixin private ComputeOptions compute = new ComputeOptions();

  @Option(
      names = "--expect-l0",
      paramLabel = "X",
      description = "The L0 to expect (default: what the SAE's files say).")
  private @Nullable Double expectedL0;

  @Option(
      names = "--expect-variance",
      paramLabel = "X",
      description = "The explained variance to expect.")
  private @Nullable Double expectedVariance;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      defaultValue = "sae-eval.json",
      description = "Where to write (default: ${DEFAULT-VALUE}).")
  private Path out = Path.of("sae-eval.json");

  @Override
  public Integer call() {
    Sae opened = Sae.open(common.local(sae));
    ObjectNode figures;
    SaeEvaluation evaluation;
    try (Workers workers = common.workers()) {
      if (activations != null) {
        evaluation =
            SaeEvaluation.of(
                opened,
                ActivationArgument.open(common.localArray(activations)).source(),
                workers,
                common.progress());
        figures = SaeReport.figures(evaluation);
      } else if (model != null && (corpus != null || tokens != null)) {
        ModelEvaluation inModel = inModel(opened, common.local(model), workers);
        evaluation = inModel.figures();
        figures = SaeReport.figures(inModel);
      } else {
        throw new ParameterException(
            spec.commandLine(), "expected --model with --corpus or --tokens, or --activations");
      }
    }
    SaeVerdict verdict = SaeVerdict.of(opened, evaluation, expectedL0, expectedVariance);
    ObjectNode root = Json.object();
    root.set(
        "almagest",
        Json.tree(new Provenance(Provenance.VERSION, 1, common.seed, asked(), Map.of())));
    root.setAll(SaeInfoCommand.describe(opened));
    root.set("figures", figures);
    ObjectNode judged = root.putObject("verdict");
    judged.put("good", verdict.good());
    judged.put("expected_l0", verdict.expectedL0());
    judged.put("expected_explained_variance", verdict.expectedVariance());
    judged.set("problems", Json.tree(verdict.problems()));
    Json.write(out, root);
    if (common.json) {
      System.out.println(Json.line(root));
    } else {
      figures
          .properties()
          .forEach(e ->
              System.out.println(
                  e.getValue().isIntegralNumber()
                      ? String.format(Locale.ROOT, "%-30s %d", e.getKey(), e.getValue().asLong())
                      : String.format(
                          Locale.ROOT, "%-30s %.6g", e.getKey(), e.getValue().asDouble())));
    }
    warn(opened, verdict);
    return 0;
  }

  /** On standard error, so that it is seen whatever becomes of the output. */
  private void warn(Sae opened, SaeVerdict verdict) {
    if (verdict.good()) {
      return;
    }
    System.err.println("almagest: THIS SAE AND THESE ACTIVATIONS DO NOT FIT TOGETHER:");
    verdict.problems().forEach(p -> System.err.println("  " + p));
    System.err.println(
        "  likely causes: another hook point (the files say \""
            + opened.info().hook()
            + "\"), another model (\""
            + opened.info().model()
            + "\"), a normalisation that the files do not hold, BOS "
            + (includeBos ? "counted" : "left out"));
    opened.info().notes().forEach(n -> System.err.println("  note: " + n));
  }

  private ModelEvaluation inModel(Sae opened, Path directory, Workers workers) {
    Progress progress = common.progress();
    try (LanguageModel language = LanguageModel.open(directory, compute.forModel())) {
      Hook point = hook(opened);
      Windows.Options usual = Windows.Options.of(language);
      Windows windows =
          new Windows(
              language,
              context == null ? usual : new Windows.Options(context, usual.perDocument()));
      if (tokens != null) {
        List<Window> read = read(tokens, windows);
        return ModelEvaluation.of(
            language, point, opened, () -> read.stream().map(this::counted), workers, progress);
      }
      try (Corpus texts =
          Corpora.open(
              corpus == null ? "default" : common.local(corpus).toString(),
              Corpora.Options.defaults().withDocuments(documents),
              progress)) {
        Supplier<Stream<Window>> source =
            () -> windows.ofDocuments(texts.documents(), workers).map(this::counted);
        return ModelEvaluation.of(language, point, opened, source, workers, progress);
      }
    }
  }

  private Hook hook(Sae opened) {
    String name = hook == null ? opened.info().hook() : hook;
    if (name.isEmpty()) {
      throw new InputException(
          sae + ": its files name no hook point; give one, e.g. --hook blocks.12.hook_resid_post");
    }
    return Hook.parse(name);
  }

  private Window counted(Window w) {
    return includeBos ? new Window(w.document(), w.index(), w.context(), 0, w.last()) : w;
  }

  private List<Window> read(Path file, Windows windows) {
    JsonNode all = Json.read(file);
    if (!all.isArray() || all.isEmpty()) {
      throw InputException.in(file, "", "expected a list of lists of token ids", "");
    }
    List<Window> read = new ArrayList<>();
    for (JsonNode document : all) {
      if (read.size() == documents) {
        break;
      }
      int[] ids = new int[document.size()];
      for (int i = 0; i < ids.length; i++) {
        if (!document.get(i).canConvertToInt()) {
          throw InputException.in(
              file,
              "document " + read.size() + ", token " + i,
              "expected a token id, found " + document.get(i),
              "");
        }
        ids[i] = document.get(i).asInt();
      }
      if (ids.length == 0) {
        throw InputException.in(file, "document " + read.size(), "expected token ids", "");
      }
      read.add(windows.ofIds(read.size(), ids));
    }
    return read;
  }

  private Map<String, Object> asked() {
    Map<String, Object> asked = new TreeMap<>();
    asked.put("sae", sae);
    asked.put("activations", String.valueOf(activations));
    asked.put("model", String.valueOf(model));
    asked.put("hook", String.valueOf(hook));
    asked.put("corpus", String.valueOf(corpus));
    asked.put("tokens", String.valueOf(tokens));
    asked.put("documents", documents);
    asked.put("context", String.valueOf(context));
    asked.put("include-bos", includeBos);
    asked.put("dtype", compute.dtype());
    return asked;
  }
}

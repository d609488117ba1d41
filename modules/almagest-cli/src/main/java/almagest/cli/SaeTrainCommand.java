package almagest.cli;

import almagest.feature.HeldOut;
import almagest.feature.PcaBaseline;
import almagest.feature.RandomDirections;
import almagest.feature.SaeEvaluation;
import almagest.feature.SaeReport;
import almagest.feature.SaeTrainer;
import almagest.format.Json;
import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.Provenance;
import almagest.run.Workers;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Trains an SAE on stored activations. */
@Command(
    name = "train",
    description = {
      "Trains a sparse autoencoder on stored activations and judges it on documents held out.",
      "Writes a SAELens directory with sae-eval.json in it. Interrupted, it goes on where it was."
    },
    footer = {
      "",
      "Example: almagest sae train --activations act/blocks.3.hook_resid_post --features 4096 --k 32 --out sae"
    })
final class SaeTrainCommand implements Callable<Integer> {
  /** Which rule, and how sparse. */
  static final class Rule {
    @Option(
        names = "--k",
        paramLabel = "K",
        required = true,
        description = "TopK: so many features fire on a token.")
    @Nullable Integer k;

    @Option(
        names = "--l0",
        paramLabel = "L0",
        required = true,
        description = "JumpReLU: so many features fire on a token in the mean, about.")
    @Nullable Double l0;
  }

  @Mixin private Common common = new Common();

  @Option(
      names = "--activations",
      required = true,
      paramLabel = "DIR|X.npy",
      description = "A folder of stored activations, FILE.npy or FILE.npz:KEY, [tokens, d_model].")
  private String activations = "";

  @Option(
      names = "--features",
      required = true,
      paramLabel = "M",
      description = "How many features.")
  private int features;

  @ArgGroup(multiplicity = "1")
  private Rule rule = new Rule();

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "2048",
      description = "Tokens per step (default: ${DEFAULT-VALUE}).")
  private int batch;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "Steps (default: as many as make --epochs).")
  private @Nullable Long steps;

  @Option(
      names = "--epochs",
      paramLabel = "X",
      defaultValue = "6",
      description = "How often each token is seen (default: ${DEFAULT-VALUE}).")
  private double epochs;

  @Option(
      names = "--learning-rate",
      paramLabel = "X",
      defaultValue = "1e-3",
      description = "Adam's (default: ${DEFAULT-VALUE}).")
  private double learningRate;

  @Option(
      names = "--held-out",
      paramLabel = "X",
      defaultValue = "0.1",
      description =
          "The share of documents that training does not see (default: ${DEFAULT-VALUE}).")
  private double heldOut;

  @Option(names = "--out", required = true, paramLabel = "DIR", description = "Where to write.")
  private Path out = Path.of("");

  @Override
  public Integer call() {
    if (Files.exists(out.resolve("cfg.json")) && !common.force) {
      throw InputException.in(out, "", "an SAE is here already", "--force trains another");
    }
    ActivationArgument x = ActivationArgument.open(common.localArray(activations));
    HeldOut split = HeldOut.byDocument(x.source(), x.document(), heldOut, common.seed());
    SaeTrainer.Options options = options(split.train().tokens());
    Progress progress = common.progress();
    ObjectNode report;
    try (Workers workers = common.workers()) {
      SaeTrainer.Result result =
          new SaeTrainer(split.train(), options, common.seed())
              .train(out.resolve("training.checkpoint"), x.model(), x.hook(), workers, progress);
      SaeEvaluation figures = SaeEvaluation.of(result.sae(), split.heldOut(), workers, progress);
      int active = Math.max(1, (int) Math.round(figures.l0()));
      report =
          new SaeReport(
                  result.sae(),
                  figures,
                  PcaBaseline.of(split.train(), split.heldOut(), active, workers),
                  SaeEvaluation.of(
                      RandomDirections.like(result.sae(), active, common.seed()),
                      split.heldOut(),
                      workers,
                      progress),
                  result.tokens(),
                  result.curve())
              .json(new Provenance(Provenance.VERSION, 1, common.seed, asked(options), Map.of()));
      Json.write(out.resolve("sae-eval.json"), report);
      result.sae().save(out);
    }
    print(report);
    return 0;
  }

  private SaeTrainer.Options options(long tokens) {
    int size = (int) Math.min(batch, tokens);
    long count = steps == null ? Math.max(1, (long) (epochs * tokens / size)) : steps;
    SaeTrainer.Options options =
        rule.k != null
            ? SaeTrainer.Options.topK(features, rule.k, size, count)
            : SaeTrainer.Options.jumpRelu(features, rule.l0 == null ? 32 : rule.l0, size, count);
    return options.withLearningRate(learningRate);
  }

  private Map<String, Object> asked(SaeTrainer.Options options) {
    Map<String, Object> asked = new TreeMap<>();
    asked.put("activations", activations);
    asked.put("held-out", heldOut);
    asked.put("training", options);
    return asked;
  }

  private void print(ObjectNode report) {
    if (common.json) {
      System.out.println(Json.line(report));
      return;
    }
    System.out.printf(
        Locale.ROOT,
        "held out: explained variance %.3f (principal components %.3f, random directions %.3f) at"
            + " L0 %.1f, %.1f %% dead, in %s%n",
        report.at("/held_out/explained_variance").asDouble(),
        report.at("/pca/explained_variance").asDouble(),
        report.at("/random_directions/explained_variance").asDouble(),
        report.at("/held_out/l0").asDouble(),
        100 * report.at("/held_out/dead_fraction").asDouble(),
        out);
  }
}

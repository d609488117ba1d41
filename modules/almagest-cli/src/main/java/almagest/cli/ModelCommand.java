package almagest.cli;

import almagest.format.Json;
import almagest.format.Npy;
import almagest.format.Npz;
import almagest.format.Tensor;
import almagest.model.Activations;
import almagest.model.Context;
import almagest.model.Hook;
import almagest.model.LanguageModel;
import almagest.model.PaddedBatch;
import almagest.model.Tokenizer;
import almagest.model.Verification;
import almagest.run.InputException;
import almagest.run.Workers;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What there is to know about a language model, and what it computes. */
@Command(
    name = "model",
    description = "Shows, runs and verifies a language model.",
    subcommands = {
      ModelCommand.Sizes.class,
      ModelCommand.Tokens.class,
      ModelCommand.ActivationsOf.class,
      ModelCommand.Verify.class
    })
final class ModelCommand {
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  private ModelCommand() {}

  /** The sizes of a model. */
  @Command(name = "info", description = "Shows a model's architecture and sizes.")
  static final class Sizes implements Callable<Integer> {
    @Mixin Common common = new Common();
    @Mixin ModelOptions options = new ModelOptions();

    @Override
    public Integer call() {
      try (LanguageModel model = options.open(common)) {
        ObjectNode root = Json.object();
        root.put("name", model.name());
        root.put("family", model.family());
        root.put("layers", model.layers());
        root.put("d_model", model.dModel());
        root.put("context", model.contextLength());
        root.put("vocabulary", model.vocabulary());
        root.put("logits", model.hasLogits());
        root.set("before_text", Json.tree(model.contextPrefix()));
        root.set("after_text", Json.tree(model.contextSuffix()));
        if (common.json) {
          System.out.println(Json.line(root));
        } else {
          root.properties().forEach(e -> System.out.printf("%-12s %s%n", e.getKey(), e.getValue()));
        }
        return 0;
      }
    }
  }

  /** A text's tokens. */
  @Command(name = "tokens", description = "Shows how a model's tokenizer cuts a text.")
  static final class Tokens implements Callable<Integer> {
    @Mixin Common common = new Common();
    @Mixin ModelOptions options = new ModelOptions();

    @Parameters(paramLabel = "TEXT", description = "The text.")
    String text = "";

    @Override
    public Integer call() {
      try (LanguageModel model = options.open(common)) {
        Tokenizer tokenizer = model.tokenizer();
        int[] ids = tokenizer.encode(text);
        ArrayNode pieces = Json.object().putArray("tokens");
        for (int id : ids) {
          pieces.add(tokenizer.piece(id));
          if (!common.json) {
            System.out.printf(Locale.ROOT, "%8d  %s%n", id, tokenizer.piece(id));
          }
        }
        if (common.json) {
          ObjectNode root = Json.object();
          root.set("ids", Json.tree(ids));
          root.set("tokens", pieces);
          System.out.println(Json.line(root));
        }
        return 0;
      }
    }
  }

  /** Writes hook points. */
  @Command(
      name = "activations",
      description = {
        "Writes what a model computes at hook points, each as an array [rows, length, width] under its name.",
        "Hook points: embeddings, layers.L, blocks.L.hook_resid_pre, .attn.hook_z, .hook_attn_out, .hook_mlp_out, .hook_resid_post, final_norm_out.",
        "The values at padded places are zeros."
      },
      footer = {
        "",
        "Example: almagest model activations --model DIR --text FILE --hooks blocks.3.hook_resid_post --out x.npz"
      })
  static final class ActivationsOf implements Callable<Integer> {
    @Mixin Common common = new Common();
    @Mixin ModelOptions options = new ModelOptions();

    @Option(
        names = "--text",
        paramLabel = "FILE",
        description = "A text, tokenised as the model's tokenizer does, special tokens included.")
    @Nullable Path text;

    @Option(
        names = "--tokens",
        paramLabel = "IDS.npy",
        description = "Token ids [rows, length] instead of a text, special tokens included.")
    @Nullable Path tokens;

    @Option(
        names = "--mask",
        paramLabel = "MASK.npy",
        description = "1 for a token, 0 for padding before or after the tokens, [rows, length].")
    @Nullable Path mask;

    @Option(
        names = "--token-types",
        paramLabel = "TYPES.npy",
        description = "BERT's segments, [rows, length] (default: zeros).")
    @Nullable Path types;

    @Option(
        names = "--hooks",
        paramLabel = "NAME",
        split = ",",
        description = "Hook points, separated by commas.")
    List<String> hooks = new ArrayList<>();

    @Option(names = "--logits", description = "Write the logits too.")
    boolean logits;

    @Option(
        names = "--out",
        required = true,
        paramLabel = "FILE.npz",
        description = "The file to write.")
    Path out = Path.of("");

    @Override
    public Integer call() {
      if ((text == null) == (tokens == null)) {
        throw new InputException("expected either --text or --tokens");
      }
      if (hooks.isEmpty() && !logits) {
        throw new InputException("nothing to write: expected --hooks or --logits");
      }
      Map<String, Hook> named = new LinkedHashMap<>();
      hooks.forEach(name -> named.put(name.strip(), Hook.parse(name.strip())));
      try (LanguageModel model = options.open(common);
          Workers workers = common.workers()) {
        PaddedBatch batch = tokens == null ? ofText(model) : ofIds(tokens);
        LanguageModel.Request request =
            new LanguageModel.Request(Set.copyOf(named.values()), logits, Map.of(), batch.length());
        long[] shape = {batch.contexts().size(), batch.length(), 0};
        try (Activations found = model.forward(batch.contexts(), request, workers)) {
          Map<String, Tensor> arrays = new LinkedHashMap<>();
          named.forEach((name, hook) -> {
            shape[2] = model.width(hook);
            arrays.put(name, Tensor.of(found.at(hook), shape.clone()));
          });
          if (logits) {
            shape[2] = model.vocabulary();
            arrays.put("logits", Tensor.of(found.logits(), shape.clone()));
          }
          if (tokens == null) {
            arrays.put("tokens", Tensor.of(batch.contexts().getFirst().ids(), shape[0], shape[1]));
          }
          Npz.writeTensors(out, arrays);
          report(arrays);
        }
        return 0;
      }
    }

    private void report(Map<String, Tensor> arrays) {
      if (common.json) {
        ObjectNode root = Json.object().put("out", out.toString());
        ObjectNode shapes = root.putObject("arrays");
        arrays.forEach((name, tensor) -> shapes.set(name, Json.tree(tensor.shape())));
        System.out.println(Json.line(root));
      } else {
        arrays.forEach((name, tensor) -> System.out.printf("%-28s %s%n", name, tensor));
        System.out.println(out);
      }
    }

    private PaddedBatch ofText(LanguageModel model) {
      Path file = java.util.Objects.requireNonNull(text);
      try {
        int[] ids = model.tokenizer().encode(Files.readString(file));
        if (ids.length == 0) {
          throw InputException.in(file, "", "expected a text, found nothing", "");
        }
        return new PaddedBatch(ids.length, List.of(Context.of(ids)));
      } catch (IOException e) {
        throw InputException.in(file, "", "cannot be read as UTF-8 (" + e.getMessage() + ")", "");
      }
    }

    private PaddedBatch ofIds(Path file) {
      return PaddedBatch.of(
          file,
          Npy.read(file),
          mask == null ? null : Npy.read(mask),
          types == null ? null : Npy.read(types));
    }
  }

  /** Compares with stored outputs. */
  @Command(
      name = "verify",
      description = {
        "Compares a model with stored outputs of another program, hook point by hook point.",
        "Exit code 0 when all agree, 3 when one does not. Allowed in float32: 1e-4, or 5e-5 of the largest value at the position (logits: 5e-4); in bf16: a median relative error by position under 3 %."
      },
      footer = {"", "Example: almagest model verify --model DIR --reference reference.npz"})
  static final class Verify implements Callable<Integer> {
    @Mixin Common common = new Common();
    @Mixin ModelOptions options = new ModelOptions();

    @Option(
        names = "--reference",
        required = true,
        paramLabel = "FILE.npz",
        description = "tokens, mask, token_types, and hook points under their names.")
    Path reference = Path.of("");

    @Override
    public Integer call() {
      try (LanguageModel model = options.open(common);
          Workers workers = common.workers()) {
        Verification result = Verification.run(model, reference, workers);
        if (common.json) {
          ObjectNode root = Json.object();
          root.put("agrees", result.agrees());
          root.setAll((ObjectNode) Json.tree(result));
          System.out.println(Json.line(root));
        } else {
          System.out.printf("%-28s %10s %10s %10s%n", "hook point", "largest", "mean", "relative");
          for (Verification.Point p : result.points()) {
            System.out.printf(
                Locale.ROOT,
                "%-28s %10.2e %10.2e %10.2e%s%n",
                p.name(),
                p.largest(),
                p.mean(),
                p.medianRelative(),
                p.within() ? "" : "  DIFFERS");
          }
          System.out.printf(
              "%s: %s over %d tokens, products in %s%n",
              model.name(),
              result.agrees() ? "agrees" : "DIFFERS",
              result.tokens(),
              result.products());
        }
        return result.agrees() ? 0 : Main.BAD_INPUT;
      }
    }
  }
}

package almagest.cli;

import static java.util.stream.Collectors.joining;

import almagest.activation.ActivationStream;
import almagest.activation.TokenTable;
import almagest.activation.Window;
import almagest.activation.Windows;
import almagest.brain.ChunkBuilder;
import almagest.brain.Chunks;
import almagest.cli.pipeline.Firings;
import almagest.corpus.Corpora;
import almagest.corpus.Corpus;
import almagest.corpus.Document;
import almagest.feature.Sae;
import almagest.format.Json;
import almagest.model.Hook;
import almagest.model.LanguageModel;
import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.Provenance;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code almagest collect}: which features fire in which chunk, how often, and in what contexts.
 */
@Command(
    name = "collect",
    description = {
      "Runs a model and an SAE over documents and counts: chunks.npz (which features fire in which chunk), cooccurrence.npz "
          + "(histogram and n_chunks), occurrences.npz (tokens a feature), examples.jsonl (contexts), types.json.",
      "",
      "Activations are streamed, never stored. Documents never mix; BOS, [CLS] and [SEP] never count; only whole chunks count."
    },
    footer = {
      "",
      "Example:",
      "  almagest collect --model gemma-2-2b --sae params.npz --hook blocks.12.hook_resid_post --corpus pile/ --documents 50000"
    })
final class CollectCommand implements Callable<Integer> {
  @Mixin private Common common = new Common();

  @Option(
      names = "--model",
      required = true,
      paramLabel = "MODEL",
      description = "A model directory, or hub:ORG/REPO.")
  private String model = "";

  @Option(
      names = "--sae",
      required = true,
      paramLabel = "SAE",
      description =
          "A SAELens directory, Gemma Scope params.npz, …, hub:ORG/REPO:PATH or release/sae_id.")
  private String sae = "";

  @Option(
      names = "--hook",
      required = true,
      paramLabel = "HOOK",
      description = "e.g. blocks.12.hook_resid_post")
  private String hook = "";

  @ArgGroup(multiplicity = "1")
  private Source source = new Source();

  /** Texts or token ids. */
  static final class Source {
    @Option(
        names = "--corpus",
        paramLabel = "CORPUS",
        description =
            "Documents: .jsonl[.zst|.gz], .parquet, a folder, a manifest, default, quick.")
    @Nullable String corpus;

    @Option(
        names = "--tokens",
        paramLabel = "FILE",
        description = "A JSON list of lists of token ids, special tokens in place (BOS first).")
    @Nullable Path tokens;
  }

  @Option(
      names = "--type-field",
      paramLabel = "PATH",
      description = "Where a document's type stands (default: meta.pile_set_name).")
  private @Nullable String typeField;

  @Option(names = "--documents", paramLabel = "N", description = "Read only the first N documents.")
  private long documents = -1;

  @Option(
      names = "--chunk",
      split = ",",
      paramLabel = "N",
      defaultValue = "256",
      description =
          "Tokens a chunk; several lengths, as 64,128,256, in one pass give chunks-N.npz and"
              + " cooccurrence-N.npz of each (default: ${DEFAULT-VALUE}).")
  private List<Integer> chunk = new ArrayList<>();

  @Option(
      names = "--context",
      paramLabel = "N",
      description =
          "Tokens a context, special tokens included (default: 1024, at most the model's; BERT: 258).")
  private @Nullable Integer context;

  @Option(
      names = "--threshold",
      paramLabel = "X",
      defaultValue = "1",
      description =
          "A feature fires above it (default: ${DEFAULT-VALUE}, as published; 0 for SAEs trained here).")
  private float threshold = 1;

  @Option(
      names = "--tails",
      description = "Count what is left of a document after its last whole chunk as a chunk, too.")
  private boolean tails;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = ".",
      description = "Where the files go (default: here).")
  private Path out = Path.of(".");

  /** What is read: windows, made anew for each pass, and the documents they are of. */
  private record Reading(Supplier<Stream<Window>> windows, List<String> ids, List<String> typeOf) {}

  @Override
  public Integer call() {
    if (documents == 0) {
      throw new InputException("--documents: expected at least 1, found 0");
    }
    Sae features = Sae.open(common.local(sae));
    Hook at = Hook.parse(hook);
    try (LanguageModel opened =
            LanguageModel.open(common.local(model), new LanguageModel.Options());
        Workers workers = common.workers()) {
      if (opened.width(at) != features.dModel()) {
        throw new InputException(
            "%s reads vectors of %d, %s of %s gives %d; is it the SAE of this hook point?"
                .formatted(sae, features.dModel(), hook, model, opened.width(at)));
      }
      features.checkEncoder(workers);
      Windows.Options usual = Windows.Options.of(opened);
      Windows windows =
          new Windows(
              opened, context == null ? usual : new Windows.Options(context, usual.perDocument()));
      Progress progress = common.progress();
      Reading reading =
          source.tokens == null ? texts(windows, workers, progress) : ids(windows, source.tokens);
      TokenTable table;
      try (Stream<Window> all = reading.windows.get()) {
        table = TokenTable.of(all);
      }
      List<String> types = reading.typeOf.stream().distinct().sorted().toList();
      short[] typeOf = new short[reading.typeOf.size()];
      for (int i = 0; i < typeOf.length; i++) {
        typeOf[i] = (short) types.indexOf(reading.typeOf.get(i));
      }
      Firings firings =
          new Firings(
              features.dSae(),
              new Firings.Tokens(table.document(), table.id(), typeOf, types),
              chunk.stream()
                  .distinct()
                  .map(length -> new ChunkBuilder.Options(length, threshold, tails))
                  .toList(),
              common.seed().split("examples"));
      stream(opened, at, features, reading, table, firings, workers, progress);
      List<Chunks> chunks = firings.write(out, workers, progress);
      boolean spells = source.tokens == null;
      firings.writeExamples(
          out.resolve("examples.jsonl"),
          spells ? opened.tokenizer()::display : i -> "<" + i + "> ",
          d -> reading.ids.get(d));
      report(features, table, chunks, reading);
    }
    return 0;
  }

  private static void stream(
      LanguageModel model,
      Hook hook,
      Sae sae,
      Reading reading,
      TokenTable table,
      Firings firings,
      Workers workers,
      Progress progress) {
    try (Stream<Window> all = reading.windows.get();
        Progress.Task task = progress.start("collecting", table.tokens(), "tokens")) {
      long[] next = {0};
      new ActivationStream(model, Set.of(hook))
          .run(
              all.iterator(),
              workers,
              block -> {
                FloatMatrix x = java.util.Objects.requireNonNull(block.values().get(hook));
                firings.accept(next[0], sae.encode(x, workers));
                next[0] += x.rows();
                task.advance(x.rows());
              });
    }
  }

  private Reading texts(Windows windows, Workers workers, Progress progress) {
    Corpora.Options options = Corpora.Options.defaults().withTypeField(typeField);
    Corpus corpus =
        Corpora.open(
            common.local(java.util.Objects.requireNonNull(source.corpus)).toString(),
            documents < 0 ? options : options.withDocuments(documents),
            progress);
    List<String> ids = new ArrayList<>();
    List<String> typeOf = new ArrayList<>();
    try (Stream<Document> all = corpus.documents()) {
      all.forEach(d -> {
        ids.add(d.id());
        typeOf.add(d.type());
      });
    }
    return new Reading(() -> windows.ofDocuments(corpus.documents(), workers), ids, typeOf);
  }

  private Reading ids(Windows windows, Path file) {
    JsonNode root = Json.read(file);
    if (!root.isArray() || root.isEmpty()) {
      throw InputException.in(
          file,
          "",
          "expected a list of lists of token ids, found "
              + (root.isArray() ? "no document" : root.getNodeType()),
          "");
    }
    List<Window> all = new ArrayList<>();
    List<String> names = new ArrayList<>();
    for (JsonNode document : root) {
      if (documents >= 0 && names.size() == documents) {
        break;
      }
      int[] tokens = new int[document.size()];
      for (int i = 0; i < tokens.length; i++) {
        if (!document.get(i).isInt() || document.get(i).asInt() < 0) {
          throw InputException.in(
              file,
              "document " + names.size() + ", token " + i,
              "expected a token id, found " + document.get(i),
              "");
        }
        tokens[i] = document.get(i).asInt();
      }
      if (tokens.length == 0) {
        throw InputException.in(
            file, "document " + names.size(), "expected a list of at least one token id", "");
      }
      all.add(windows.ofIds(names.size(), tokens));
      names.add(Integer.toString(names.size()));
    }
    return new Reading(all::stream, names, names.stream().map(n -> "untyped").toList());
  }

  private void report(Sae features, TokenTable table, List<Chunks> all, Reading reading) {
    Map<String, Object> asked = new TreeMap<>();
    asked.put("chunk", chunk);
    asked.put("hook", hook);
    asked.put("threshold", threshold);
    asked.put("tails", tails);
    ObjectNode result = Json.object();
    result.set(
        "almagest", Json.tree(new Provenance(Provenance.VERSION, 1, common.seed, asked, Map.of())));
    result.put("documents", reading.ids.size());
    result.put("tokens", table.tokens());
    Chunks chunks = all.getFirst();
    result.put("chunks", chunks.count());
    if (all.size() > 1) {
      ObjectNode byLength = result.putObject("chunks_by_length");
      List<Integer> lengths = chunk.stream().distinct().toList();
      for (int i = 0; i < all.size(); i++) {
        byLength.put(lengths.get(i).toString(), all.get(i).count());
      }
    }
    result.put("features", features.dSae());
    result.put("dead", java.util.Arrays.stream(chunks.featureCounts()).filter(c -> c == 0).count());
    if (common.json) {
      System.out.println(Json.line(result));
    } else {
      System.out.printf(
          java.util.Locale.ROOT,
          "%,d documents, %,d tokens, %s chunks of %s; %,d of %,d features are in no chunk. Files are in %s.%n",
          reading.ids.size(),
          table.tokens(),
          all.stream()
              .map(c -> String.format(java.util.Locale.ROOT, "%,d", c.count()))
              .collect(joining(" / ")),
          chunk.stream().distinct().map(String::valueOf).collect(joining(" / ")),
          result.path("dead").asLong(),
          features.dSae(),
          out);
    }
  }
}

package almagest.cli;

import almagest.corpus.Corpora;
import almagest.corpus.Corpus;
import almagest.corpus.Document;
import almagest.corpus.EmbeddedModel;
import almagest.corpus.Licence;
import almagest.format.Json;
import almagest.format.hub.HubName;
import almagest.model.Tokenizer;
import almagest.run.InputException;
import almagest.run.Progress;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code corpus}: looks at documents before a model does. */
@Command(
    name = "corpus",
    description = "Looks at corpora: what is in one, how an embedded one is made.",
    subcommands = {CorpusCommand.Inspect.class, CorpusCommand.ShowManifest.class})
final class CorpusCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "what to do? e.g. `almagest corpus info my-texts`");
  }

  /** Documents, characters and, with a tokenizer, tokens and chunks of each type. */
  @Command(
      name = "info",
      description = {
        "Reads a corpus through and counts what a run would find in it: documents, characters and,"
            + " with --model, tokens and whole chunks of each type.",
        "An embedded corpus is fetched first when it is not in the cache."
      },
      footer = {
        "",
        "  almagest corpus info my-texts --model all-minilm-l6-v2",
        "  almagest corpus info pile/train --documents 50000",
        "  almagest corpus info notes.jsonl --text-field body --type-field labels.kind"
      })
  static final class Inspect implements Callable<Integer> {
    @Mixin private Common common = new Common();

    @Parameters(
        paramLabel = "CORPUS",
        description =
            "quick, default, or a path: .jsonl, .jsonl.zst, .jsonl.gz, .parquet, a folder, a"
                + " manifest (.json).")
    private String where = "";

    @Option(
        names = "--documents",
        paramLabel = "N",
        description = "Only the first N documents (default: all).")
    private long documents = -1;

    @Option(
        names = "--text-field",
        paramLabel = "PATH",
        description = "Where the text stands in a line, or its column (default: text).")
    private @Nullable String textField;

    @Option(
        names = "--type-field",
        paramLabel = "PATH",
        description =
            "Where the type stands in a line, or its column (default: meta.pile_set_name; columns:"
                + " type).")
    private @Nullable String typeField;

    @Option(
        names = "--model",
        paramLabel = "M",
        description =
            "Count tokens with the tokenizer of this model: a folder or an embedded name.")
    private @Nullable String model;

    @Option(
        names = "--chunk",
        paramLabel = "N",
        defaultValue = "256",
        description = "Tokens of a chunk (default: ${DEFAULT-VALUE}).")
    private int chunk = 256;

    /** What is counted of a type. */
    private static final class Counts {
      private long documents;
      private long characters;
      private long tokens;
      private long chunks;
      private long withoutChunk;

      private void add(Counts other) {
        documents += other.documents;
        characters += other.characters;
        tokens += other.tokens;
        chunks += other.chunks;
        withoutChunk += other.withoutChunk;
      }
    }

    @Override
    public Integer call() {
      if (chunk < 1) {
        throw new InputException("--chunk: expected at least 1, found " + chunk);
      }
      Corpora.Options options = Corpora.Options.defaults().withTypeField(typeField);
      options = documents == -1 ? options : options.withDocuments(documents);
      options = textField == null ? options : options.withTextField(textField);
      Progress progress = common.progress();
      Map<String, Counts> types = new TreeMap<>();
      try (Corpus corpus = Corpora.open(common.local(where).toString(), options, progress);
          Tokenizing tokenizing = new Tokenizing(model, common);
          Stream<Document> all = corpus.documents();
          Progress.Task task = progress.start("read documents", -1, "documents")) {
        for (Document document : (Iterable<Document>) all::iterator) {
          Counts counts = types.computeIfAbsent(document.type(), t -> new Counts());
          int tokens = tokenizing.count(document.text());
          counts.documents++;
          counts.characters += document.text().length();
          counts.tokens += tokens;
          counts.chunks += tokens / chunk;
          counts.withoutChunk += tokens < chunk ? 1 : 0;
          task.advance(1);
        }
        if (common.json) {
          System.out.println(Json.line(json(corpus, types)));
        } else {
          print(corpus, types);
        }
      }
      return 0;
    }

    private ObjectNode json(Corpus corpus, Map<String, Counts> types) {
      ObjectNode root = Json.object().put("name", corpus.name());
      ObjectNode byType = root.putObject("types");
      types.forEach((type, c) -> {
        ObjectNode one =
            byType.putObject(type).put("documents", c.documents).put("characters", c.characters);
        if (model != null) {
          one.put("tokens", c.tokens).put("chunks", c.chunks).put("without_chunk", c.withoutChunk);
        }
      });
      root.set("notes", Json.tree(corpus.notes()));
      root.set("licences", Json.tree(corpus.licences()));
      root.set("inputs", Json.tree(corpus.inputs()));
      return root;
    }

    private void print(Corpus corpus, Map<String, Counts> types) {
      Counts total = new Counts();
      types.values().forEach(total::add);
      int width = types.keySet().stream().mapToInt(String::length).max().orElse(4);
      String row = "%-" + Math.clamp(width, 5, 40) + "s %10s %14s";
      System.out.println(
          row.formatted("type", "documents", "characters")
              + (model == null
                  ? ""
                  : " %12s %9s %14s".formatted("tokens", "chunks", "without chunk")));
      types.forEach((type, counts) -> print(row, type, counts));
      print(row, "total", total);
      corpus.notes().forEach(note -> System.out.println("note: " + note));
      if (types.size() == 1) {
        System.out.println("note: one type only, so lobes cannot be compared by type");
      }
      for (Licence licence : corpus.licences()) {
        System.out.println(licence.source() + ": " + licence.licence() + ", " + licence.about());
      }
    }

    private void print(String row, String type, Counts c) {
      System.out.println(
          row.formatted(type, grouped(c.documents), grouped(c.characters))
              + (model == null
                  ? ""
                  : " %12s %9s %14s"
                      .formatted(grouped(c.tokens), grouped(c.chunks), grouped(c.withoutChunk))));
    }

    private static String grouped(long n) {
      return String.format(Locale.ROOT, "%,d", n);
    }
  }

  /** The tokenizer of a model, or none. */
  private static final class Tokenizing implements AutoCloseable {
    private final @Nullable Tokenizer tokenizer;

    Tokenizing(@Nullable String model, Common common) {
      this.tokenizer = model == null ? null : Tokenizer.open(file(model, common));
    }

    private static Path file(String model, Common common) {
      Optional<EmbeddedModel> known = EmbeddedModel.named(model);
      if (known.isPresent()) {
        return known
            .get()
            .folder(common.progress())
            .resolve(known.get().name() + "-tokenizer.json");
      }
      boolean repository = HubName.isWritten(model) && HubName.parse(model).path().isEmpty();
      Path path = common.local(repository ? model + ":tokenizer.json" : model);
      return Files.isDirectory(path) ? path.resolve("tokenizer.json") : path;
    }

    int count(String text) {
      return tokenizer == null ? 0 : tokenizer.encodePlain(text).length;
    }

    @Override
    public void close() {
      if (tokenizer != null) {
        tokenizer.close();
      }
    }
  }

  /** Prints a manifest to start an own one from. */
  @Command(
      name = "manifest",
      description =
          "Prints the manifest of an embedded corpus. Edit a copy and give its path as --corpus;"
              + " docs/corpus.md explains the keys.",
      footer = {"", "  almagest corpus manifest default > mine.json"})
  static final class ShowManifest implements Callable<Integer> {
    @Option(
        names = {"-h", "--help"},
        usageHelp = true,
        description = "Show this help.")
    boolean help;

    @Parameters(paramLabel = "NAME", description = "quick or default.")
    private String name = "";

    @Override
    public Integer call() {
      Iterator<String> lines = Corpora.manifest(name).lines().iterator();
      while (lines.hasNext()) {
        System.out.println(lines.next());
      }
      return 0;
    }
  }
}

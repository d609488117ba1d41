package almagest.cli;

import almagest.atom.Crystals;
import almagest.atom.LayerResult;
import almagest.atom.Lda;
import almagest.atom.PairFile;
import almagest.atom.RelationSet;
import almagest.atom.Shrinkage;
import almagest.atom.Traits;
import almagest.atom.WordVectors;
import almagest.corpus.AnalogyQuestion;
import almagest.corpus.EmbeddedModel;
import almagest.corpus.Relation;
import almagest.corpus.Relations;
import almagest.format.Json;
import almagest.format.Npy;
import almagest.format.NpyArray;
import almagest.format.Npz;
import almagest.model.Hook;
import almagest.model.LanguageModel;
import almagest.run.Hashes;
import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.Provenance;
import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.FloatMatrix;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code crystals}: relations between words, as differences of their vectors. */
@Command(
    name = "crystals",
    description = {
      "Crystals of known relations: parallelograms and trapezoids before and after LDA projects"
          + " distractors out, on pairs and relations held out, beside chance; and analogies.",
      "Takes --relations with --model; or --vectors with --pairs, or with --words and --relations.",
      "With --cloud: parallelograms and trapezoids of a cloud without relations, ranked against"
          + " chance; writes faces.jsonl, faces.json and faces.npz.",
      "Writes crystals.json, and the differences, labels and fit of every layer for numpy."
    })
final class CrystalsCommand implements Callable<Integer> {
  /** What to do with a word that the tokenizer cannot spell. */
  enum Unspelled {
    ERROR,
    DROP
  }

  @Mixin private Common common = new Common();

  @Mixin private FaceSearchOptions search = new FaceSearchOptions();

  @Option(
      names = "--relations",
      arity = "1..*",
      paramLabel = "F",
      description =
          "Relations: a JSON list of {\"input\", \"output\"}, .csv or .tsv (input, output or"
              + " relation, input, output), .txt of analogy questions, or folders of them;"
              + " \"default\" for the fifteen that come along.")
  private List<String> relationFiles = new ArrayList<>();

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description =
          "A model's directory, or the name of an embedded one (all-minilm-l6-v2, bge-small-en-v1.5).")
  private @Nullable String model;

  @Option(
      names = "--hook",
      arity = "1..*",
      paramLabel = "H",
      description =
          "Where words are read: embeddings, layers.L, blocks.L.hook_resid_post, …; several allowed"
              + " (default: embeddings and the block in the middle).")
  private List<String> hooks = new ArrayList<>();

  @Option(
      names = "--pool",
      paramLabel = "last|mean",
      description =
          "A word is its last token, or the mean of its tokens (default: last; mean for an"
              + " encoder).")
  private WordVectors.@Nullable Pool pool;

  @Option(
      names = "--template",
      paramLabel = "TEXT",
      description =
          "A text with {} for the word, e.g. \" {}\"; its last token (or all) is read (default: the"
              + " bare word).")
  private String template = "{}";

  @Option(
      names = "--unspelled",
      paramLabel = "error|drop",
      description =
          "A word that the tokenizer cannot spell ends the command, or its pairs are left out"
              + " (default: error).")
  private Unspelled unspelled = Unspelled.ERROR;

  @Mixin private ComputeOptions compute = new ComputeOptions();

  @Option(
      names = "--vectors",
      paramLabel = "X",
      description = "Ready vectors [n, d] instead of a model: " + CloudArgument.DESCRIPTION)
  private @Nullable String vectors;

  @Option(
      names = "--pairs",
      paramLabel = "P.json",
      description =
          "Pairs of rows of the vectors: [[input, output], …], [[input, output, relation], …],"
              + " {relation: [[input, output], …]} or a list of {\"input\", \"output\","
              + " \"relation\"}.")
  private @Nullable Path pairs;

  @Option(
      names = "--words",
      paramLabel = "W.txt",
      description = "The words of the vectors, one a line.")
  private @Nullable Path words;

  @Option(
      names = "--frequencies",
      paramLabel = "F",
      description =
          "Counts of words, \"word<tab>count\" a line: log frequency joins the distractors.")
  private @Nullable Path frequencies;

  @Option(
      names = "--components",
      paramLabel = "N",
      description = "LDA components kept for faces (default: 8, or relations − 1 if fewer).")
  private int components;

  @Option(
      names = "--solver",
      paramLabel = "svd|eigen",
      description = "How LDA is solved (default: svd; eigen with shrinkage).")
  private Lda.@Nullable Solver solver;

  @Option(
      names = "--shrinkage",
      paramLabel = "S",
      defaultValue = "none",
      description =
          "Of LDA's covariances: none, ledoit-wolf, oas or 0 to 1 (default: ${DEFAULT-VALUE}).")
  private String shrinkage = "none";

  @Option(
      names = "--folds",
      paramLabel = "N",
      defaultValue = "5",
      description = "Of the cross-validations (default: ${DEFAULT-VALUE}).")
  private int folds = 5;

  @Option(
      names = "--shuffles",
      paramLabel = "N",
      defaultValue = "39",
      description = "Draws of each null (default: ${DEFAULT-VALUE}).")
  private int shuffles = 39;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "crystals",
      description = "Where to write (default: ${DEFAULT-VALUE}).")
  private Path out = Path.of("crystals");

  @Override
  public Integer call() {
    if (search.asked()) {
      if (vectors != null || !relationFiles.isEmpty()) {
        throw new InputException(
            "--cloud searches for relations that nobody named: give it without --relations and"
                + " --vectors");
      }
      return search.call(common, out);
    }
    checkSources();
    Shrinkage shrink = Shrinkage.parse(shrinkage);
    Lda.Solver how =
        solver != null ? solver : shrink.equals(Shrinkage.NONE) ? Lda.Solver.SVD : Lda.Solver.EIGEN;
    Crystals.Options options =
        new Crystals.Options(
            components,
            folds,
            shuffles,
            new Lda.Options(how, shrink),
            common.seed().split("crystals"));
    Map<String, String> hashes = new TreeMap<>();
    ObjectNode result = Json.object();
    try (Workers workers = common.workers()) {
      Progress progress = common.progress();
      Source source =
          vectors != null ? ofVectors(vectors, hashes) : ofModel(workers, progress, hashes);
      result.set("almagest", Json.tree(provenance(hashes, how)));
      if (source.pool() != null) {
        result.put("pool", source.pool().name().toLowerCase(Locale.ROOT));
        result.put("template", template);
      }
      RelationSet set = source.set().withPairs(options.leastPairs());
      set.describe(result);
      ArrayNode layers = result.putArray("layers");
      for (Layer layer : source.layers()) {
        LayerResult measured =
            LayerResult.of(set, layer.vectors(), source.traits(), options, workers, progress);
        ObjectNode node = layers.addObject();
        node.put("layer", layer.number());
        node.put("hook", layer.name());
        node.setAll(measured.toJson());
        write(layer.name(), measured, node);
      }
    }
    Json.write(out.resolve("crystals.json"), result);
    System.out.println(common.json ? Json.line(result) : CrystalsText.of(result, out));
    return 0;
  }

  /**
   * Vectors of a place.
   *
   * @param number −1 for the embeddings
   */
  private record Layer(int number, String name, FloatMatrix vectors) {}

  private record Source(
      RelationSet set, Traits traits, WordVectors.@Nullable Pool pool, List<Layer> layers) {}

  private void checkSources() {
    if ((model == null) == (vectors == null)) {
      throw new InputException("crystals: expected either --model or --vectors");
    }
    if (model != null && relationFiles.isEmpty()) {
      throw new InputException(
          "crystals: --model needs --relations; \"default\" names those that come along");
    }
    if (vectors != null && (pairs == null) == relationFiles.isEmpty()) {
      throw new InputException("crystals: --vectors needs either --pairs or --relations");
    }
    if (vectors != null && pairs == null && words == null) {
      throw new InputException(
          "crystals: --vectors with --relations needs --words, the word of each row");
    }
    if (model != null && (pairs != null || words != null)) {
      throw new InputException("crystals: --pairs and --words go with --vectors, not with --model");
    }
    if (!template.contains("{}")) {
      throw new InputException(
          "--template: expected a text with {} where the word goes, found \"" + template + "\"");
    }
  }

  private Source ofVectors(String name, Map<String, String> hashes) {
    CloudArgument argument = CloudArgument.of(name, common);
    FloatMatrix x = argument.open();
    hashes.putAll(argument.hashes());
    List<String> list =
        words == null
            ? IntStream.range(0, x.rowsAsInt()).mapToObj(i -> "#" + i).toList()
            : lines(words, hashes);
    if (list.size() != x.rows()) {
      throw new InputException(
          "%s has %d words, %s %d vectors; expected as many"
              .formatted(words, list.size(), name, x.rows()));
    }
    RelationSet set;
    if (pairs != null) {
      hashes.put(pairs.toString(), Hashes.sha256(pairs));
      set = PairFile.read(pairs, list);
    } else {
      Asked asked = asked(hashes);
      set = RelationSet.of(list, asked.relations(), asked.questions(), asked.analogiesOnly());
    }
    Traits traits =
        words == null
            ? new Traits(List.of("word_length"), new double[list.size()][1])
            : Traits.of(list);
    return new Source(
        set, withFrequencies(traits, list, hashes), null, List.of(new Layer(0, "vectors", x)));
  }

  private Source ofModel(Workers workers, Progress progress, Map<String, String> hashes) {
    String name = String.valueOf(model);
    Path folder = EmbeddedModel.named(name).map(m -> m.folder(progress)).orElse(Path.of(name));
    Asked asked = asked(hashes);
    try (LanguageModel opened = LanguageModel.open(folder, compute.forModel())) {
      TreeSet<Hook> places = new TreeSet<>();
      for (String hook : hooks) {
        places.add(Hook.parse(hook));
      }
      if (places.isEmpty()) {
        places.add(new Hook(Hook.Kind.RESID_PRE, 0));
        places.add(Hook.residPost(opened.layers() / 2));
      }
      for (Hook hook : places) {
        if (hook.layer() >= opened.layers()) {
          throw new InputException(
              "--hook %s: the model has blocks 0 to %d"
                  .formatted(hook.name(), opened.layers() - 1));
        }
      }
      List<String> list = spelled(opened, asked, progress);
      List<String> texts = list.stream().map(w -> template.replace("{}", w)).toList();
      RelationSet set =
          RelationSet.of(list, asked.relations(), asked.questions(), asked.analogiesOnly());
      WordVectors.Pool how =
          pool != null ? pool : opened.hasLogits() ? WordVectors.Pool.LAST : WordVectors.Pool.MEAN;
      Map<Hook, FloatMatrix> read = WordVectors.of(opened, texts, places, how, workers, progress);
      List<Layer> layers = new ArrayList<>();
      read.forEach((hook, values) ->
          layers.add(
              new Layer(
                  hook.kind() == Hook.Kind.RESID_PRE && hook.layer() == 0 ? -1 : hook.layer(),
                  hook.name(),
                  values)));
      Traits traits = Traits.of(list, texts, opened.tokenizer());
      return new Source(set, withFrequencies(traits, list, hashes), how, layers);
    }
  }

  /** The words that the model can read; with {@code --unspelled error}, all of them. */
  private List<String> spelled(LanguageModel opened, Asked asked, Progress progress) {
    List<String> all = RelationSet.words(asked.relations(), asked.questions());
    List<String> fine = new ArrayList<>();
    try (Progress.Task task = progress.start("spell", all.size(), "words")) {
      for (String word : all) {
        String objection = WordVectors.objection(opened, template.replace("{}", word));
        if (objection.isEmpty()) {
          fine.add(word);
        } else if (unspelled == Unspelled.ERROR) {
          throw new InputException(
              "\"%s\"%s: %s; leave it out, or say --unspelled drop"
                  .formatted(abridged(word), where(word, asked), objection));
        }
        task.advance(1);
      }
    }
    return fine;
  }

  /** The beginning of a word that is too long to be one. */
  private static String abridged(String word) {
    int longest = 60;
    return word.codePointCount(0, word.length()) <= longest
        ? word
        : word.substring(0, word.offsetByCodePoints(0, longest)) + "…";
  }

  private static String where(String word, Asked asked) {
    for (Relation r : asked.relations()) {
      for (int i = 0; i < r.pairs().size(); i++) {
        Relation.Pair p = r.pairs().get(i);
        if (p.input().equals(word) || p.output().equals(word)) {
          return " (" + r.source() + ", relation " + r.name() + ", pair " + (i + 1) + ")";
        }
      }
    }
    return "";
  }

  /**
   * What the files of {@code --relations} hold.
   *
   * @param analogiesOnly whether all of them are analogy files
   */
  private record Asked(
      List<Relation> relations, List<AnalogyQuestion> questions, boolean analogiesOnly) {}

  private Asked asked(Map<String, String> hashes) {
    List<Relation> relations = new ArrayList<>();
    List<AnalogyQuestion> questions = new ArrayList<>();
    boolean analogiesOnly = true;
    for (String name : relationFiles) {
      if (name.equals("default")) {
        relations.addAll(Relations.defaults());
        analogiesOnly = false;
        continue;
      }
      Path path = Path.of(name);
      boolean analogies =
          !Files.isDirectory(path) && name.toLowerCase(Locale.ROOT).endsWith(".txt");
      if (analogies) {
        questions.addAll(Relations.questions(path));
      }
      analogiesOnly &= analogies;
      relations.addAll(Relations.read(path));
      if (Files.isRegularFile(path)) {
        hashes.put(name, Hashes.sha256(path));
      }
    }
    return new Asked(relations, questions, analogiesOnly);
  }

  private Traits withFrequencies(Traits traits, List<String> list, Map<String, String> hashes) {
    if (frequencies == null) {
      return traits;
    }
    hashes.put(frequencies.toString(), Hashes.sha256(frequencies));
    return traits.withFrequencies(list, Traits.frequencies(frequencies));
  }

  private static List<String> lines(Path file, Map<String, String> hashes) {
    try {
      List<String> lines = Files.readAllLines(file, StandardCharsets.UTF_8);
      hashes.put(file.toString(), Hashes.sha256(file));
      Set<String> seen = new HashSet<>();
      for (int i = 0; i < lines.size(); i++) {
        if (!seen.add(lines.get(i))) {
          throw InputException.in(
              file, "line " + (i + 1), "the word \"" + lines.get(i) + "\" stands there before", "");
        }
      }
      return lines;
    } catch (IOException e) {
      throw InputException.in(file, "", "cannot be read as UTF-8 (" + e.getMessage() + ")", "");
    }
  }

  /** What numpy can go on with. */
  private void write(String hook, LayerResult measured, ObjectNode node) {
    if (measured.layer() == null || measured.differences() == null) {
      return;
    }
    Crystals.Layer layer = measured.layer();
    DoubleMatrix raw = measured.differences().vectors();
    String name = hook.replaceAll("[^A-Za-z0-9._-]", "-");
    Npy.write(out.resolve("differences-" + name + ".npy"), NpyArray.narrowed(raw));
    Map<String, NpyArray> fit = new LinkedHashMap<>();
    fit.put("labels", NpyArray.of(measured.differences().labels()));
    fit.put("scalings", matrix(layer.fit().scalings()));
    fit.put("mean", NpyArray.of(layer.fit().mean()));
    fit.put("between_class_share", NpyArray.of(layer.fit().ratios()));
    fit.put("class_means", matrix(layer.fit().classMeans()));
    fit.put("projected", matrix(layer.projected()));
    Npz.write(out.resolve("lda-" + name + ".npz"), fit);
    node.putObject("files")
        .put("differences", "differences-" + name + ".npy")
        .put("lda", "lda-" + name + ".npz");
  }

  private static NpyArray matrix(DoubleMatrix m) {
    return NpyArray.of(m.toArray(), m.rows(), m.columns());
  }

  private Provenance provenance(Map<String, String> hashes, Lda.Solver how) {
    Map<String, Object> asked = new TreeMap<>();
    asked.put("relations", relationFiles);
    asked.put("model", model == null ? "" : model);
    asked.put("hook", hooks);
    asked.put("template", template);
    asked.put("unspelled", unspelled.name().toLowerCase(Locale.ROOT));
    asked.put("vectors", vectors == null ? "" : vectors);
    asked.put("pairs", pairs == null ? "" : pairs.toString());
    asked.put("words", words == null ? "" : words.toString());
    asked.put("frequencies", frequencies == null ? "" : frequencies.toString());
    asked.put("components", components);
    asked.put("solver", how.name().toLowerCase(Locale.ROOT));
    asked.put("shrinkage", Shrinkage.parse(shrinkage).name());
    asked.put("folds", folds);
    asked.put("shuffles", shuffles);
    return new Provenance(Provenance.VERSION, 1, common.seed().value(), asked, hashes);
  }
}

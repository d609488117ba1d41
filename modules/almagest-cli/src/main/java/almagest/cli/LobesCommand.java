package almagest.cli;

import almagest.brain.Affinity;
import almagest.brain.Chunks;
import almagest.brain.Cooccurrence;
import almagest.brain.FeatureTokens;
import almagest.brain.Lobes;
import almagest.brain.LobesResult;
import almagest.brain.MemoryPlan;
import almagest.brain.Neighbours;
import almagest.brain.Position;
import almagest.brain.SpectralClustering;
import almagest.format.Json;
import almagest.run.InputException;
import almagest.run.Provenance;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Cuts features into lobes from files: chunks or counts, and the decoder. */
@Command(
    name = "lobes",
    description =
        "Cuts features into lobes by what fires together, and asks whether a lobe is a place.",
    footer = {
      "",
      "Writes lobes.json, comparison.csv (every affinity and number of lobes in one table), labels-AFFINITY-kK.npy,"
          + " and neighbours.npz with --neighbours. A number, and a colour, means the same lobe in all cuts as far"
          + " as it can (Hungarian method).",
      "Examples:",
      "  almagest lobes runs/quick --k 3                    the table of a run's lobes",
      "  almagest lobes --chunks chunks.npz --decoder params.npz --affinity phi,jaccard --k 2,3,8"
    })
final class LobesCommand implements Callable<Integer> {
  /** One of the three. */
  static final class Source {
    @Parameters(
        index = "0",
        paramLabel = "RUN",
        description =
            "A run directory: prints the table of its lobes and computes nothing; --affinity and --k choose"
                + " among its cuts (default: as on the page).")
    @Nullable Path run;

    @Option(
        names = "--chunks",
        paramLabel = "FILE",
        required = true,
        description = "Which features fire in which chunk (chunks.npz).")
    @Nullable Path chunks;

    @Option(
        names = "--cooccurrence",
        paramLabel = "FILE",
        required = true,
        description = "Counts of pairs: histogram [n, n] and n_chunks (cooccurrence.npz).")
    @Nullable Path cooccurrence;
  }

  enum Dead {
    keep,
    drop
  }

  @Mixin private Common common = new Common();

  @ArgGroup(multiplicity = "1")
  private Source source = new Source();

  @Option(
      names = "--layer",
      paramLabel = "N",
      description = "With RUN, the layer (default: the middle one of the run, as on the page).")
  private @Nullable Integer layer;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--types",
      paramLabel = "FILE",
      description =
          "Names of the document types, a JSON list (default: types.json beside the chunks).")
  private @Nullable Path types;

  @Option(
      names = "--decoder",
      paramLabel = "CLOUD",
      description =
          "Decoder directions [n, d]: FILE.npy, FILE.npz:KEY, FILE.safetensors:KEY, params.npz or an SAE"
              + " directory. Without it the geometric side is left out.")
  private @Nullable String decoder;

  @Option(
      names = "--examples",
      paramLabel = "FILE",
      description =
          "Contexts of the features, from which lobes are named, too (default: examples.jsonl beside the"
              + " chunks, where there is one).")
  private @Nullable Path examples;

  @Option(
      names = "--affinity",
      split = ",",
      paramLabel = "NAME",
      defaultValue = "phi",
      description =
          "phi (enters as phi + 1), jaccard, dice, overlap, simple-matching, clipped-phi, lift, pmi, npmi,"
              + " mutual-information; published: the first five (default: ${DEFAULT-VALUE}).")
  private List<String> affinities = new ArrayList<>();

  @Option(
      names = "--k",
      split = ",",
      paramLabel = "K",
      defaultValue = "2,3,8",
      description =
          "Numbers of lobes, all from one decomposition: 2,3,8, or 2-64, or published: 2,4,8 … 1024 (default:"
              + " ${DEFAULT-VALUE}).")
  private List<String> ks = new ArrayList<>();

  @Option(
      names = "--neighbour-graph",
      paramLabel = "M",
      defaultValue = "0",
      description =
          "Keep only edges to each feature's M nearest, on both sides (default: all pairs, as published).")
  private int neighbourGraph;

  @Option(
      names = "--assign",
      paramLabel = "HOW",
      defaultValue = "k-means",
      description =
          "k-means, as published, from the numbers that scikit-learn draws with random_state set to"
              + " the seed, or cluster-qr (default: ${DEFAULT-VALUE}).")
  private String assign = "k-means";

  @Option(
      names = "--normalise-rows",
      description = "Scale each feature's coordinates to length 1 before assigning it.")
  private boolean normaliseRows;

  @Option(
      names = "--dead",
      defaultValue = "keep",
      description =
          "What becomes of features that never fire: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}, as"
              + " published).")
  private Dead dead = Dead.keep;

  @Option(
      names = "--min-firings",
      paramLabel = "M",
      defaultValue = "0",
      description = "Leave out features that fire in fewer chunks (default: ${DEFAULT-VALUE}).")
  private int minFirings;

  @Option(
      names = "--nulls",
      paramLabel = "B",
      defaultValue = "100",
      description =
          "Draws of each null; 0 measures agreement and position without them (default: ${DEFAULT-VALUE}).")
  private int nulls;

  @Option(
      names = "--classifier",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description = "Whether to read lobes off positions by logistic regression (default: yes).")
  private boolean classifier;

  @Option(
      names = "--neighbours",
      description = "Also write neighbours.npz: ten by phi and by cosine.")
  private boolean neighbours;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = ".",
      description = "Where the files go (default: the current directory).")
  private Path out = Path.of(".");

  @Override
  public Integer call() {
    if (source.run != null) {
      table(source.run);
      return 0;
    }
    if (nulls < 0) {
      throw new InputException("--nulls: expected a number from 0, found " + nulls);
    }
    Lobes.Options options =
        new Lobes.Options(
            affinities.stream().flatMap(LobesCommand::affinities).toList(),
            ks.stream().flatMap(LobesCommand::numbers).toList(),
            dead == Dead.drop,
            minFirings,
            Lobes.Options.DEFAULT.seeds(),
            true,
            Lobes.Options.DEFAULT.heldOut(),
            position(),
            new almagest.brain.LobeTypes.Options(nulls, 10 * nulls),
            new Lobes.Method(
                neighbourGraph, new SpectralClustering.Options(normaliseRows, assignment())));
    FloatMatrix directions = decoder == null ? null : CloudArgument.of(decoder, common).open();
    try (Workers workers = common.workers()) {
      LobesResult result;
      if (source.chunks != null) {
        Chunks chunks =
            types == null ? Chunks.read(source.chunks) : Chunks.read(source.chunks, types);
        plan(
            MemoryPlan.ofChunks(
                chunks.features(),
                chunks.count(),
                chunks.pattern().indices().length,
                directions != null,
                options));
        result = Lobes.of(chunks, directions, options, common.seed(), workers, common.progress());
        if (neighbours) {
          writeNeighbours(
              Cooccurrence.count(chunks, workers, common.progress()), directions, workers);
        }
      } else {
        Cooccurrence counts = Cooccurrence.read(Objects.requireNonNull(source.cooccurrence));
        plan(MemoryPlan.ofCounts(counts.features(), options));
        result = Lobes.of(counts, directions, options, common.seed(), workers, common.progress());
        if (neighbours) {
          writeNeighbours(counts, directions, workers);
        }
      }
      Path contexts = contexts();
      if (contexts != null) {
        result = result.with(FeatureTokens.read(contexts, result.features()));
      }
      Provenance provenance = Provenance.of(common.seed, settings(), inputs());
      result.write(out, provenance);
      if (common.json) {
        System.out.println(Json.line(result.toJson(provenance)));
      } else {
        print(result);
      }
    }
    return 0;
  }

  /** The lobes that a run directory holds. */
  private void table(Path run) {
    String folder = RunLayer.folder(run, layer);
    Path file = run.resolve(folder).resolve("lobes.json");
    if (!Files.exists(file)) {
      throw InputException.in(file, "", "not there", "the run has not come as far as its lobes");
    }
    JsonNode lobes = Json.read(file);
    if (common.json) {
      System.out.println(Json.line(lobes));
      return;
    }
    var parsed = spec.commandLine().getParseResult();
    List<String> names = parsed.hasMatchedOption("--affinity") ? affinities : List.of();
    List<Integer> numbers =
        parsed.hasMatchedOption("--k")
            ? ks.stream().flatMap(LobesCommand::numbers).toList()
            : List.of();
    System.out.print(new LobeTable(file, folder, lobes).text(names, numbers, Wrapped.columns()));
  }

  /** Says what memory the work will take; refuses what the machine has not. */
  private void plan(MemoryPlan plan) {
    plan.check(common.memory());
    if (!common.quiet && !common.json) {
      System.err.println(plan);
    }
  }

  private static Stream<Affinity> affinities(String name) {
    return name.equals("published")
        ? Stream.of(
            Affinity.PHI,
            Affinity.JACCARD,
            Affinity.DICE,
            Affinity.OVERLAP,
            Affinity.SIMPLE_MATCHING)
        : Stream.of(Affinity.parse(name));
  }

  private static Stream<Integer> numbers(String text) {
    if (text.equals("published")) {
      return IntStream.rangeClosed(1, 10).mapToObj(e -> 1 << e);
    }
    Matcher range = Pattern.compile("(\\d{1,6})(?:-(\\d{1,6}))?").matcher(text);
    if (!range.matches()) {
      throw new InputException(
          "--k: expected numbers, ranges (2-64) or \"published\", found \"" + text + "\"");
    }
    int from = Integer.parseInt(range.group(1));
    int to = range.group(2) == null ? from : Integer.parseInt(range.group(2));
    if (to < from) {
      throw new InputException("--k: expected a range from the smaller number, found " + text);
    }
    return IntStream.rangeClosed(from, to).boxed();
  }

  private SpectralClustering.Assignment assignment() {
    return switch (assign) {
      case "k-means" -> SpectralClustering.Assignment.K_MEANS;
      case "cluster-qr" -> SpectralClustering.Assignment.CLUSTER_QR;
      default ->
          throw new InputException(
              "--assign: found \"" + assign + "\", expected k-means or cluster-qr");
    };
  }

  private @Nullable Path contexts() {
    if (examples != null) {
      return examples;
    }
    Path beside =
        Objects.requireNonNull(source.chunks != null ? source.chunks : source.cooccurrence)
            .toAbsolutePath()
            .resolveSibling("examples.jsonl");
    return Files.exists(beside) ? beside : null;
  }

  private Position.Options position() {
    Position.Options all = Position.Options.DEFAULT;
    return new Position.Options(
        nulls,
        all.strata(),
        classifier,
        classifier ? nulls : 0,
        Math.min(nulls, all.refitTrials()),
        classifier ? all.corrected() : null);
  }

  private void writeNeighbours(
      Cooccurrence counts, @Nullable FloatMatrix directions, Workers workers) {
    Neighbours.write(
        out.resolve("neighbours.npz"),
        directions == null
            ? null
            : almagest.feature.Neighbours.byCosine(directions, 10, workers, common.progress()),
        Neighbours.byPhi(counts, 10, workers));
  }

  private Map<String, Object> settings() {
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("affinity", affinities);
    settings.put("k", ks);
    settings.put("dead", dead.name());
    settings.put("min-firings", minFirings);
    settings.put("neighbour-graph", neighbourGraph);
    settings.put("assign", assign);
    settings.put("normalise-rows", normaliseRows);
    settings.put("nulls", nulls);
    settings.put("classifier", classifier);
    return settings;
  }

  private Path[] inputs() {
    List<Path> files = new ArrayList<>();
    files.add(Objects.requireNonNull(source.chunks != null ? source.chunks : source.cooccurrence));
    if (decoder != null && Files.isRegularFile(Path.of(common.localArray(decoder)))) {
      files.add(Path.of(common.localArray(decoder)));
    }
    return files.toArray(Path[]::new);
  }

  private static void print(LobesResult result) {
    System.out.printf(
        Locale.ROOT,
        "%d features, %d chunks, %d dead, %d left out%n",
        result.features(),
        result.chunks(),
        result.dead(),
        result.leftOut());
    System.out.println(
        "affinity            k   ncut   stable: seeds halves     AMI  accuracy  sizes");
    result
        .cuts()
        .forEach((name, cuts) -> {
          for (Lobes.Cut cut : cuts) {
            Position position = cut.position();
            var published = position == null ? null : position.published();
            System.out.printf(
                Locale.ROOT,
                "%-16s %4d %6.3f %14s %6s %7s %9s  %s%n",
                name,
                cut.k(),
                cut.normalisedCut(),
                number(cut.stabilitySeeds()),
                number(cut.stabilityHalves()),
                position == null ? "-" : number(position.agreement().ami()),
                published == null ? "-" : number(published.value()),
                sizes(cut.sizes()));
          }
        });
  }

  private static String number(double value) {
    return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%.3f", value);
  }

  private static String sizes(int[] sizes) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < Math.min(8, sizes.length); i++) {
      text.append(i == 0 ? "" : " ").append(sizes[i]);
    }
    return text.append(sizes.length > 8 ? " …" : "").toString();
  }
}

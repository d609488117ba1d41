package almagest.brain;

import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.Agreement;
import almagest.stat.Matching;
import almagest.stat.NullTest;
import almagest.tensor.FloatMatrix;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Cuts features into lobes by what fires together, for several affinities and numbers of lobes, and
 * asks of each cut how stable it is, whether it is a place among the decoder directions, and what
 * kinds of documents each lobe answers to.
 *
 * <p>Lobes are made from all chunks, as published. What they do is measured apart: lobes made again
 * without some documents, named after those they match, are tried on these documents.
 */
public final class Lobes {
  /**
   * What is measured.
   *
   * @param affinities for the functional side
   * @param ks numbers of lobes, each at least 2
   * @param dropDead whether features that never fire are left out; the published analysis keeps
   *     them
   * @param minFirings features in fewer chunks are left out; 0 keeps all
   * @param seeds further k-means runs whose agreement is the stability over seeds; 0 leaves it out
   * @param halves whether to cut each half of the documents by itself and compare
   * @param heldOut share of each type's documents on which lobes of the others are tried; 0 tries
   *     the lobes on the documents that made them
   * @param position what to ask about places, or null for nothing
   * @param types how to measure lobe by document type
   */
  public record Options(
      List<Affinity> affinities,
      List<Integer> ks,
      boolean dropDead,
      int minFirings,
      int seeds,
      boolean halves,
      double heldOut,
      Position.@Nullable Options position,
      LobeTypes.Options types) {
    public static final Options DEFAULT =
        new Options(
            List.of(Affinity.PHI),
            List.of(2, 3, 8),
            false,
            0,
            3,
            true,
            0.2,
            Position.Options.DEFAULT,
            LobeTypes.Options.DEFAULT);

    public Options {
      affinities = List.copyOf(affinities);
      ks = ks.stream().sorted().distinct().toList();
      if (affinities.isEmpty() || ks.isEmpty() || ks.getFirst() < 2) {
        throw new InputException(
            "lobes need an affinity and numbers of lobes from 2, found " + affinities + ", " + ks);
      }
      if (minFirings < 0 || seeds < 0 || !(heldOut >= 0 && heldOut < 1)) {
        throw new InputException(
            "--min-firings %d, seeds %d, held-out share %s: expected numbers from 0, the share below 1"
                .formatted(minFirings, seeds, heldOut));
      }
    }

    /** One cut, asked only what kinds of documents its lobes answer to: for controls. */
    public static Options typesOnly(
        Affinity affinity, int k, double heldOut, LobeTypes.Options types) {
      return new Options(List.of(affinity), List.of(k), false, 0, 0, false, heldOut, null, types);
    }

    /** The same for other affinities and numbers of lobes. */
    public Options with(List<Affinity> otherAffinities, List<Integer> otherKs) {
      return new Options(
          otherAffinities, otherKs, dropDead, minFirings, seeds, halves, heldOut, position, types);
    }
  }

  /**
   * One cut.
   *
   * @param labels the lobe of each feature, −1 for one that was left out [n]
   * @param sizes features of each lobe [k]
   * @param alive of these, how many ever fire [k]
   * @param eigenvalues the k + 1 smallest of the Laplacian
   * @param eigengap the next eigenvalue less the k-th
   * @param residual the largest of the k eigenpairs
   * @param normalisedCut weight that leaves the lobes, over the weight that touches them, summed
   * @param stabilitySeeds mean adjusted Rand index with cuts from other seeds; NaN when not asked
   * @param stabilityHalves adjusted Rand index between cuts of the two halves of the documents; NaN
   *     without chunks
   * @param position of the lobes among the decoder directions, or null without a decoder
   * @param types what documents they answer to, or null without chunks
   */
  public record Cut(
      int k,
      int[] labels,
      int[] sizes,
      int[] alive,
      double[] eigenvalues,
      double eigengap,
      double residual,
      double normalisedCut,
      double stabilitySeeds,
      double stabilityHalves,
      @Nullable Position position,
      @Nullable LobeTypes types) {}

  private final @Nullable Chunks chunks;
  private final @Nullable Cooccurrence counts;
  private final @Nullable FloatMatrix decoder;
  private final @Nullable IntPredicate heldOutDocument;
  private final Options options;
  private final Seed seed;
  private final Workers workers;
  private final Progress progress;
  private final int n;
  private final int[] kept;
  private final long[] firings;
  private final long chunkCount;

  private Lobes(
      @Nullable Chunks allChunks,
      @Nullable Cooccurrence allCounts,
      @Nullable FloatMatrix allDirections,
      @Nullable IntPredicate heldOutDocument,
      Options options,
      Seed seed,
      Workers workers,
      Progress progress) {
    this.heldOutDocument = heldOutDocument;
    this.options = options;
    this.seed = seed;
    this.workers = workers;
    this.progress = progress;
    int[] all;
    if (allChunks != null) {
      all = allChunks.featureCounts();
      this.chunkCount = allChunks.count();
    } else if (allCounts != null) {
      all = allCounts.featureCounts();
      this.chunkCount = allCounts.chunks();
    } else {
      throw new IllegalArgumentException("neither chunks nor counts");
    }
    this.n = all.length;
    if (allDirections != null && allDirections.rows() != n) {
      throw new InputException(
          "the decoder has "
              + allDirections.rows()
              + " directions, the chunks or counts have "
              + n
              + " features; are they of one SAE?");
    }
    int least = Math.max(options.minFirings, options.dropDead ? 1 : 0);
    this.kept = IntStream.range(0, n).filter(f -> all[f] >= least).toArray();
    int most = options.ks.getLast();
    if (most > kept.length) {
      throw new InputException(
          "cannot make " + most + " lobes of " + kept.length + " features" + leftOut());
    }
    this.firings = Arrays.stream(all).asLongStream().toArray();
    boolean whole = kept.length == n;
    this.chunks = allChunks == null || whole ? allChunks : allChunks.selectFeatures(kept);
    this.counts = allCounts == null || whole ? allCounts : allCounts.selectFeatures(kept);
    this.decoder =
        allDirections == null || whole ? allDirections : Position.rows(allDirections, kept);
  }

  private String leftOut() {
    return kept.length == n ? "" : " (" + (n - kept.length) + " of " + n + " are left out)";
  }

  /**
   * From chunks: all of it.
   *
   * @param decoder directions [n, d_model], or null for the functional side alone
   */
  public static LobesResult of(
      Chunks chunks,
      @Nullable FloatMatrix decoder,
      Options options,
      Seed seed,
      Workers workers,
      Progress progress) {
    return new Lobes(chunks, null, decoder, null, options, seed, workers, progress).run();
  }

  /**
   * From chunks, tried on given documents in place of a share of each type: those that nothing
   * before the lobes has seen either, such as the training of the SAE.
   *
   * @param decoder directions [n, d_model], or null for the functional side alone
   * @param heldOut whether the document of a number is held out
   */
  public static LobesResult of(
      Chunks chunks,
      @Nullable FloatMatrix decoder,
      IntPredicate heldOut,
      Options options,
      Seed seed,
      Workers workers,
      Progress progress) {
    return new Lobes(chunks, null, decoder, heldOut, options, seed, workers, progress).run();
  }

  /** From counts: without what needs chunks, the halves and the document types. */
  public static LobesResult of(
      Cooccurrence counts,
      @Nullable FloatMatrix decoder,
      Options options,
      Seed seed,
      Workers workers,
      Progress progress) {
    return new Lobes(null, counts, decoder, null, options, seed, workers, progress).run();
  }

  private LobesResult run() {
    Map<Integer, int[]> clusters = new LinkedHashMap<>();
    if (decoder != null) {
      AffinityGraph graph = AffinityGraph.angular(decoder, workers);
      SpectralEmbedding embedding = embed(graph, "angular");
      for (int k : options.ks) {
        clusters.put(k, SpectralClustering.labels(embedding, k, seed.split("angular"), workers));
      }
    }
    GeometricNulls cloudNulls =
        decoder == null || options.position == null
            ? GeometricNulls.NONE
            : GeometricNulls.of(
                decoder, options.ks, options.position.refitTrials(), seed, workers, progress);
    Sources sources = new Sources();
    Map<String, List<Cut>> cuts = new LinkedHashMap<>();
    for (Affinity affinity : options.affinities) {
      cuts.put(affinity.label(), cuts(affinity, sources, clusters, cloudNulls));
    }
    Map<Integer, int[]> geometric = new LinkedHashMap<>();
    clusters.forEach((k, labels) -> geometric.put(k, spread(labels)));
    int dead = (int) Arrays.stream(firings).filter(c -> c == 0).count();
    return new LobesResult(n, chunkCount, dead, n - kept.length, cuts, geometric);
  }

  /** Chunks and counts of the corpus and its parts, counted once for all affinities. */
  private final class Sources {
    private final Map<String, Cooccurrence> counted = new LinkedHashMap<>();
    private final @Nullable Chunks first;
    private final @Nullable Chunks second;
    private final @Nullable Chunks training;
    private final @Nullable Chunks tested;

    Sources() {
      if (chunks == null) {
        first = null;
        second = null;
        training = null;
        tested = null;
        return;
      }
      boolean[] half =
          DocumentSplit.heldOut(chunks.document(), chunks.type(), 0.5, seed.split("halves"));
      first = options.halves ? part(chunks, half, true) : null;
      second = options.halves ? part(chunks, half, false) : null;
      boolean[] out = heldOut(chunks);
      boolean apart = heldOutDocument != null || options.heldOut > 0;
      training = apart ? part(chunks, out, false) : null;
      tested = apart ? part(chunks, out, true) : chunks;
    }

    private boolean[] heldOut(Chunks all) {
      if (heldOutDocument == null) {
        return DocumentSplit.heldOut(
            all.document(), all.type(), options.heldOut, seed.split("types"));
      }
      boolean[] out = new boolean[all.count()];
      for (int c = 0; c < out.length; c++) {
        out[c] = heldOutDocument.test(all.document()[c]);
      }
      return out;
    }

    private Chunks part(Chunks whole, boolean[] out, boolean side) {
      return whole.select(IntStream.range(0, whole.count()).filter(c -> out[c] == side).toArray());
    }

    AffinityGraph graph(String part, @Nullable Chunks source, Affinity affinity) {
      if (source == null) {
        return AffinityGraph.of(Objects.requireNonNull(counts), affinity, workers);
      }
      if (AffinityGraph.needsNoPairs(source, affinity)) {
        return AffinityGraph.of(source, affinity, workers);
      }
      return AffinityGraph.of(
          counted.computeIfAbsent(part, p -> Cooccurrence.count(source, workers, progress)),
          affinity,
          workers);
    }
  }

  private SpectralEmbedding embed(AffinityGraph graph, String name) {
    try (Progress.Task task = progress.start("eigenvectors, " + name, 1, "decompositions")) {
      int dimensions = Math.min(graph.size(), options.ks.getLast() + 1);
      SpectralEmbedding embedding =
          SpectralEmbedding.of(graph, dimensions, seed.split(name), workers);
      task.advance(1);
      return embedding;
    }
  }

  /** Labels of a part of the corpus for every k, or nothing without that part. */
  private Function<Integer, int @Nullable []> labels(
      String part, @Nullable Chunks source, Affinity affinity, Sources sources) {
    if (source == null || source.count() == 0) {
      return k -> null;
    }
    SpectralEmbedding embedding =
        embed(sources.graph(part, source, affinity), affinity.label() + ", " + part);
    return k -> SpectralClustering.labels(embedding, k, seed.split(affinity.label()), workers);
  }

  private List<Cut> cuts(
      Affinity affinity, Sources sources, Map<Integer, int[]> clusters, GeometricNulls geometric) {
    AffinityGraph graph = sources.graph("all", chunks, affinity);
    SpectralEmbedding embedding = embed(graph, affinity.label());
    var first = labels("first half", sources.first, affinity, sources);
    var second = labels("second half", sources.second, affinity, sources);
    var training = labels("training documents", sources.training, affinity, sources);
    Seed own = seed.split(affinity.label());
    List<Map<Integer, int[]>> shuffled = shuffled(affinity, own);
    List<Cut> cuts = new ArrayList<>();
    try (Progress.Task task =
        progress.start("lobes, " + affinity.label(), options.ks.size(), "cuts")) {
      for (int k : options.ks) {
        SpectralClustering lobes = SpectralClustering.of(graph, embedding, k, own, workers);
        int[] a = first.apply(k);
        int[] b = second.apply(k);
        cuts.add(
            new Cut(
                k,
                spread(lobes.labels()),
                lobes.sizes(),
                alive(lobes.labels(), k),
                embedding.smallest(k + 1),
                embedding.eigengap(k),
                Arrays.stream(embedding.residuals()).limit(k).max().orElse(0),
                lobes.normalisedCut(),
                overSeeds(embedding, lobes, own),
                a == null || b == null ? Double.NaN : Agreement.of(a, b).ari(),
                position(lobes.labels(), clusters.get(k), k, geometric, shuffled, own.split(k)),
                types(lobes.labels(), training.apply(k), k, sources.tested, own.split(k))));
        task.advance(1);
      }
    }
    return cuts;
  }

  private double overSeeds(SpectralEmbedding embedding, SpectralClustering lobes, Seed own) {
    double sum = 0;
    for (int s = 0; s < options.seeds; s++) {
      int[] other =
          SpectralClustering.labels(embedding, lobes.k(), own.split("other").split(s), workers);
      sum += Agreement.of(lobes.labels(), other).ari();
    }
    return options.seeds == 0 ? Double.NaN : sum / options.seeds;
  }

  /** Lobes of chunks in which only firing frequencies are left, for every k. */
  private List<Map<Integer, int[]>> shuffled(Affinity affinity, Seed own) {
    List<Map<Integer, int[]>> draws = new ArrayList<>();
    if (chunks == null || decoder == null || options.position == null) {
      return draws;
    }
    for (int t = 0; t < options.position.refitTrials(); t++) {
      Chunks broken = ShuffledChunks.of(chunks, seed.split("shuffled chunks").split(t), workers);
      AffinityGraph graph =
          AffinityGraph.needsNoPairs(broken, affinity)
              ? AffinityGraph.of(broken, affinity, workers)
              : AffinityGraph.of(
                  Cooccurrence.count(broken, workers, Progress.NONE), affinity, workers);
      SpectralEmbedding embedding = embed(graph, affinity.label() + ", shuffled chunks " + (t + 1));
      Map<Integer, int[]> labels = new LinkedHashMap<>();
      for (int k : options.ks) {
        labels.put(k, SpectralClustering.labels(embedding, k, own, workers));
      }
      draws.add(labels);
    }
    return draws;
  }

  private @Nullable Position position(
      int[] labels,
      int @Nullable [] clusters,
      int k,
      GeometricNulls geometric,
      List<Map<Integer, int[]>> shuffled,
      Seed own) {
    if (decoder == null || clusters == null || options.position == null) {
      return null;
    }
    List<NullTest> further = new ArrayList<>(geometric.tests(labels, clusters, k));
    if (!shuffled.isEmpty()) {
      double[] values =
          shuffled.stream()
              .map(draw -> draw.get(k))
              .filter(Objects::nonNull)
              .mapToDouble(lobes -> Agreement.of(lobes, clusters).ami())
              .toArray();
      further.add(
          NullTest.of("chunk columns shuffled", Agreement.of(labels, clusters).ami(), values));
    }
    long[] fires = Arrays.stream(kept).mapToLong(f -> firings[f]).toArray();
    return Position.of(
        decoder, labels, clusters, fires, further, options.position, own, workers, progress);
  }

  private @Nullable LobeTypes types(
      int[] labels, int @Nullable [] training, int k, @Nullable Chunks tested, Seed own) {
    if (tested == null || tested.count() == 0) {
      return null;
    }
    int[] tried = training == null ? labels : Matching.renamed(training, labels);
    long[] fires = Arrays.stream(kept).mapToLong(f -> firings[f]).toArray();
    return LobeTypes.of(
        tested.pattern(),
        tested.document(),
        tested.type(),
        tested.types(),
        training != null,
        tried,
        k,
        FrequencyStrata.of(fires, 10),
        options.types,
        own.split("types"),
        workers);
  }

  /** Labels of all features from those of the kept ones. */
  private int[] spread(int[] labels) {
    int[] all = new int[n];
    Arrays.fill(all, -1);
    for (int i = 0; i < kept.length; i++) {
      all[kept[i]] = labels[i];
    }
    return all;
  }

  private int[] alive(int[] labels, int k) {
    int[] alive = new int[k];
    for (int i = 0; i < kept.length; i++) {
      if (firings[kept[i]] > 0) {
        alive[labels[i]]++;
      }
    }
    return alive;
  }
}

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
  /** Of more features counts and tiles are not held together. */
  static final int MOST_HELD = 1 << 15;

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
   * @param method what graph is cut, and how
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
      LobeTypes.Options types,
      Method method) {
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
            LobeTypes.Options.DEFAULT,
            Method.PUBLISHED);

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
    public static Options typesOnly(Affinity affinity, int k, LobeTypes.Options types) {
      return new Options(
          List.of(affinity), List.of(k), false, 0, 0, false, 0, null, types, Method.PUBLISHED);
    }

    /** The same for other affinities and numbers of lobes. */
    public Options with(List<Affinity> otherAffinities, List<Integer> otherKs) {
      return new Options(
          otherAffinities,
          otherKs,
          dropDead,
          minFirings,
          seeds,
          halves,
          heldOut,
          position,
          types,
          method);
    }

    /** The same by another method. */
    public Options with(Method other) {
      return new Options(
          affinities, ks, dropDead, minFirings, seeds, halves, heldOut, position, types, other);
    }
  }

  /**
   * How a graph is cut.
   *
   * @param neighbourGraph 0 for all pairs; else only the edges to each feature's so many nearest,
   *     on both sides, functional and geometric
   * @param assignment from the embedding
   */
  public record Method(int neighbourGraph, SpectralClustering.Options assignment) {
    /** All pairs, rows not normalised, k-means. */
    public static final Method PUBLISHED = new Method(0, SpectralClustering.Options.DEFAULT);

    public Method {
      if (neighbourGraph < 0) {
        throw new InputException(
            "--neighbour-graph: expected a number from 0, found " + neighbourGraph);
      }
    }
  }

  /**
   * One cut. Its lobes are numbered after those they match best (Hungarian method): of the next
   * smaller k for the first affinity, of the first affinity at the same k for the others, so that a
   * number, and a colour, means the same wherever it can; those of the first cut by falling size.
   *
   * @param labels the lobe of each feature, −1 for one that was left out [n]
   * @param parent for each lobe, the lobe of the next smaller k that holds most of it, and the
   *     share it holds; null for the smallest k
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
      @Nullable Parents parent,
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

  /**
   * Which lobes of a coarser cut those of a finer one come from.
   *
   * @param k of the coarser cut
   * @param lobe the coarser lobe that holds most of each finer one, the lower of equals
   * @param share of the finer lobe that it holds
   */
  public record Parents(int k, int[] lobe, double[] share) {
    static Parents of(int[] fine, int k, int[] coarse, int coarseK) {
      int[][] overlap = new int[k][coarseK];
      int[] size = new int[k];
      for (int i = 0; i < fine.length; i++) {
        overlap[fine[i]][coarse[i]]++;
        size[fine[i]]++;
      }
      int[] lobe = new int[k];
      double[] share = new double[k];
      for (int l = 0; l < k; l++) {
        for (int c = 1; c < coarseK; c++) {
          if (overlap[l][c] > overlap[l][lobe[l]]) {
            lobe[l] = c;
          }
        }
        share[l] = size[l] == 0 ? Double.NaN : (double) overlap[l][lobe[l]] / size[l];
      }
      return new Parents(coarseK, lobe, share);
    }
  }

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

  /** The first affinity's labels of the kept features by k, which all others are named after. */
  private final Map<Integer, int[]> reference = new LinkedHashMap<>();

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
    long[] all;
    if (allChunks != null) {
      all = Arrays.stream(allChunks.featureCounts()).asLongStream().toArray();
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
    if (Arrays.stream(all).allMatch(c -> c == 0)) {
      throw new InputException(
          "all "
              + n
              + " features are dead: none fires in any of "
              + chunkCount
              + " chunks; is the threshold too high?");
    }
    int least = Math.max(options.minFirings, options.dropDead ? 1 : 0);
    this.kept = IntStream.range(0, n).filter(f -> all[f] >= least).toArray();
    int most = options.ks.getLast();
    if (most > kept.length) {
      throw new InputException(
          "cannot make " + most + " lobes of " + kept.length + " features" + leftOut());
    }
    this.firings = all;
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
      int near = options.method.neighbourGraph;
      AffinityGraph graph =
          near == 0
              ? AffinityGraph.angular(decoder, workers)
              : AffinityGraph.nearestAngular(decoder, near, workers);
      SpectralEmbedding embedding = embed(graph, "angular");
      clusters.putAll(assign(graph, embedding));
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
    clusters.forEach((k, labels) ->
        geometric.put(
            k, spread(Matching.renamed(labels, Objects.requireNonNull(reference.get(k))))));
    int dead = (int) Arrays.stream(firings).filter(c -> c == 0).count();
    return new LobesResult(n, chunkCount, dead, n - kept.length, cuts, geometric, null);
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
      int near = options.method.neighbourGraph;
      if (near > 0) {
        return source == null
            ? AffinityGraph.nearest(Objects.requireNonNull(counts), affinity, near, workers)
            : AffinityGraph.nearest(source, affinity, near, workers);
      }
      if (source == null) {
        return AffinityGraph.of(Objects.requireNonNull(counts), affinity, workers);
      }
      if (AffinityGraph.needsNoPairs(source, affinity)) {
        return AffinityGraph.of(source, affinity, workers);
      }
      if (source.features() > MOST_HELD) {
        return AffinityGraph.tiled(source, affinity, workers);
      }
      return AffinityGraph.of(
          counted.computeIfAbsent(part, p -> Cooccurrence.count(source, workers, progress)),
          affinity,
          workers);
    }
  }

  private int[] assign(AffinityGraph graph, SpectralEmbedding embedding, int k, Seed state) {
    return SpectralClustering.labels(
        graph, embedding, k, options.method.assignment, state, workers);
  }

  /** Labels for every k, from the seed itself, which is the reference's random state. */
  private Map<Integer, int[]> assign(AffinityGraph graph, SpectralEmbedding embedding) {
    Map<Integer, int[]> labels = new LinkedHashMap<>();
    for (int k : options.ks) {
      labels.put(k, assign(graph, embedding, k, seed));
    }
    return labels;
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
    AffinityGraph graph = sources.graph(part, source, affinity);
    SpectralEmbedding embedding = embed(graph, affinity.label() + ", " + part);
    // At once, so that the graph can go.
    return assign(graph, embedding)::get;
  }

  private List<Cut> cuts(
      Affinity affinity, Sources sources, Map<Integer, int[]> clusters, GeometricNulls geometric) {
    AffinityGraph graph = sources.graph("all", chunks, affinity);
    SpectralEmbedding embedding = embed(graph, affinity.label());
    var first = labels("first half", sources.first, affinity, sources);
    var second = labels("second half", sources.second, affinity, sources);
    var training = labels("training documents", sources.training, affinity, sources);
    Seed own = seed.split(affinity.label());
    List<Map<Integer, int[]>> shuffled = shuffled(affinity);
    List<Cut> cuts = new ArrayList<>();
    List<int[]> coarse = new ArrayList<>();
    int before = 0;
    try (Progress.Task task =
        progress.start("lobes, " + affinity.label(), options.ks.size(), "cuts")) {
      for (int k : options.ks) {
        SpectralClustering lobes =
            SpectralClustering.of(graph, embedding, k, options.method.assignment, seed, workers);
        int[] labels = named(lobes.labels(), k, affinity);
        int[] a = first.apply(k);
        int[] b = second.apply(k);
        cuts.add(
            new Cut(
                k,
                spread(labels),
                coarse.isEmpty() ? null : Parents.of(labels, k, coarse.getLast(), before),
                sizes(labels, k),
                alive(labels, k),
                embedding.smallest(k + 1),
                embedding.eigengap(k),
                Arrays.stream(embedding.residuals()).limit(k).max().orElse(0),
                lobes.normalisedCut(),
                overSeeds(graph, embedding, lobes, own),
                a == null || b == null ? Double.NaN : Agreement.adjustedRand(a, b),
                position(labels, clusters.get(k), k, geometric, shuffled, own.split(k)),
                types(labels, training.apply(k), k, sources.tested, own.split(k))));
        coarse.add(labels);
        before = k;
        task.advance(1);
      }
    }
    return cuts;
  }

  /** Lobes numbered after those they match, see {@link Cut}. */
  private int[] named(int[] labels, int k, Affinity affinity) {
    if (affinity != options.affinities.getFirst()) {
      return Matching.renamed(labels, Objects.requireNonNull(reference.get(k)));
    }
    int[] named = labels;
    for (Map.Entry<Integer, int[]> smaller : reference.entrySet()) {
      if (smaller.getKey() < k) {
        named = Matching.renamed(labels, smaller.getValue());
      }
    }
    reference.put(k, named);
    return named;
  }

  private static int[] sizes(int[] labels, int k) {
    int[] sizes = new int[k];
    for (int label : labels) {
      sizes[label]++;
    }
    return sizes;
  }

  private double overSeeds(
      AffinityGraph graph, SpectralEmbedding embedding, SpectralClustering lobes, Seed own) {
    double sum = 0;
    for (int s = 0; s < options.seeds; s++) {
      int[] other = assign(graph, embedding, lobes.k(), own.split("other").split(s));
      sum += Agreement.adjustedRand(lobes.labels(), other);
    }
    return options.seeds == 0 ? Double.NaN : sum / options.seeds;
  }

  /** Lobes of chunks in which only firing frequencies are left, for every k. */
  private List<Map<Integer, int[]>> shuffled(Affinity affinity) {
    List<Map<Integer, int[]>> draws = new ArrayList<>();
    if (chunks == null || decoder == null || options.position == null) {
      return draws;
    }
    for (int t = 0; t < options.position.refitTrials(); t++) {
      Chunks broken = ShuffledChunks.of(chunks, seed.split("shuffled chunks").split(t), workers);
      AffinityGraph graph = uncounted(broken, affinity);
      SpectralEmbedding embedding = embed(graph, affinity.label() + ", shuffled chunks " + (t + 1));
      draws.add(assign(graph, embedding));
    }
    return draws;
  }

  /** The graph of chunks that are looked at once. */
  private AffinityGraph uncounted(Chunks source, Affinity affinity) {
    int near = options.method.neighbourGraph;
    if (near > 0) {
      return AffinityGraph.nearest(source, affinity, near, workers);
    }
    return source.features() > MOST_HELD && !AffinityGraph.needsNoPairs(source, affinity)
        ? AffinityGraph.tiled(source, affinity, workers)
        : AffinityGraph.of(source, affinity, workers);
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

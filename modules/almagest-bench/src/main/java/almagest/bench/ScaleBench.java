package almagest.bench;

import almagest.brain.Affinity;
import almagest.brain.AffinityGraph;
import almagest.brain.Chunks;
import almagest.brain.SpectralClustering;
import almagest.brain.SpectralEmbedding;
import almagest.format.Json;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.Agreement;
import almagest.tensor.SparseRows;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * Lobes of more features than fit as a matrix, on chunks drawn here: Zipf rates, 64 planted lobes,
 * a few of which each chunk prefers. Usage: ScaleBench FEATURES CHUNKS ACTIVE K (implicit|tiled|M)
 * [LEAST] with ACTIVE draws a chunk, M the neighbours of a neighbour graph, and features in fewer
 * than LEAST chunks left out. Peak memory is the process's own, the drawn chunks among it.
 */
final class ScaleBench {
  private static final int LOBES = 64;

  private ScaleBench() {}

  public static void main(String[] args) throws IOException {
    int n = Integer.parseInt(args[0]);
    int k = Integer.parseInt(args[3]);
    try (Workers workers = Workers.ofAllProcessors()) {
      int[] drawn = new int[n];
      Chunks all =
          Timing.measure(
              "drawing " + n + " features, " + args[1] + " chunks",
              0,
              () -> draw(n, Integer.parseInt(args[1]), Integer.parseInt(args[2]), drawn, workers),
              c ->
                  Map.of("active", (double) c.pattern().indices().length / Math.max(1, c.count())));
      int least = args.length > 5 ? Integer.parseInt(args[5]) : 0;
      int[] firings = all.featureCounts();
      int[] kept = IntStream.range(0, n).filter(f -> firings[f] >= least).toArray();
      Chunks chunks = kept.length == n ? all : all.selectFeatures(kept);
      int[] planted = Arrays.stream(kept).map(f -> drawn[f]).toArray();
      AffinityGraph graph =
          Timing.measure(
              "graph " + args[4],
              0,
              () ->
                  switch (args[4]) {
                    case "implicit" -> AffinityGraph.of(chunks, Affinity.PHI, workers);
                    case "tiled" -> AffinityGraph.tiled(chunks, Affinity.JACCARD, workers);
                    default ->
                        AffinityGraph.nearest(
                            chunks, Affinity.PHI, Integer.parseInt(args[4]), workers);
                  },
              g -> Map.of("n", g.size()));
      SpectralEmbedding embedding =
          Timing.measure(
              "eigenvectors " + k,
              0,
              () -> SpectralEmbedding.of(graph, k, new Seed(0), workers),
              e ->
                  Map.of(
                      "products",
                      e.products(),
                      "eigenvalues_below_1e-6",
                      Arrays.stream(e.eigenvalues()).filter(v -> v < 1e-6).count(),
                      "worst_residual",
                      Arrays.stream(e.residuals()).max().orElse(0)));
      Timing.measure(
          "labels " + k,
          0,
          () -> SpectralClustering.of(graph, embedding, k, new Seed(0), workers),
          cut ->
              Map.of(
                  "ncut",
                  cut.normalisedCut(),
                  "ari_planted",
                  Agreement.adjustedRand(cut.labels(), planted),
                  "largest_lobe",
                  Arrays.stream(cut.sizes()).max().orElse(0),
                  "ari_planted_of_features_in_at_least",
                  byFirings(cut.labels(), planted, chunks.featureCounts())));
    }
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmHWM")) {
        System.out.println(Json.line(Json.object().put("peak", line.substring(6).strip())));
      }
    }
  }

  /** Agreement with the planted lobes among features that fire often enough, by how often. */
  private static Map<Integer, Double> byFirings(int[] labels, int[] planted, int[] firings) {
    Map<Integer, Double> found = new TreeMap<>();
    for (int least : new int[] {100, 300, 1000, 3000}) {
      int[] in = IntStream.range(0, labels.length).filter(f -> firings[f] >= least).toArray();
      if (in.length > LOBES) {
        found.put(
            least,
            Agreement.adjustedRand(
                Arrays.stream(in).map(f -> labels[f]).toArray(),
                Arrays.stream(in).map(f -> planted[f]).toArray()));
      }
    }
    return found;
  }

  private static Chunks draw(int n, int count, int active, int[] planted, Workers workers) {
    double[] rate = new double[n];
    RandomGenerator random = new Seed(1).generator();
    for (int f = 0; f < n; f++) {
      planted[f] = random.nextInt(LOBES);
      rate[f] = 1 / (random.nextInt(n) + 0.004 * n);
    }
    // Cumulative rates of each lobe's features.
    int[][] members = new int[LOBES][];
    double[][] sums = new double[LOBES][];
    for (int l = 0; l < LOBES; l++) {
      int lobe = l;
      members[l] = IntStream.range(0, n).filter(f -> planted[f] == lobe).toArray();
      sums[l] = new double[members[l].length];
      double sum = 0;
      for (int i = 0; i < sums[l].length; i++) {
        sum += rate[members[l][i]];
        sums[l][i] = sum;
      }
    }
    List<int[]> rows =
        workers.map(
            count,
            c -> {
              RandomGenerator own = new Seed(2).split(c).generator();
              int[] row = new int[active];
              double[] gain = new double[LOBES];
              double all = 0;
              for (int l = 0; l < LOBES; l++) {
                all += Math.exp(own.nextGaussian());
                gain[l] = all;
              }
              for (int a = 0; a < active; a++) {
                int l = place(gain, own.nextDouble() * all);
                double[] of = sums[l];
                row[a] = members[l][place(of, own.nextDouble() * of[of.length - 1])];
              }
              return Arrays.stream(row).sorted().distinct().toArray();
            });
    long[] indptr = new long[count + 1];
    for (int c = 0; c < count; c++) {
      indptr[c + 1] = indptr[c] + rows.get(c).length;
    }
    int[] indices = new int[Math.toIntExact(indptr[count])];
    for (int c = 0; c < count; c++) {
      System.arraycopy(rows.get(c), 0, indices, (int) indptr[c], rows.get(c).length);
    }
    int[] document = IntStream.range(0, count).toArray();
    return new Chunks(
        SparseRows.pattern(n, indptr, indices), document, new short[count], List.of("drawn"));
  }

  private static int place(double[] sums, double at) {
    int found = Arrays.binarySearch(sums, at);
    return Math.min(found < 0 ? -found - 1 : found, sums.length - 1);
  }
}

package almagest.bench;

import almagest.brain.Affinity;
import almagest.brain.AffinityGraph;
import almagest.brain.Chunks;
import almagest.brain.Cooccurrence;
import almagest.brain.SpectralClustering;
import almagest.brain.SpectralEmbedding;
import almagest.format.Clouds;
import almagest.format.Npz;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.Agreement;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/**
 * Spectral clustering, stage by stage: the graph, one decomposition, the labels for every k. Usage:
 * SpectralBench DATA AFFINITY (chunks|counts|angular) K…, without K the graph alone; beside it, the
 * peers' {@code spectral} stage on the same directory, which is handed its affinity ready made.
 */
final class SpectralBench {
  private SpectralBench() {}

  public static void main(String[] args) {
    String name = args[1];
    Path data = Path.of(args[0]);
    int[] ks = Arrays.stream(args).skip(3).mapToInt(Integer::parseInt).toArray();
    int most = Arrays.stream(ks).max().orElse(2);
    try (Workers workers = Workers.ofAllProcessors()) {
      Object input =
          switch (args[2]) {
            case "chunks" -> Chunks.read(data.resolve("chunks.npz"));
            case "counts" -> Cooccurrence.count(Chunks.read(data.resolve("chunks.npz")), workers);
            default -> Clouds.open(data.resolve("decoder.npy").toString());
          };
      AffinityGraph graph =
          Timing.measure(
              "graph " + name + " from " + args[2],
              2,
              () ->
                  switch (input) {
                    case Chunks chunks -> AffinityGraph.of(chunks, Affinity.parse(name), workers);
                    case Cooccurrence counts ->
                        AffinityGraph.of(counts, Affinity.parse(name), workers);
                    default -> AffinityGraph.angular((almagest.tensor.FloatMatrix) input, workers);
                  },
              g -> Map.of("n", g.size()));
      if (ks.length == 0) {
        return;
      }
      SpectralEmbedding embedding =
          Timing.measure(
              "eigenvectors " + name + ", " + most,
              most > 100 ? 0 : 2,
              () -> SpectralEmbedding.of(graph, most, new Seed(0), workers),
              e ->
                  Map.of(
                      "products",
                      e.products(),
                      "eigenvalues",
                      e.smallest(6),
                      "worst_residual",
                      Arrays.stream(e.residuals()).max().orElse(0)));
      Path lobesFile = data.resolve("lobes.npz");
      var planted = Npz.read(lobesFile);
      for (int k : ks) {
        Timing.measure(
            "labels " + name + " k=" + k,
            k > 100 || ks.length > 8 ? 0 : 2,
            () -> SpectralClustering.of(graph, embedding, k, new Seed(0), workers),
            lobes ->
                Map.of(
                    "ncut",
                    lobes.normalisedCut(),
                    "inertia",
                    lobes.inertia(),
                    "ari_planted",
                    Agreement.adjustedRand(
                        lobes.labels(),
                        Npz.get(planted, k <= 3 ? "top" : k <= 8 ? "middle" : "leaf", lobesFile)
                            .ints())));
      }
    }
  }
}

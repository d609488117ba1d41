package almagest.brain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import almagest.format.Json;
import almagest.format.Npy;
import almagest.format.NpyArray;
import almagest.format.Npz;
import almagest.run.InputException;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.Agreement;
import almagest.tensor.FloatMatrix;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpectralClusteringTest {
  @ParameterizedTest
  @ValueSource(strings = {"phi", "jaccard", "dice", "overlap", "simple-matching", "angular"})
  void equalsTheReferenceOnPlantedLobes(String name) {
    Map<String, NpyArray> expected = Npz.read(Fixtures.file("spectral/" + name + ".npz"));
    var report = Json.read(Fixtures.file("spectral/expected.json")).get(name);
    try (Workers workers = new Workers(2)) {
      AffinityGraph graph = graph(name, workers);
      SpectralEmbedding embedding = SpectralEmbedding.of(graph, 8, new Seed(0), workers);
      double[] degree = expected.get("degree").doubles();
      double[] eigenvalues = expected.get("eigenvalues").doubles();
      double[] coordinates = expected.get("embedding").doubles();
      for (int i = 0; i < degree.length; i++) {
        assertThat(embedding.degrees()[i]).isCloseTo(degree[i], within(1e-12 * degree[i]));
        assertThat(embedding.eigenvalues()[i]).isCloseTo(eigenvalues[i], within(1e-10));
      }
      for (int j = 0; j < 8; j++) {
        double below = j == 0 ? 1 : eigenvalues[j] - eigenvalues[j - 1];
        if (Math.min(below, eigenvalues[j + 1] - eigenvalues[j]) > 1e-3) {
          for (int i = 0; i < degree.length; i++) {
            assertThat(embedding.coordinates()[i * 8 + j])
                .isCloseTo(coordinates[i * 8 + j], within(1e-7));
          }
        }
      }
      for (int k : new int[] {2, 3, 8}) {
        SpectralClustering lobes = SpectralClustering.of(graph, embedding, k, new Seed(1), workers);
        var golden = report.get("k" + k);
        if (golden.get("ari_worst_of_seeds").asDouble() >= 0.99) {
          assertThat(Agreement.of(lobes.labels(), expected.get("labels_k" + k).ints()).ari())
              .as("k = " + k)
              .isGreaterThanOrEqualTo(0.99);
          assertThat(lobes.inertia())
              .isLessThanOrEqualTo(golden.get("kmeans_inertia").asDouble() * 1.001);
        }
        assertThat(lobes.normalisedCut())
            .isLessThanOrEqualTo(golden.get("normalised_cut").asDouble() * 1.001);
      }
    }
  }

  @Test
  void theAngularAffinityIsTheReferences() {
    double[] expected = Npy.read(Fixtures.file("spectral/angular.npy")).doubles();
    try (Workers workers = new Workers(1)) {
      DenseGraph graph = (DenseGraph) graph("angular", workers);
      for (int i = 0; i < graph.size(); i++) {
        for (int j = 0; j < graph.size(); j++) {
          assertThat(graph.weights()[i * graph.size() + j])
              .isCloseTo(i == j ? 0 : expected[i * graph.size() + j], within(1e-14));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"phi", "simple-matching"})
  void productsThroughTheChunksAreThoseOfThePairs(String name) {
    Chunks chunks = Chunks.read(Fixtures.file("spectral/chunks.npz"));
    try (Workers workers = new Workers(2)) {
      AffinityGraph pairs = graph(name, workers);
      AffinityGraph implicit =
          name.equals("phi")
              ? CentredGraph.phi(chunks, workers)
              : CentredGraph.matching(chunks, workers);
      AffinityGraph tiles =
          TiledGraph.of(
              new CountWeights(Cooccurrence.count(chunks, workers), Affinity.parse(name)), workers);
      int n = pairs.size();
      FloatMatrix x = FloatMatrix.zeros(n, 5);
      var random = new Seed(3).generator();
      for (int i = 0; i < n; i++) {
        for (int c = 0; c < 5; c++) {
          x.set(i, c, (float) random.nextGaussian());
        }
      }
      FloatMatrix expected = FloatMatrix.zeros(n, 5);
      pairs.multiply(x, expected, workers);
      double[] degrees = pairs.degrees();
      for (AffinityGraph graph : new AffinityGraph[] {implicit, tiles}) {
        FloatMatrix y = FloatMatrix.zeros(n, 5);
        graph.multiply(x, y, workers);
        for (int i = 0; i < n; i++) {
          assertThat(graph.degrees()[i]).isCloseTo(degrees[i], within(1e-9 * degrees[i]));
          for (int c = 0; c < 5; c++) {
            // Sums of n terms of size 1 in float32.
            assertThat(y.get(i, c)).isCloseTo(expected.get(i, c), within(2e-4f));
          }
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"phi", "simple-matching", "jaccard", "angular"})
  void theIterativeSolverFindsWhatTheFullOneFinds(String name) {
    Chunks chunks = Chunks.read(Fixtures.file("spectral/chunks.npz"));
    try (Workers workers = new Workers(2)) {
      AffinityGraph large =
          switch (name) {
            case "phi" -> CentredGraph.phi(chunks, workers);
            case "simple-matching" -> CentredGraph.matching(chunks, workers);
            case "angular" -> TiledGraph.of(new AngularWeights(decoder()), workers);
            default ->
                TiledGraph.of(
                    new CountWeights(Cooccurrence.count(chunks, workers), Affinity.parse(name)),
                    workers);
          };
      AffinityGraph small = graph(name, workers);
      SpectralEmbedding exact = SpectralEmbedding.of(small, 8, new Seed(0), workers);
      SpectralEmbedding found = SpectralEmbedding.of(large, 8, new Seed(0), workers);
      for (int j = 0; j < 8; j++) {
        assertThat(found.eigenvalues()[j]).isCloseTo(exact.eigenvalues()[j], within(1e-6));
      }
      for (int k : new int[] {2, 3}) {
        int[] labels = SpectralClustering.labels(large, found, k, new Seed(0), workers);
        assertThat(
                Agreement.of(
                        labels, SpectralClustering.labels(small, exact, k, new Seed(0), workers))
                    .ari())
            .isGreaterThanOrEqualTo(0.99);
      }
    }
  }

  /** Ten of the reference's seeds cut a corpus with lobes and one without. */
  @ParameterizedTest
  @ValueSource(strings = {"lobes", "none"})
  void whereTheReferencesSeedsAgreeTheLobesAreTheirsAndNowhereIsTheCutLarger(String corpus) {
    Path file = Fixtures.file("spectral/random-state-" + corpus + ".npz");
    Map<String, NpyArray> expected = Npz.read(file);
    int agreeing = 0;
    int differing = 0;
    try (Workers workers = new Workers(2)) {
      for (String name : List.of("phi", "simple-matching", "jaccard", "overlap")) {
        AffinityGraph graph =
            AffinityGraph.of(CooccurrenceFile.read(file), Affinity.parse(name), workers);
        SpectralEmbedding embedding = SpectralEmbedding.of(graph, 16, new Seed(0), workers);
        for (int k : new int[] {2, 3, 5, 8, 12, 16}) {
          int[][] labels = rows(expected.get(name + " " + k).ints(), graph.size());
          double[] cuts = expected.get(name + " " + k + " cuts").doubles();
          double least = Arrays.stream(cuts).min().orElseThrow();
          int typical = typical(labels);
          for (int seed = 0; seed < 3; seed++) {
            SpectralClustering found =
                SpectralClustering.of(graph, embedding, k, new Seed(seed), workers);
            String as = name + ", k = " + k + ", seed " + seed;
            if (alike(labels[seed], labels[seed + 1])) {
              agreeing++;
              assertThat(alike(found.labels(), labels[seed])).as(as).isTrue();
            } else {
              differing++;
            }
            assertThat(found.normalisedCut())
                .as(as)
                .isLessThanOrEqualTo(Math.min(cuts[seed], cuts[seed + 1]) * 1.001);
            if (typical >= 0) {
              assertThat(alike(found.labels(), labels[typical])).as(as).isTrue();
            }
            // Of two or three lobes two seeds may agree by chance, which ends the search.
            if (typical >= 0 || k >= 5) {
              assertThat(found.normalisedCut()).as(as).isLessThanOrEqualTo(least * 1.001);
            }
          }
        }
      }
    }
    assertThat(agreeing).isPositive();
    assertThat(differing).isPositive();
  }

  private static int[][] rows(int[] values, int length) {
    int[][] rows = new int[values.length / length][];
    Arrays.setAll(rows, r -> Arrays.copyOfRange(values, r * length, (r + 1) * length));
    return rows;
  }

  private static boolean alike(int[] a, int[] b) {
    return Agreement.adjustedRand(a, b) >= 0.99;
  }

  /**
   * The labelling that most others are like, or −1 where fewer than 80 % of the pairs are alike.
   */
  private static int typical(int[][] labels) {
    int most = 0;
    int[] like = new int[labels.length];
    for (int a = 0; a < labels.length; a++) {
      for (int b = 0; b < labels.length; b++) {
        like[a] += a != b && alike(labels[a], labels[b]) ? 1 : 0;
      }
      most = like[a] > like[most] ? a : most;
    }
    int pairs = labels.length * (labels.length - 1);
    return Arrays.stream(like).sum() >= 0.8 * pairs ? most : -1;
  }

  @Test
  void moreLobesThanFeaturesAndAllDeadFeaturesAreNamedErrors() {
    try (Workers workers = new Workers(1)) {
      Cooccurrence none = Cooccurrence.of(new int[9], 3, 5, "none");
      AffinityGraph dead = AffinityGraph.of(none, Affinity.JACCARD, workers);
      assertThatThrownBy(() -> SpectralEmbedding.of(dead, 2, new Seed(0), workers))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("dead");
      AffinityGraph three = AffinityGraph.of(none, Affinity.SIMPLE_MATCHING, workers);
      assertThatThrownBy(() -> SpectralEmbedding.of(three, 4, new Seed(0), workers))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("4 lobes of 3 features");
    }
  }

  private static FloatMatrix decoder() {
    NpyArray decoder = Npy.read(Fixtures.file("spectral/decoder.npy"));
    return FloatMatrix.copyOf(decoder.floats(), decoder.shape()[1]);
  }

  private static AffinityGraph graph(String name, Workers workers) {
    return name.equals("angular")
        ? AffinityGraph.angular(decoder(), workers)
        : AffinityGraph.of(
            Chunks.read(Fixtures.file("spectral/chunks.npz")), Affinity.parse(name), workers);
  }
}

package almagest.brain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import almagest.format.Npy;
import almagest.format.NpyArray;
import almagest.format.Npz;
import almagest.run.InputException;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.Agreement;
import almagest.tensor.FloatMatrix;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SpectralOptionsTest {
  private static final Workers WORKERS = new Workers(2);
  private static final Chunks CHUNKS = Chunks.read(Fixtures.file("spectral/chunks.npz"));
  private static final Cooccurrence COUNTS = Cooccurrence.count(CHUNKS, WORKERS);

  /**
   * Sizes that scikit-learn's cluster_qr gives on the same embedding, ascending. Not for Jaccard
   * and overlap: there dead features lie at the origin and go wherever rounding sends them.
   */
  @ParameterizedTest
  @CsvSource({
    "phi, 2, 60 180",
    "phi, 3, 63 83 94",
    "phi, 8, 22 26 27 27 32 35 35 36",
    "simple-matching, 2, 76 164"
  })
  void clusterQrCutsAsTheReferenceDoes(String name, int k, String sizes) {
    AffinityGraph graph = AffinityGraph.of(CHUNKS, Affinity.parse(name), WORKERS);
    SpectralEmbedding embedding = SpectralEmbedding.of(graph, 8, new Seed(0), WORKERS);
    var options = new SpectralClustering.Options(false, SpectralClustering.Assignment.CLUSTER_QR);
    SpectralClustering cut =
        SpectralClustering.of(graph, embedding, k, options, new Seed(0), WORKERS);
    int[] found = cut.sizes().clone();
    Arrays.sort(found);
    assertThat(found)
        .isEqualTo(Arrays.stream(sizes.split(" ")).mapToInt(Integer::parseInt).toArray());
  }

  @Test
  void normalisedRowsFindThePlantedLobesToo() {
    int[] leaf = Npz.read(Fixtures.file("spectral/planted.npz")).get("leaf").ints();
    AffinityGraph graph = AffinityGraph.of(CHUNKS, Affinity.PHI, WORKERS);
    SpectralEmbedding embedding = SpectralEmbedding.of(graph, 8, new Seed(0), WORKERS);
    for (var assignment : SpectralClustering.Assignment.values()) {
      var options = new SpectralClustering.Options(true, assignment);
      int[] labels = SpectralClustering.labels(graph, embedding, 8, options, new Seed(0), WORKERS);
      assertThat(Agreement.of(labels, leaf).ari()).isGreaterThan(0.8);
    }
  }

  @Test
  void countsOnDemandAreThoseThatAreHeld() {
    PairCounts made = new CountsOnDemand(CHUNKS, WORKERS);
    int n = COUNTS.features();
    assertThat(made.featureCounts()).isEqualTo(COUNTS.featureCounts());
    made.upperRows(
        100,
        n,
        (i, row) -> {
          for (int j = i; j < n; j++) {
            assertThat(row[j]).isEqualTo(COUNTS.count(i, j));
          }
        });
    made.wholeRows(
        0,
        n,
        (i, row) -> {
          for (int j = 0; j < n; j++) {
            assertThat(row[j]).isEqualTo(COUNTS.count(i, j));
          }
        });
  }

  @ParameterizedTest
  @EnumSource(Affinity.class)
  void rowsOfWeightsAreTheWeights(Affinity affinity) {
    CountWeights weights = new CountWeights(COUNTS, affinity);
    long[] c = COUNTS.featureCounts();
    weights.rows(
        0,
        COUNTS.features(),
        (i, row) -> {
          for (int j = i + 1; j < row.length; j++) {
            double expected = affinity.weight(c[i], c[j], COUNTS.count(i, j), COUNTS.chunks());
            assertThat(row[j]).isCloseTo(expected, within(1e-12 * (1 + expected)));
          }
        });
  }

  @Test
  void rowsOfAnglesAreTheAngles() {
    FloatMatrix decoder = decoder();
    int n = decoder.rowsAsInt();
    // Near and opposite pairs, and a row that is not of length 1.
    decoder.setRow(1, decoder.row(0));
    float[] other = decoder.row(2);
    for (int c = 0; c < other.length; c++) {
      other[c] *= -3;
    }
    decoder.setRow(3, other);
    AngularWeights weights = new AngularWeights(decoder);
    double[] all = new double[n * n];
    weights.fill(0, n, 0, n, all);
    weights.rows(
        0,
        n,
        (i, row) -> {
          for (int j = i + 1; j < n; j++) {
            double x = Math.cos(Math.PI * (1 - all[i * n + j]));
            double error = Math.abs(x) > 0.999 ? 2e-4 : 3e-7;
            assertThat(row[j]).isCloseTo(all[i * n + j], within(error));
          }
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"phi", "jaccard"})
  void theNeighbourGraphJoinsWhomEitherFindsNearest(String name) {
    Affinity affinity = Affinity.parse(name);
    int k = 6;
    AffinityGraph graph = AffinityGraph.nearest(CHUNKS, affinity, k, WORKERS);
    int n = graph.size();
    double[][] value = new double[n][n];
    long[] c = COUNTS.featureCounts();
    boolean[][] edge = new boolean[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        value[i][j] =
            i == j || COUNTS.count(i, j) == 0
                ? 0
                : (float) affinity.value(c[i], c[j], COUNTS.count(i, j), COUNTS.chunks());
      }
    }
    for (int i = 0; i < n; i++) {
      double[] row = value[i];
      Integer[] order = new Integer[n];
      Arrays.setAll(order, j -> j);
      Arrays.sort(order, (a, b) -> Double.compare(row[b], row[a]));
      for (int m = 0; m < k; m++) {
        if (row[order[m]] > 0) {
          edge[i][order[m]] = true;
          edge[order[m]][i] = true;
        }
      }
    }
    FloatMatrix unit = FloatMatrix.zeros(n, n);
    for (int i = 0; i < n; i++) {
      unit.set(i, i, 1);
    }
    FloatMatrix found = FloatMatrix.zeros(n, n);
    graph.multiply(unit, found, WORKERS);
    double[] degrees = graph.degrees();
    for (int i = 0; i < n; i++) {
      double sum = 0;
      for (int j = 0; j < n; j++) {
        assertThat((double) found.get(i, j)).isEqualTo(edge[i][j] ? value[i][j] : 0);
        sum += found.get(i, j);
      }
      assertThat(degrees[i]).isCloseTo(sum, within(1e-9));
    }
  }

  @Test
  void theNeighbourGraphFindsThePlantedLobes() {
    int[] top = Npz.read(Fixtures.file("spectral/planted.npz")).get("top").ints();
    for (AffinityGraph graph :
        new AffinityGraph[] {
          AffinityGraph.nearest(CHUNKS, Affinity.PHI, 15, WORKERS),
          AffinityGraph.nearest(COUNTS, Affinity.PHI, 15, WORKERS),
          AffinityGraph.nearestAngular(decoder(), 15, WORKERS)
        }) {
      SpectralEmbedding embedding = SpectralEmbedding.of(graph, 3, new Seed(0), WORKERS);
      int[] labels = SpectralClustering.labels(graph, embedding, 3, new Seed(0), WORKERS);
      assertThat(Agreement.of(labels, top).ari()).isGreaterThan(0.85);
    }
    assertThatThrownBy(() -> AffinityGraph.nearest(COUNTS, Affinity.PHI, 240, WORKERS))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("--neighbour-graph");
  }

  @Test
  void manyEigenvectorsOfAFewNodesComeFromTheFullSolver() {
    SpectralEmbedding exact =
        SpectralEmbedding.of(
            AffinityGraph.of(CHUNKS, Affinity.PHI, WORKERS), 60, new Seed(0), WORKERS);
    SpectralEmbedding found =
        SpectralEmbedding.of(CentredGraph.phi(CHUNKS, WORKERS), 60, new Seed(0), WORKERS);
    assertThat(found.products()).isZero();
    for (int j = 0; j < 60; j++) {
      assertThat(found.eigenvalues()[j]).isCloseTo(exact.eigenvalues()[j], within(1e-6));
    }
    assertThat(found.eigenvalues()[60]).isGreaterThanOrEqualTo(found.eigenvalues()[59]);
  }

  private static FloatMatrix decoder() {
    NpyArray decoder = Npy.read(Fixtures.file("spectral/decoder.npy"));
    return FloatMatrix.copyOf(decoder.floats(), decoder.shape()[1]);
  }
}

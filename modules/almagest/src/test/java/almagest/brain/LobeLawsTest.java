package almagest.brain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import almagest.format.Npy;
import almagest.format.NpyArray;
import almagest.run.Progress;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.Agreement;
import almagest.stat.GTest;
import almagest.stat.NullTest;
import almagest.stat.Permutation;
import almagest.stat.PermutedAgreement;
import almagest.tensor.FloatMatrix;
import almagest.tensor.SparseRows;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the order of features and of chunks, and the names of lobes, must not change. */
class LobeLawsTest {
  private static final Workers WORKERS = new Workers(2);

  @AfterAll
  static void close() {
    WORKERS.close();
  }

  /**
   * The same chunks in another order, with features in another order: feature f stands at {@code
   * place[f]}.
   */
  private static Chunks reordered(Chunks chunks, int[] place, int[] order) {
    long[] indptr = new long[order.length + 1];
    int[] indices = new int[chunks.pattern().indices().length];
    int[] document = new int[order.length];
    short[] type = new short[order.length];
    int at = 0;
    for (int c = 0; c < order.length; c++) {
      int from = at;
      for (int e = chunks.pattern().start(order[c]); e < chunks.pattern().end(order[c]); e++) {
        indices[at++] = place[chunks.pattern().indices()[e]];
      }
      Arrays.sort(indices, from, at);
      indptr[c + 1] = at;
      document[c] = chunks.document()[order[c]];
      type[c] = chunks.type()[order[c]];
    }
    return new Chunks(
        SparseRows.pattern(place.length, indptr, indices), document, type, chunks.types());
  }

  /** What stands at each feature's new place, brought back to the feature's own. */
  private static int[] broughtBack(int[] labels, int[] place) {
    return Arrays.stream(place).map(p -> labels[p]).toArray();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void countsFollowTheirFeaturesAndForgetTheOrderOfChunks(int seed) {
    int n = 30 + 37 * seed;
    int t = 90 + 200 * seed;
    Chunks chunks = CooccurrenceTest.random(n, t, new Seed(seed));
    RandomGenerator random = new Seed(100 + seed).generator();
    int[] place = Permutation.of(n, random);
    Chunks other = reordered(chunks, place, Permutation.of(t, random));
    Cooccurrence expected = Cooccurrence.count(chunks, WORKERS);
    Cooccurrence found = Cooccurrence.count(other, WORKERS);
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        assertThat(found.count(place[i], place[j])).isEqualTo(expected.count(i, j));
      }
    }
    assertThat(found.chunks()).isEqualTo(t);
  }

  @ParameterizedTest
  @EnumSource(Affinity.class)
  void eigenvaluesForgetTheOrderOfFeaturesAndOfChunks(Affinity affinity) {
    int n = 90;
    Chunks chunks = CooccurrenceTest.random(n, 400, new Seed(affinity.ordinal()));
    RandomGenerator random = new Seed(5).generator();
    Chunks other =
        reordered(chunks, Permutation.of(n, random), Permutation.of(chunks.count(), random));
    double[] expected = eigenvalues(AffinityGraph.of(chunks, affinity, WORKERS));
    assertThat(eigenvalues(AffinityGraph.of(other, affinity, WORKERS)))
        .containsExactly(expected, within(1e-12));
  }

  private static double[] eigenvalues(AffinityGraph graph) {
    return SpectralEmbedding.of(graph, 12, new Seed(0), WORKERS).eigenvalues();
  }

  private static final Lobes.Options OPTIONS =
      new Lobes.Options(
          List.of(Affinity.PHI, Affinity.JACCARD, Affinity.SIMPLE_MATCHING),
          List.of(2, 3),
          false,
          0,
          0,
          false,
          0,
          new Position.Options(30, 5, false, 0, 0, null),
          new LobeTypes.Options(5, 5),
          Lobes.Method.PUBLISHED);

  private static LobesResult lobes(Chunks chunks, FloatMatrix decoder) {
    return Lobes.of(chunks, decoder, OPTIONS, new Seed(0), WORKERS, Progress.NONE);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void plantedLobesAndWhatIsMeasuredOfThemFollowTheirFeatures(int seed) {
    Chunks chunks = Chunks.read(Fixtures.file("spectral/chunks.npz"));
    NpyArray values = Npy.read(Fixtures.file("spectral/decoder.npy"));
    FloatMatrix decoder = FloatMatrix.copyOf(values.floats(), values.shape()[1]);
    int n = chunks.features();
    RandomGenerator random = new Seed(seed).generator();
    int[] place = Permutation.of(n, random);
    Chunks other = reordered(chunks, place, Permutation.of(chunks.count(), random));
    FloatMatrix moved = FloatMatrix.zeros(n, decoder.columns());
    for (int f = 0; f < n; f++) {
      moved.setRow(place[f], decoder.row(f));
    }
    LobesResult expected = lobes(chunks, decoder);
    LobesResult found = lobes(other, moved);
    for (String affinity : expected.cuts().keySet()) {
      for (int c = 0; c < OPTIONS.ks().size(); c++) {
        Lobes.Cut before = expected.cuts().get(affinity).get(c);
        Lobes.Cut after = found.cuts().get(affinity).get(c);
        assertThat(after.eigenvalues()).containsExactly(before.eigenvalues(), within(1e-12));
        int[] labels = broughtBack(after.labels(), place);
        double ari = Agreement.of(labels, before.labels()).ari();
        assertThat(ari).as("%s, k = %d", affinity, before.k()).isEqualTo(1);
        assertThat(after.normalisedCut()).isCloseTo(before.normalisedCut(), within(1e-12));
        Position was = before.position();
        Position is = after.position();
        assertThat(is.agreement().ami()).isCloseTo(was.agreement().ami(), within(1e-12));
        assertThat(is.independence().statistic())
            .isCloseTo(
                was.independence().statistic(), within(1e-12 * was.independence().statistic()));
        for (int t = 0; t < was.nulls().size(); t++) {
          NullTest null0 = was.nulls().get(t);
          NullTest null1 = is.nulls().get(t);
          assertThat(null1.observed()).isCloseTo(null0.observed(), within(1e-12));
          assertThat(null1.p()).isEqualTo(null0.p());
        }
        assertThat(sorted(after.types().chunks())).isEqualTo(sorted(before.types().chunks()));
      }
    }
  }

  private static int[] sorted(int[] values) {
    return Arrays.stream(values).sorted().toArray();
  }

  /** Renaming lobes moves no feature, so the score of each permutation stays what it was. */
  @ParameterizedTest
  @ValueSource(ints = {2, 3, 8, 40})
  void namesOfLobesChangeNeitherTheStatisticNorItsNull(int k) {
    int n = 500;
    RandomGenerator random = new Seed(k).generator();
    int[] lobes = random.ints(n, 0, k).toArray();
    int[] clusters =
        Arrays.stream(lobes).map(l -> random.nextInt(3) == 0 ? l : random.nextInt(k)).toArray();
    int[] names = Permutation.of(k, random);
    int[] others = Permutation.of(k, random);
    int[] renamed = Arrays.stream(lobes).map(l -> names[l]).toArray();
    int[] moved = Arrays.stream(clusters).map(c -> others[c]).toArray();
    assertThat(Agreement.of(renamed, moved).ami())
        .isCloseTo(Agreement.of(lobes, clusters).ami(), within(1e-12));
    assertThat(GTest.of(renamed, moved).statistic())
        .isCloseTo(GTest.of(lobes, clusters).statistic(), within(1e-9));
    int[] strata = IntStream.range(0, n).map(i -> i % 5).toArray();
    assertThat(new PermutedAgreement(renamed, moved).drawWithin(strata, 20, new Seed(1), WORKERS))
        .containsExactly(
            new PermutedAgreement(lobes, clusters).drawWithin(strata, 20, new Seed(1), WORKERS),
            within(1e-12));
  }

  @Test
  void cutsOfNormalisedWeightForgetTheNamesOfLobes() {
    Chunks chunks = CooccurrenceTest.random(80, 300, new Seed(9));
    RandomGenerator random = new Seed(4).generator();
    int[] labels = random.ints(80, 0, 5).toArray();
    int[] names = Permutation.of(5, random);
    for (Affinity affinity : List.of(Affinity.PHI, Affinity.OVERLAP)) {
      AffinityGraph graph = AffinityGraph.of(chunks, affinity, WORKERS);
      double cut = SpectralClustering.normalisedCut(graph, graph.degrees(), labels, 5, WORKERS);
      int[] renamed = Arrays.stream(labels).map(l -> names[l]).toArray();
      assertThat(SpectralClustering.normalisedCut(graph, graph.degrees(), renamed, 5, WORKERS))
          .isCloseTo(cut, within(1e-12));
    }
  }
}

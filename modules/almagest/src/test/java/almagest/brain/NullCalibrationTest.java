package almagest.brain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import almagest.linalg.Pca;
import almagest.run.Progress;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.Agreement;
import almagest.stat.EmpiricalP;
import almagest.stat.NullTest;
import almagest.stat.PermutedAgreement;
import almagest.tensor.FloatMatrix;
import almagest.tensor.Points;
import almagest.tensor.SparseRows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where nothing is planted p-values are uniform, where something is they are small. */
class NullCalibrationTest {
  private static final Workers WORKERS = new Workers(2);

  /** For thousands of clusterings so small that handing them over costs more than they do. */
  private static final Workers ALONE = new Workers(1);

  @AfterAll
  static void close() {
    WORKERS.close();
    ALONE.close();
  }

  @ParameterizedTest
  @CsvSource({"2,false", "2,true", "3,false", "8,false", "8,true"})
  void lobesUnrelatedToClustersAreSignificantAsOftenAsChanceHasIt(int k, boolean strata) {
    int low = 0;
    int n = 400;
    for (int s = 0; s < 100; s++) {
      RandomGenerator random = new Seed(1000 + s).generator();
      int[] stratum = random.ints(n, 0, 4).toArray();
      // Both sides may lean on the stratum: inside strata that is no evidence.
      int[] a = new int[n];
      int[] b = new int[n];
      for (int i = 0; i < n; i++) {
        int lean = strata ? stratum[i] : 0;
        a[i] = (random.nextInt(k) + random.nextInt(2) * lean) % k;
        b[i] = (random.nextInt(k) + random.nextInt(2) * lean) % k;
      }
      double[] draws =
          new PermutedAgreement(a, b)
              .drawWithin(strata ? stratum : new int[n], 199, new Seed(s), WORKERS);
      low += EmpiricalP.upper(Agreement.of(a, b).ami(), draws) <= 0.05 ? 1 : 0;
    }
    assertThat(low).isBetween(1, 10);
  }

  /** Features that fire each for itself: with 19 draws p is at most 0.05 in one of 20 cases. */
  @ParameterizedTest
  @ValueSource(ints = {2, 3, 8})
  void lobesOfUnrelatedFeaturesAreSignificantAsOftenAsChanceHasIt(int k) {
    int n = 32;
    int low = 0;
    for (int s = 0; s < 100; s++) {
      Seed seed = new Seed(2000 + s);
      Chunks chunks = CooccurrenceTest.random(n, 80, seed);
      int[] clusters =
          clusters(cloud(new int[n], 6, 0, seed.split("cloud").generator()), k, seed, ALONE);
      double[] draws = new double[19];
      for (int t = 0; t < draws.length; t++) {
        draws[t] = agreement(ShuffledChunks.of(chunks, seed.split(t), ALONE), clusters, k, seed);
      }
      low += EmpiricalP.upper(agreement(chunks, clusters, k, seed), draws) <= 0.05 ? 1 : 0;
    }
    assertThat(low).isBetween(1, 10);
  }

  private static double agreement(Chunks chunks, int[] clusters, int k, Seed seed) {
    AffinityGraph graph = AffinityGraph.of(chunks, Affinity.PHI, ALONE);
    SpectralEmbedding embedding = SpectralEmbedding.of(graph, k, seed, ALONE);
    return Agreement.of(SpectralClustering.labels(graph, embedding, k, seed, ALONE), clusters)
        .ami();
  }

  /** Groups along axes of their own; labels are the groups or have nothing to do with them. */
  private static FloatMatrix cloud(int[] groups, int d, double distance, RandomGenerator random) {
    FloatMatrix x = FloatMatrix.zeros(groups.length, d);
    for (int i = 0; i < groups.length; i++) {
      for (int j = 0; j < d; j++) {
        x.set(
            i,
            j,
            (float) ((j == groups[i] ? distance : 0) + random.nextGaussian() / Math.sqrt(1 + j)));
      }
    }
    return x;
  }

  private static int[] clusters(FloatMatrix x, int k, Seed seed, Workers workers) {
    AffinityGraph graph = AffinityGraph.angular(x, workers);
    return SpectralClustering.labels(
        graph, SpectralEmbedding.of(graph, k, seed, workers), k, seed, workers);
  }

  @Test
  void geometricNullsFindPlantedPlaces() {
    RandomGenerator random = new Seed(1).generator();
    int[] groups = random.ints(150, 0, 3).toArray();
    FloatMatrix x = cloud(groups, 12, 3, random);
    GeometricNulls nulls =
        GeometricNulls.of(x, List.of(2, 3), 19, new Seed(2), WORKERS, Progress.NONE);
    List<NullTest> tests = nulls.tests(groups, clusters(x, 3, new Seed(2), WORKERS), 3);
    assertThat(tests)
        .extracting(NullTest::kind)
        .containsExactly(
            GeometricNulls.DIRECTIONS, GeometricNulls.SPECTRUM, GeometricNulls.ROTATION);
    for (NullTest test : tests) {
      assertThat(test.p()).as(test.kind()).isEqualTo(0.05);
      assertThat(test.effect()).as(test.kind()).isGreaterThan(0.3);
    }
  }

  @Test
  void geometricNullsFindNothingWhereNothingIs() {
    int[] low = new int[3];
    for (int s = 0; s < 20; s++) {
      RandomGenerator random = new Seed(50 + s).generator();
      int[] groups = random.ints(90, 0, 3).toArray();
      FloatMatrix x = cloud(groups, 6, 0, random);
      List<NullTest> tests =
          GeometricNulls.of(x, List.of(3), 9, new Seed(s), WORKERS, Progress.NONE)
              .tests(groups, clusters(x, 3, new Seed(s), WORKERS), 3);
      for (int t = 0; t < 3; t++) {
        low[t] += tests.get(t).p() <= 0.1 ? 1 : 0;
      }
    }
    // Binomial(20, 0.1): more than 7 has probability 0.0004; the seeds are fixed.
    assertThat(low[0]).isLessThanOrEqualTo(7);
    assertThat(low[1]).isLessThanOrEqualTo(7);
    assertThat(low[2]).isLessThanOrEqualTo(7);
  }

  private static void unitRows(FloatMatrix x) {
    for (int i = 0; i < x.rowsAsInt(); i++) {
      float[] row = x.row(i);
      double square = 0;
      for (float v : row) {
        square += (double) v * v;
      }
      for (int j = 0; j < row.length; j++) {
        row[j] /= (float) Math.sqrt(square);
      }
      x.setRow(i, row);
    }
  }

  @Test
  void matchedCloudsHaveTheCovarianceAndTheLengths() {
    RandomGenerator random = new Seed(4).generator();
    int d = 40;
    FloatMatrix x = FloatMatrix.zeros(4000, d);
    for (int i = 0; i < 4000; i++) {
      for (int j = 0; j < d; j++) {
        // Eigenvalues fall with the root of their rank, as those of decoder directions do.
        x.set(i, j, (float) (random.nextGaussian() * Math.pow(1 + j, -0.25)));
      }
    }
    unitRows(x);
    Pca pca = Pca.of(Points.of(x), d, WORKERS);
    SpectrumMatched matched = SpectrumMatched.of(x, pca);
    FloatMatrix drawn = FloatMatrix.zeros(4000, d);
    matched.fill(drawn, new Seed(1), WORKERS);
    for (int i = 0; i < 4000; i += 97) {
      double a = 0;
      double b = 0;
      for (int j = 0; j < d; j++) {
        a += Math.pow(x.get(i, j), 2);
        b += Math.pow(drawn.get(i, j), 2);
      }
      assertThat(b).isCloseTo(a, within(1e-5 * a));
    }
    double[] found = Pca.of(Points.of(drawn), 0, WORKERS).eigenvalues();
    for (int c = 0; c < 5; c++) {
      // Scaling draws to unit length bends their shape a little.
      assertThat(found[c]).isCloseTo(pca.eigenvalues()[c], within(0.15 * pca.eigenvalues()[c]));
    }
  }

  @Test
  void rotationsAreOrthogonal() {
    FloatMatrix q = Spin.rotation(20, new Seed(3).generator());
    for (int a = 0; a < 20; a++) {
      for (int b = 0; b < 20; b++) {
        double dot = 0;
        for (int c = 0; c < 20; c++) {
          dot += q.get(a, c) * q.get(b, c);
        }
        assertThat(dot).isCloseTo(a == b ? 1 : 0, within(1e-6));
      }
    }
  }

  @Test
  void shuffledChunksKeepFrequenciesAndBreakWhatFiresTogether() {
    int chunks = 3000;
    RandomGenerator random = new Seed(6).generator();
    List<Integer> indices = new ArrayList<>();
    long[] indptr = new long[chunks + 1];
    for (int t = 0; t < chunks; t++) {
      // Features 0 and 1 are twins, 2 never fires, 3 always does.
      if (random.nextDouble() < 0.3) {
        indices.add(0);
        indices.add(1);
      }
      indices.add(3);
      indptr[t + 1] = indices.size();
    }
    Chunks given =
        new Chunks(
            SparseRows.pattern(4, indptr, indices.stream().mapToInt(Integer::intValue).toArray()),
            new int[chunks],
            new short[chunks],
            List.of("any"));
    Chunks shuffled = ShuffledChunks.of(given, new Seed(1), WORKERS);
    assertThat(shuffled.featureCounts()).isEqualTo(given.featureCounts());
    int together = 0;
    for (int t = 0; t < chunks; t++) {
      int from = shuffled.pattern().start(t);
      int[] row = Arrays.copyOfRange(shuffled.pattern().indices(), from, shuffled.pattern().end(t));
      together += row.length == 3 ? 1 : 0;
    }
    double p = given.featureCounts()[0] / (double) chunks;
    assertThat(together / (double) chunks).isCloseTo(p * p, within(0.03));
  }
}

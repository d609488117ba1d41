package almagest.galaxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import almagest.format.Npy;
import almagest.format.NpyArray;
import almagest.linalg.Pca;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.NearestNeighbours;
import almagest.stat.SpecialFunctions;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.Points;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.apache.commons.numbers.gamma.LogGamma;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EntropyTest {
  private static final Workers WORKERS = new Workers(2);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "gaussian-d1",
        "gaussian-d2",
        "gaussian-d5",
        "gaussian-d10",
        "uniform-d3",
        "mixture-d2",
        "student-d3",
        "gaussian-d100"
      })
  void neighboursAndEntropiesAreTheGoldenOnes(String name) {
    Points cloud = Fixture.points("entropy/" + name + ".npy");
    Map<String, NpyArray> golden = Fixture.arrays("entropy/neighbours.npz");
    JsonNode expected = Fixture.json("entropy/expected.json").get(name);
    NearestNeighbours found = NearestNeighbours.of(cloud, 5, WORKERS);
    double[] distances = golden.get(name + "_distances").doubles();
    int[] indices = golden.get(name + "_indices").ints();
    for (int i = 0; i < cloud.rows(); i++) {
      for (int r = 0; r < 5; r++) {
        double distance = distances[i * 5 + r];
        assertThat(found.distance(i, r)).isCloseTo(distance, within(1e-10 * (1 + distance)));
        assertThat(found.index(i, r)).isEqualTo(indices[i * 5 + r]);
      }
    }
    int d = cloud.columns();
    for (int k = 1; k <= 5; k++) {
      assertThat(Entropies.kozachenkoLeonenko(found.distances(k - 1), d, k))
          .isCloseTo(expected.get("kozachenko_leonenko").get("" + k).asDouble(), within(1e-9));
    }
    double gauss = Entropies.gaussian(Pca.of(cloud, 0, WORKERS).eigenvalues());
    assertThat(gauss).isCloseTo(expected.get("gaussian_entropy").asDouble(), within(1e-9));
  }

  /**
   * Clouds whose differential entropy is known in closed form. In few dimensions the estimator's
   * bias is below its spread, about 1 / √n for each of these.
   */
  @ParameterizedTest
  @CsvSource({"1,1000", "2,1000", "3,2000", "1,10000", "2,10000"})
  void knownEntropiesAreFound(int d, int n) {
    RandomGenerator random = new Seed(100 * n + d).generator();
    DoubleMatrix gauss = DoubleMatrix.zeros(n, d);
    DoubleMatrix cube = DoubleMatrix.zeros(n, d);
    DoubleMatrix student = DoubleMatrix.zeros(n, d);
    double freedom = 5;
    for (int i = 0; i < n; i++) {
      double chiSquare = 0;
      for (int c = 0; c < freedom; c++) {
        chiSquare += Math.pow(random.nextGaussian(), 2);
      }
      for (int c = 0; c < d; c++) {
        // Far from the origin and of another scale: entropy knows neither place nor, but for ln 3
        // a coordinate, size.
        gauss.set(i, c, 1e4 + 3 * random.nextGaussian());
        cube.set(i, c, random.nextDouble());
        student.set(i, c, random.nextGaussian() / Math.sqrt(chiSquare / freedom));
      }
    }
    double half = (freedom + d) / 2;
    double heavy =
        LogGamma.value(freedom / 2)
            - LogGamma.value(half)
            + 0.5 * d * Math.log(freedom * Math.PI)
            + half * (SpecialFunctions.digamma(half) - SpecialFunctions.digamma(freedom / 2));
    double normal = 0.5 * d * Math.log(2 * Math.PI * Math.E) + d * Math.log(3);
    // At k = 3 a cloud's estimate has a spread of about √((ψ′(3) + d / 2 + …) / n).
    double tolerance = 4 * Math.sqrt((1 + d) / (double) n) + (d == 3 ? 0.1 : 0.03);
    assertThat(Measures.of(gauss, 3, WORKERS).entropy()[2]).isCloseTo(normal, within(tolerance));
    assertThat(Measures.of(cube, 3, WORKERS).entropy()[2]).isCloseTo(0, within(tolerance));
    assertThat(Measures.of(student, 3, WORKERS).entropy()[2]).isCloseTo(heavy, within(tolerance));
  }

  @Test
  void duplicatesLieAtDistanceZero() {
    NearestNeighbours found =
        NearestNeighbours.of(Fixture.points("entropy/duplicates.npy"), 5, WORKERS);
    double[] expected =
        Fixture.arrays("entropy/neighbours.npz").get("duplicates_distances").doubles();
    for (int i = 0; i < 20; i++) {
      for (int r = 0; r < 5; r++) {
        assertThat(found.distance(i, r)).isCloseTo(expected[i * 5 + r], within(1e-10));
      }
    }
    assertThat(found.duplicates())
        .isEqualTo(
            Fixture.json("entropy/expected.json")
                .get("duplicates")
                .get("zero_first_distances")
                .asInt());
    assertThat(Entropies.kozachenkoLeonenko(found.distances(0), 3, 1))
        .isEqualTo(Double.NEGATIVE_INFINITY);
  }

  @Test
  void thePublishedEstimatorGivesThePublishedValues() {
    Points cloud = Fixture.points("entropy/published-cloud.npy");
    JsonNode expected = Fixture.json("entropy/expected.json").get("published");
    NpyArray resamples = Npy.read(Fixture.path("entropy/published-resamples.npy"));
    PublishedEntropy estimator = PublishedEntropy.on(cloud, WORKERS);
    int[] all = resamples.ints();
    for (int b = 0; b < 5; b++) {
      int[] rows = Arrays.copyOfRange(all, b * 400, (b + 1) * 400);
      assertThat(estimator.entropy(rows, 1))
          .isCloseTo(expected.get("entropy_of_each_resample").get(b).asDouble(), within(1e-8));
      assertThat(estimator.entropy(rows, 3))
          .isCloseTo(expected.get("entropy_of_each_resample_k3").get(b).asDouble(), within(1e-8));
    }
    int[] once = new int[400];
    Arrays.setAll(once, i -> i);
    assertThat(estimator.entropy(once, 1))
        .isCloseTo(expected.get("entropy_of_the_whole_cloud").asDouble(), within(1e-8));
  }

  @Test
  void aResampleOfAFewPointsFindsNeighboursBeyondTheKnownOnes() {
    Points cloud = Fixture.points("entropy/published-cloud.npy");
    int[] rows = new int[400];
    Arrays.setAll(rows, i -> i < 200 ? 0 : 399);
    double[] mine = cloud.row(0);
    double[] other = cloud.row(399);
    double square = 0;
    for (int c = 0; c < 20; c++) {
      square += (mine[c] - other[c]) * (mine[c] - other[c]);
    }
    double far = PublishedEntropy.on(cloud, WORKERS).entropy(rows, 200);
    double near = PublishedEntropy.on(cloud, WORKERS).entropy(rows, 199);
    double logs =
        Math.log(Math.sqrt(square) + PublishedEntropy.THETA) - Math.log(PublishedEntropy.THETA);
    assertThat(far - near).isCloseTo(20 * logs - 1.0 / 200, within(1e-9));
  }

  @Test
  void thePublishedStepsBeforeTheEstimatorAreTheGoldenOnes() {
    Points cloud = Fixture.points("entropy/pipeline-cloud.npy");
    JsonNode expected = Fixture.json("entropy/expected.json").get("pipeline");
    Map<String, NpyArray> golden = Fixture.arrays("entropy/pipeline.npz");
    Points standard = PublishedEntropy.standardised(cloud, WORKERS);
    Pca pca = Pca.leadingOf(standard, 12, WORKERS);
    DoubleMatrix scores = pca.scores(standard, WORKERS);
    SpectrumTest.relative(pca.eigenvalues(), golden.get("eigenvalues").doubles(), 1e-10);
    SpectrumTest.absolute(scores.toArray(), golden.get("scores").doubles(), 1e-9);
    int[] once = new int[300];
    Arrays.setAll(once, i -> i);
    assertThat(PublishedEntropy.on(Points.of(scores), WORKERS).entropy(once, 1))
        .isCloseTo(expected.get("published_entropy_k1").asDouble(), within(1e-8));
    assertThat(
            Entropies.kozachenkoLeonenko(
                NearestNeighbours.of(Points.of(scores), 1, WORKERS).distances(0), 12, 1))
        .isCloseTo(expected.get("kozachenko_leonenko_k1").asDouble(), within(1e-9));
  }
}

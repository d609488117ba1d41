package almagest.brain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import almagest.format.Json;
import almagest.format.NpyArray;
import almagest.format.Npz;
import almagest.run.Progress;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.Agreement;
import almagest.stat.NullTest;
import almagest.stat.PermutedAgreement;
import almagest.tensor.FloatMatrix;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class PositionTest {
  private static final Workers WORKERS = new Workers(2);

  @AfterAll
  static void close() {
    WORKERS.close();
  }

  private static Path path(String name) throws URISyntaxException {
    return Path.of(PositionTest.class.getResource(name).toURI());
  }

  @Test
  void thePermutationNullIsThatOfTheReference() throws URISyntaxException {
    Map<String, NpyArray> given = Npz.read(path("spectral/ami-null.npz"));
    JsonNode expected = Json.read(path("spectral/ami-null.json"));
    int[] clusters = Npz.read(path("spectral/angular.npz")).get("labels_k3").ints();
    int[] lobes = Npz.read(path("spectral/phi.npz")).get("labels_k3").ints();
    int n = clusters.length;
    int[] all = given.get("permutations").ints();
    double[] values = new double[all.length / n];
    PermutedAgreement null_ = new PermutedAgreement(clusters, lobes);
    for (int t = 0; t < values.length; t++) {
      values[t] = null_.ami(Arrays.copyOfRange(all, t * n, (t + 1) * n));
    }
    assertThat(values).containsExactly(given.get("null").doubles(), within(1e-10));
    double observed = Agreement.of(lobes, clusters).ami();
    assertThat(observed).isCloseTo(expected.get("true").asDouble(), within(1e-10));
    NullTest test = NullTest.of("permuted labels", observed, values);
    assertThat(test.mean()).isCloseTo(expected.get("mean").asDouble(), within(1e-10));
    assertThat(test.sd()).isCloseTo(expected.get("sd_population").asDouble(), within(1e-10));
    assertThat(test.z()).isCloseTo(expected.get("z").asDouble(), within(1e-6));
    assertThat(test.p()).isEqualTo(expected.get("p_empirical").asDouble());
  }

  private record Case(FloatMatrix cloud, int[] lobes, int[] clusters, long[] firings) {}

  /** Three lobes; with {@code signal} each leans towards an axis of its own. */
  private static Case planted(int n, double signal, long seed) {
    RandomGenerator random = new Seed(seed).generator();
    FloatMatrix cloud = FloatMatrix.zeros(n, 16);
    int[] lobes = new int[n];
    int[] clusters = new int[n];
    long[] firings = new long[n];
    for (int i = 0; i < n; i++) {
      lobes[i] = random.nextInt(4) % 3;
      clusters[i] = random.nextDouble() < signal ? lobes[i] : random.nextInt(3);
      firings[i] = random.nextInt(1000);
      for (int j = 0; j < 16; j++) {
        cloud.set(i, j, (float) (random.nextGaussian() + (j == lobes[i] ? 3 * signal : 0)));
      }
    }
    return new Case(cloud, lobes, clusters, firings);
  }

  private static Position test(Case c, Seed seed) {
    return Position.of(
        c.cloud,
        c.lobes,
        c.clusters,
        c.firings,
        new Position.Options(
            99, 5, true, 19, 19, new CorrectedClassifier.Options(5, 2, new double[] {0.3, 3})),
        seed,
        WORKERS,
        Progress.NONE);
  }

  @Test
  void lobesThatArePlacesAreFound() {
    Position found = test(planted(600, 0.8, 1), new Seed(1));
    for (NullTest test : found.nulls()) {
      assertThat(test.p()).as(test.kind()).isEqualTo(0.01);
      assertThat(test.effect()).as(test.kind()).isGreaterThan(0.3);
    }
    assertThat(found.published().value()).isGreaterThan(0.75);
    assertThat(found.publishedNulls().getFirst().p()).isEqualTo(0.05);
    assertThat(found.corrected().ci().lo()).isGreaterThan(0.75);
    assertThat(found.corrected().frequency().ci().contains(1.0 / 3)).isTrue();
    assertThat(found.corrected().gain().ci().lo()).isGreaterThan(0.3);
  }

  @Test
  void lobesThatAreNoPlacesAreNotFound() {
    int low = 0;
    for (int s = 0; s < 40; s++) {
      Case c = planted(300, 0, 100 + s);
      NullTest test =
          NullTest.of(
              "",
              Agreement.of(c.lobes, c.clusters).ami(),
              new PermutedAgreement(c.clusters, c.lobes).draw(39, new Seed(s), WORKERS));
      low += test.p() <= 0.1 ? 1 : 0;
    }
    // Binomial(40, 0.1): more than 11 has probability 0.0003; the seeds are fixed.
    assertThat(low).isLessThanOrEqualTo(11);
    Position found = test(planted(600, 0, 7), new Seed(7));
    assertThat(found.corrected().ci().contains(1.0 / 3)).isTrue();
  }

  /** Labels that are firing frequency in disguise: the baseline says so. */
  @Test
  void frequencyInDisguiseIsSeenThrough() {
    Case c = planted(600, 0, 3);
    int[] byFrequency = new int[600];
    for (int i = 0; i < 600; i++) {
      byFrequency[i] = (int) (c.firings[i] * 3 / 1000);
      // The first coordinate tells the frequency too.
      c.cloud.set(i, 0, (float) (c.firings[i] / 200.0));
    }
    Position found =
        test(new Case(c.cloud, byFrequency, byFrequency.clone(), c.firings), new Seed(3));
    assertThat(found.nulls().get(0).p()).isEqualTo(0.01);
    assertThat(found.corrected().frequency().balancedAccuracy()).isGreaterThan(0.8);
    assertThat(found.corrected().gain().balancedAccuracy()).isLessThan(0.05);
  }

  @Test
  void featuresWithoutALobeAreLeftOut() {
    Case c = planted(300, 0.8, 5);
    int[] lobes = c.lobes.clone();
    for (int i = 0; i < 300; i += 10) {
      lobes[i] = -1;
    }
    Position found = test(new Case(c.cloud, lobes, c.clusters, c.firings), new Seed(1));
    assertThat(found.agreement().n()).isEqualTo(270);
    assertThat(found.published().classes()).isEqualTo(3);
  }

  @Test
  void bitsDoNotDependOnThreads() {
    Case c = planted(300, 0.5, 9);
    Position two = test(c, new Seed(2));
    try (Workers one = new Workers(1)) {
      Position single =
          Position.of(
              c.cloud,
              c.lobes,
              c.clusters,
              c.firings,
              new Position.Options(
                  99,
                  5,
                  true,
                  19,
                  19,
                  new CorrectedClassifier.Options(5, 2, new double[] {0.3, 3})),
              new Seed(2),
              one,
              Progress.NONE);
      ObjectNode a = Json.object();
      ObjectNode b = Json.object();
      two.writeTo(a);
      single.writeTo(b);
      assertThat(Json.line(a)).isEqualTo(Json.line(b));
    }
  }

  @Test
  void randomDirectionsAreUnitAndUniform() {
    FloatMatrix cloud = FloatMatrix.zeros(2000, 5);
    UnitRows.fill(cloud, new Seed(1), WORKERS);
    double[] mean = new double[5];
    double[] square = new double[5];
    for (int i = 0; i < 2000; i++) {
      double length = 0;
      for (int j = 0; j < 5; j++) {
        double v = cloud.get(i, j);
        length += v * v;
        mean[j] += v / 2000;
        square[j] += v * v / 2000;
      }
      assertThat(length).isCloseTo(1, within(1e-6));
    }
    assertThat(mean).containsExactly(new double[5], within(0.04));
    assertThat(square).containsExactly(new double[] {0.2, 0.2, 0.2, 0.2, 0.2}, within(0.02));
  }

  @Test
  void strataKeepEqualCountsTogetherAndSilentFeaturesApart() {
    int[] stratum = FrequencyStrata.of(new long[] {0, 5, 5, 5, 5, 9, 0, 1}, 3);
    assertThat(stratum[0]).isZero();
    assertThat(stratum[6]).isZero();
    assertThat(Arrays.copyOfRange(stratum, 1, 5)).containsOnly(stratum[1]);
    assertThat(stratum[7]).isLessThanOrEqualTo(stratum[1]);
    assertThat(stratum[5]).isGreaterThan(stratum[1]);
  }
}

package almagest.stat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import almagest.format.Json;
import almagest.format.NpyArray;
import almagest.format.Npz;
import almagest.run.InputException;
import almagest.run.Workers;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KMeansTest {
  @ParameterizedTest
  @ValueSource(strings = {"clear", "overlapping", "one-dimensional"})
  void inertiaIsNeverAboveTheWorstOfTenReferenceRuns(String name) {
    Map<String, NpyArray> fixture = Npz.read(file(name + ".npz"));
    var expected = Json.read(file("expected.json")).get(name);
    NpyArray x = fixture.get("x");
    KMeans.Options options = KMeans.Options.of(expected.get("k").asInt());
    for (int seed = 0; seed < 3; seed++) {
      KMeans.Fit fit = fit(x.doubles(), x.shape()[1], options, seed, 2);
      assertThat(fit.inertia())
          .isLessThanOrEqualTo(
              expected.get("worst_of_ten_seeds_with_ten_starts").asDouble() * 1.001);
      if (name.equals("clear")) {
        assertThat(fit.inertia())
            .isCloseTo(expected.get("best_inertia_of_400_starts").asDouble(), within(1e-9));
        assertThat(Agreement.of(fit.labels(), fixture.get("planted").ints()).ari()).isEqualTo(1);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"clear", "overlapping", "one-dimensional"})
  void labelsAreTheReferencesOfTheSameRandomState(String name) {
    NpyArray x = Npz.read(file(name + ".npz")).get("x");
    int[] expected = Npz.read(file("random-state.npz")).get(name).ints();
    int n = x.shape()[0];
    KMeans.Options options =
        KMeans.Options.of(Json.read(file("expected.json")).get(name).get("k").asInt());
    for (int seed = 0; seed < 5; seed++) {
      assertThat(fit(x.doubles(), x.shape()[1], options, seed, 2).labels())
          .isEqualTo(Arrays.copyOfRange(expected, seed * n, (seed + 1) * n));
    }
  }

  @Test
  void theNumberOfThreadsDoesNotChangeABit() {
    double[] x = cloud(1500, 20, 4);
    KMeans.Options options = new KMeans.Options(13, 3, 50, 1e-4);
    KMeans.Fit one = fit(x, 20, options, 5, 1);
    KMeans.Fit three = fit(x, 20, options, 5, 3);
    assertThat(three.labels()).isEqualTo(one.labels());
    assertThat(three.centres()).isEqualTo(one.centres());
  }

  @Test
  void asManyClustersAsPointsLeaveNothingOver() {
    double[] x = cloud(9, 3, 1);
    assertThat(fit(x, 3, KMeans.Options.of(9), 0, 1).inertia()).isCloseTo(0, within(1e-20));
  }

  @Test
  void equalPointsStillGetTheirClustersFilled() {
    double[] x = new double[20];
    Arrays.fill(x, 10, 20, 1);
    int[] labels = fit(x, 1, KMeans.Options.of(3), 0, 1).labels();
    assertThat(Arrays.stream(labels).distinct().count()).isEqualTo(3);
  }

  @Test
  void moreClustersThanPointsAreRefused() {
    assertThatThrownBy(() -> fit(new double[4], 2, KMeans.Options.of(3), 0, 1))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("3 clusters of 2 points");
  }

  private static KMeans.Fit fit(
      double[] x, int columns, KMeans.Options options, long seed, int threads) {
    try (Workers workers = new Workers(threads)) {
      return KMeans.fit(x, columns, options, new RandomState(seed), workers);
    }
  }

  private static double[] cloud(int n, int d, long seed) {
    RandomState random = new RandomState(seed);
    return random.doubles((long) n * d).toArray();
  }

  static Path file(String name) {
    try {
      return Path.of(
          Objects.requireNonNull(KMeansTest.class.getResource("kmeans/" + name)).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}

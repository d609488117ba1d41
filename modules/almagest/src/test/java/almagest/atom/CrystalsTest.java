package almagest.atom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import almagest.format.Json;
import almagest.run.Progress;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class CrystalsTest {
  private static final int PAIRS = 60;
  private static final int D = 40;

  /**
   * Six relations of {@code shift} along an own axis each, under a strong distractor axis and
   * noise.
   */
  private static Differences planted(double shift, long seed) {
    RandomGenerator random = new Seed(seed).generator();
    List<String> names = List.of("a", "b", "c", "d", "e", "f");
    int n = names.size() * PAIRS;
    FloatMatrix inputs = FloatMatrix.zeros(n, D);
    FloatMatrix outputs = FloatMatrix.zeros(n, D);
    List<String[]> pairs = new ArrayList<>();
    int[] labels = new int[n];
    for (int i = 0; i < n; i++) {
      labels[i] = i / PAIRS;
      pairs.add(
          new String[] {
            "x".repeat(1 + random.nextInt(9)) + i, "y".repeat(1 + random.nextInt(9)) + i
          });
      for (int j = 0; j < D; j++) {
        float v = (float) random.nextGaussian();
        inputs.set(i, j, v);
        double difference =
            0.3 * random.nextGaussian()
                + (j == labels[i] ? shift : 0)
                + (j == D - 1 ? 6 * random.nextGaussian() : 0);
        outputs.set(i, j, (float) (v + difference));
      }
    }
    return new Differences(names, pairs, labels, inputs, outputs);
  }

  private static Crystals.Layer measure(Differences d, int threads) {
    try (Workers workers = new Workers(threads)) {
      return Crystals.measure(d, Crystals.Options.defaults(new Seed(1)), workers, Progress.NONE);
    }
  }

  @Test
  void projectingTheDistractorOutMakesPlantedFacesGoodOnHeldOutPairs() {
    Crystals.Layer layer = measure(planted(2, 1), 2);
    for (RelationQuality r : layer.relations()) {
      assertThat(r.before().faces().cosine()).as(r.name()).isLessThan(0.4);
      // Of a shift of 2, the five axes between six classes keep 5/6 of the square; noise of sd 0.3
      // on
      // each of them does the rest: 4 * 5/6 / (4 * 5/6 + 5 * 0.09). Axes estimated from 48 pairs a
      // relation move a median by a few hundredths.
      assertThat(r.after().faces().cosine()).as(r.name()).isCloseTo(0.881, within(0.06));
      assertThat(r.after().faces().residual())
          .as(r.name())
          .isLessThan(r.before().faces().residual() / 2);
      assertThat(r.gains()).as(r.name()).isTrue();
    }
    assertThat(java.util.Arrays.stream(layer.silhouette().heldOut())).allMatch(s -> s > 0.2);
  }

  @Test
  void nothingPlantedIsNothingFound() {
    Crystals.Layer layer = measure(planted(0, 2), 2);
    assertThat(layer.relations().stream().filter(RelationQuality::gains).count())
        .isLessThanOrEqualTo(1);
    assertThat(java.util.Arrays.stream(layer.silhouette().heldOut())).allMatch(s -> s < 0.05);
    assertThat(java.util.Arrays.stream(layer.silhouette().shuffledHeldOut()))
        .allMatch(s -> s < 0.05);
  }

  @Test
  void theNumberOfThreadsChangesNothing() {
    Differences d = planted(1, 3);
    assertThat(Json.line(measure(d, 1).toJson())).isEqualTo(Json.line(measure(d, 3).toJson()));
  }
}

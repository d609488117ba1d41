package almagest.brain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import almagest.format.Npy;
import almagest.format.NpyArray;
import almagest.format.Npz;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AffinityTest {
  @ParameterizedTest
  @CsvSource({
    "simple-matching, 1e-14",
    "jaccard, 1e-14",
    "dice, 1e-14",
    "overlap, 1e-14",
    "phi, 1e-12"
  })
  void valuesEqualTheReference(String name, double tolerance) {
    Cooccurrence counts = Cooccurrence.read(Fixtures.file("blocks/cooccurrence.npz"));
    double[] expected = Npy.read(Fixtures.file("affinity/" + name + ".npy")).doubles();
    check(Affinity.parse(name), counts, expected, tolerance);
  }

  @ParameterizedTest
  @CsvSource({
    "simple-matching, 1e-14",
    "jaccard, 1e-14",
    "dice, 1e-14",
    "overlap, 1e-14",
    "phi, 1e-12"
  })
  void countsWhoseProductsOverflowInt64GiveTheSame(String name, double tolerance) {
    Map<String, NpyArray> large = Npz.read(Fixtures.file("affinity/large-counts.npz"));
    int[] histogram = large.get("histogram").ints();
    int n = large.get("histogram").shape()[0];
    Cooccurrence counts = Cooccurrence.of(histogram, n, large.get("n_chunks").longs()[0], "large");
    NpyArray expected = large.get(name.replace('-', '_'));
    check(
        Affinity.parse(name),
        counts,
        expected == null ? large.get(name).doubles() : expected.doubles(),
        tolerance);
  }

  @ParameterizedTest
  @CsvSource({
    "mutual-information, mutual_information, 1e-14",
    "lift, lift, 1e-14",
    "pmi, pmi, 1e-12",
    "npmi, npmi, 1e-12"
  })
  void measuresBeyondTheFiveEqualTheReference(String name, String key, double tolerance) {
    Cooccurrence counts = Cooccurrence.read(Fixtures.file("blocks/cooccurrence.npz"));
    double[] expected = Npz.read(Fixtures.file("affinity/more.npz")).get(key).doubles();
    check(Affinity.parse(name), counts, expected, tolerance);
  }

  @Test
  void weightsAreNeverNegative() {
    for (Affinity affinity : Affinity.values()) {
      for (long ci = 0; ci <= 4; ci++) {
        for (long cj = 0; cj <= 4; cj++) {
          for (long cij = Math.max(0, ci + cj - 4); cij <= Math.min(ci, cj); cij++) {
            assertThat(affinity.weight(ci, cj, cij, 4)).as("%s", affinity).isNotNegative();
          }
        }
      }
    }
  }

  private static void check(
      Affinity affinity, Cooccurrence counts, double[] expected, double tolerance) {
    int n = counts.features();
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        assertThat(
                affinity.value(
                    counts.count(i, i), counts.count(j, j), counts.count(i, j), counts.chunks()))
            .as("%s [%d, %d]", affinity, i, j)
            .isCloseTo(expected[i * n + j], within(tolerance));
      }
    }
  }

  @Test
  void diceIsAMonotoneMapOfJaccard() {
    for (long c = 0; c <= 5; c++) {
      double jaccard = Affinity.JACCARD.value(5, 9, c, 20);
      assertThat(Affinity.DICE.value(5, 9, c, 20))
          .isCloseTo(2 * jaccard / (1 + jaccard), within(1e-15));
    }
  }

  @Test
  void deadAndAlwaysOnFeaturesAreDefined() {
    for (Affinity a : new Affinity[] {Affinity.JACCARD, Affinity.DICE, Affinity.OVERLAP}) {
      assertThat(a.value(0, 3, 0, 4)).isZero();
      assertThat(a.value(0, 0, 0, 4)).isZero();
    }
    assertThat(Affinity.PHI.value(0, 3, 0, 4)).isZero();
    assertThat(Affinity.PHI.value(4, 3, 3, 4)).isZero();
    assertThat(Affinity.PHI.weight(0, 3, 0, 4)).isEqualTo(1);
    assertThat(Affinity.SIMPLE_MATCHING.value(0, 3, 0, 4)).isEqualTo(0.25);
  }

  @Test
  void independentRareFeaturesMatchSimplyMostOfTheTime() {
    assertThat(Affinity.SIMPLE_MATCHING.value(10, 10, 1, 100)).isCloseTo(0.82, within(1e-15));
  }
}

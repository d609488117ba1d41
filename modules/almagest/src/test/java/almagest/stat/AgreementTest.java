package almagest.stat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import almagest.format.NpyArray;
import almagest.run.Seed;
import almagest.run.Workers;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AgreementTest {
  @Test
  void scoresAreThoseOfTheReference() {
    for (JsonNode expected : Golden.json("partitions.json")) {
      int[] a = Golden.ints(expected.get("a"));
      int[] b = Golden.ints(expected.get("b"));
      agrees(expected, Agreement.of(a, b), 1e-10);
      int[][] overlap = Matching.overlap(a, b);
      assertThat(Matching.agreeing(overlap, Matching.of(overlap)))
          .as(expected.get("name").asText())
          .isEqualTo(expected.get("best_matching_overlap").asLong());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"k2", "k64", "k1024"})
  void scoresOfManyThingsAreThoseOfTheReference(String k) {
    Map<String, NpyArray> arrays = Golden.npz("large.npz");
    JsonNode expected = Golden.json("large.json").get(k);
    agrees(expected, Agreement.of(arrays.get("a_" + k).ints(), arrays.get("b_" + k).ints()), 1e-10);
  }

  private static void agrees(JsonNode expected, Agreement found, double tolerance) {
    String name = expected.path("name").asText();
    assertThat(found.ami()).as(name).isCloseTo(expected.get("ami").asDouble(), within(tolerance));
    assertThat(found.nmi()).as(name).isCloseTo(expected.get("nmi").asDouble(), within(tolerance));
    assertThat(found.ari()).as(name).isCloseTo(expected.get("ari").asDouble(), within(tolerance));
    assertThat(found.mutualInformation())
        .as(name)
        .isCloseTo(expected.get("mi").asDouble(), within(tolerance));
    assertThat(found.expectedMutualInformation())
        .as(name)
        .isCloseTo(expected.get("emi").asDouble(), within(tolerance));
    assertThat(found.entropyA())
        .as(name)
        .isCloseTo(expected.get("entropy_a").asDouble(), within(tolerance));
    assertThat(found.entropyB())
        .as(name)
        .isCloseTo(expected.get("entropy_b").asDouble(), within(tolerance));
    assertThat(found.homogeneity())
        .as(name)
        .isCloseTo(expected.get("homogeneity").asDouble(), within(tolerance));
    assertThat(found.completeness())
        .as(name)
        .isCloseTo(expected.get("completeness").asDouble(), within(tolerance));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void scoresDoNotKnowWhatLabelsAreCalledNorTheOrderOfThings(long seed) {
    RandomGenerator random = new Seed(seed).generator();
    int[] a = random.ints(200, 0, 7).toArray();
    int[] b = IntStream.range(0, 200).map(i -> (a[i] + random.nextInt(3)) % 5).toArray();
    Agreement before = Agreement.of(a, b);
    int[] order = Permutation.of(200, random);
    int[] renamed = Arrays.stream(order).map(i -> 11 - 3 * a[i]).toArray();
    Agreement after = Agreement.of(renamed, Arrays.stream(order).map(i -> b[i]).toArray());
    assertThat(after.ami()).isCloseTo(before.ami(), within(1e-12));
    assertThat(after.ari()).isCloseTo(before.ari(), within(1e-12));
    Agreement swapped = Agreement.of(b, a);
    assertThat(swapped.ami()).isCloseTo(before.ami(), within(1e-12));
    assertThat(swapped.homogeneity()).isCloseTo(before.completeness(), within(1e-12));
  }

  /** Brute force over all 6! orders of a small labelling: the mean is the expected value. */
  @Test
  void expectedMutualInformationIsTheMeanOverAllOrders() {
    int[] a = {0, 0, 0, 1, 1, 2};
    int[] b = {0, 0, 1, 1, 1, 1};
    double[] sum = new double[2];
    everyOrder(
        new int[] {0, 1, 2, 3, 4, 5},
        0,
        order -> {
          int[] dealt = Arrays.stream(order).map(i -> a[i]).toArray();
          sum[0] += Agreement.of(dealt, b).mutualInformation();
          sum[1]++;
        });
    assertThat(Agreement.of(a, b).expectedMutualInformation())
        .isCloseTo(sum[0] / sum[1], within(1e-14));
  }

  private static void everyOrder(int[] order, int from, java.util.function.Consumer<int[]> to) {
    if (from == order.length) {
      to.accept(order);
    }
    for (int i = from; i < order.length; i++) {
      swap(order, from, i);
      everyOrder(order, from + 1, to);
      swap(order, from, i);
    }
  }

  private static void swap(int[] order, int i, int j) {
    int kept = order[i];
    order[i] = order[j];
    order[j] = kept;
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 30, 3000})
  void permutedScoresAreTheScoresOfPermutedLabels(int k) {
    RandomGenerator random = new Seed(k).generator();
    int[] a = random.ints(5000, 0, k).toArray();
    int[] b = random.ints(5000, 0, k).toArray();
    int[] order = Permutation.of(5000, random);
    assertThat(new PermutedAgreement(a, b).ami(order))
        .isCloseTo(
            Agreement.of(Arrays.stream(order).map(i -> a[i]).toArray(), b).ami(), within(1e-12));
  }

  /** 2 n MI of two random halves is about chi-square with one degree of freedom: skewed. */
  @Test
  void permutedScoresOfTwoHalvesAreChiSquareNotNormal() {
    int n = 16_384;
    int[] a = IntStream.range(0, n).map(i -> i % 2).toArray();
    int[] b = IntStream.range(0, n).map(i -> i % 3 == 0 ? 1 : 0).toArray();
    try (Workers workers = new Workers(2)) {
      NullTest test =
          NullTest.of(
              "permuted labels", 0, new PermutedAgreement(a, b).draw(400, new Seed(5), workers));
      assertThat(test.mean()).isCloseTo(0, within(1.5e-5));
      assertThat(test.sd()).isBetween(5e-5, 8.5e-5);
      double least = Arrays.stream(test.values()).min().orElseThrow();
      assertThat(test.mean() - least).isLessThan(test.sd());
    }
  }

  @Test
  void drawsDoNotDependOnThreads() {
    int[] a = new Seed(1).generator().ints(500, 0, 4).toArray();
    int[] b = new Seed(2).generator().ints(500, 0, 4).toArray();
    int[] stratum = new Seed(3).generator().ints(500, 0, 9).toArray();
    try (Workers one = new Workers(1);
        Workers three = new Workers(3)) {
      PermutedAgreement null_ = new PermutedAgreement(a, b);
      assertThat(null_.drawWithin(stratum, 20, new Seed(7), three))
          .isEqualTo(null_.drawWithin(stratum, 20, new Seed(7), one));
    }
  }

  @Test
  void permutationsWithinStrataKeepEveryStratum() {
    int[] stratum = new Seed(3).generator().ints(300, -2, 5).toArray();
    int[] order = Permutation.within(stratum, new Seed(4).generator());
    assertThat(Arrays.stream(order).sorted().toArray())
        .isEqualTo(IntStream.range(0, 300).toArray());
    assertThat(Arrays.stream(order).map(i -> stratum[i]).toArray()).isEqualTo(stratum);
  }

  @Test
  void renamedLabelsTakeTheNamesOfTheReference() {
    int[] reference = {0, 0, 0, 1, 1, 1, 2, 2, -1, 2};
    int[] labels = {3, 3, 3, 0, 0, 0, 1, 1, 2, -1};
    assertThat(Matching.renamed(labels, reference))
        .isEqualTo(new int[] {0, 0, 0, 1, 1, 1, 2, 2, 3, -1});
  }

  @Test
  void matchingsOfAnyShapeAreOneToOne() {
    int[][] tall = {{5, 1}, {6, 0}, {0, 2}};
    assertThat(Matching.of(tall)).isEqualTo(new int[] {-1, 0, 1});
    int[][] wide = {{5, 6, 0}, {4, 6, 2}};
    assertThat(Matching.of(wide)).isEqualTo(new int[] {0, 1});
    assertThat(Matching.of(new int[0][0])).isEmpty();
  }
}

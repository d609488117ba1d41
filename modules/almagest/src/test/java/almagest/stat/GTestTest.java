package almagest.stat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GTestTest {
  /** With one degree of freedom the deviate is √G, in the range of doubles and beyond it. */
  @Test
  void halvesHaveTheRootOfGAsTheirDeviate() {
    for (int n : new int[] {40, 400, 16_000}) {
      int[] a = IntStream.range(0, n).map(i -> i % 2).toArray();
      int[] b = IntStream.range(0, n).map(i -> i % 5 == 0 ? 1 - i % 2 : i % 2).toArray();
      GTest test = GTest.of(a, b);
      assertThat(test.degreesOfFreedom()).isEqualTo(1);
      assertThat(test.statistic())
          .isCloseTo(2 * n * Agreement.of(a, b).mutualInformation(), within(1e-9));
      assertThat(test.normalEquivalent())
          .isCloseTo(Math.sqrt(test.statistic()), within(1e-3 * Math.sqrt(test.statistic())));
    }
  }

  @Test
  void oneClusterIsNoEvidence() {
    GTest test = GTest.of(new int[] {1, 1, 1}, new int[] {1, 2, 3});
    assertThat(test.p()).isEqualTo(1);
    assertThat(test.normalEquivalent()).isZero();
  }

  @Test
  void theMeaningNamesWhatCanBeClaimed() {
    NullTest strong = NullTest.of("permuted labels", 5, new double[] {0, 1, 0, 1});
    assertThat(strong.meaning()).contains("no draw reaches it").contains("p ≤ 0.2");
    NullTest weak = NullTest.of("permuted labels", 0.5, new double[] {0, 1, 0, 1});
    assertThat(weak.meaning()).contains("2 draws reach it");
  }
}

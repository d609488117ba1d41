package almagest.brain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import almagest.run.Seed;
import java.util.Arrays;
import org.apache.commons.statistics.distribution.NormalDistribution;
import org.junit.jupiter.api.Test;

class NormalLanesTest {
  private static final int N = 1 << 20;

  private static float[] numbers(long seed) {
    float[] v = new float[N];
    new NormalLanes(new Seed(seed)).fill(v);
    return v;
  }

  /** Kolmogorov's distance from the normal distribution; beyond 1.95/√n has probability 0.001. */
  @Test
  void numbersAreNormal() {
    float[] v = numbers(1);
    Arrays.sort(v);
    NormalDistribution normal = NormalDistribution.of(0, 1);
    double distance = 0;
    for (int i = 0; i < N; i++) {
      double p = normal.cumulativeProbability(v[i]);
      distance =
          Math.max(distance, Math.max(Math.abs(p - (double) i / N), Math.abs((i + 1.0) / N - p)));
    }
    assertThat(distance).isLessThan(1.95 / Math.sqrt(N));
    assertThat(v[0]).isBetween(-6f, -4f);
    assertThat(v[N - 1]).isBetween(4f, 6f);
  }

  @Test
  void numbersNearEachOtherAreUncorrelatedAndSoAreTheirSquares() {
    float[] v = numbers(2);
    for (int lag : new int[] {1, 2, 8, 16, 17, 32, 64}) {
      double plain = 0;
      double squares = 0;
      for (int i = 0; i + lag < N; i++) {
        plain += (double) v[i] * v[i + lag];
        squares += ((double) v[i] * v[i] - 1) * ((double) v[i + lag] * v[i + lag] - 1) / 2;
      }
      // Five standard errors.
      assertThat(plain / N).as("lag " + lag).isCloseTo(0, within(5 / Math.sqrt(N)));
      assertThat(squares / N).as("squares, lag " + lag).isCloseTo(0, within(5 / Math.sqrt(N)));
    }
  }

  @Test
  void theSeedDecides() {
    assertThat(numbers(3)).isEqualTo(numbers(3)).isNotEqualTo(numbers(4));
  }
}

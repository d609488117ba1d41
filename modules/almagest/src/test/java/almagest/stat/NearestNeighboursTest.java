package almagest.stat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.Points;
import java.util.Comparator;
import java.util.random.RandomGenerator;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NearestNeighboursTest {
  /** Offsets, scales and ties that would break float32 products without the proof. */
  @ParameterizedTest
  @CsvSource({
    "2,1,1,0,0,false",
    "17,3,4,0,0,false",
    "700,5,3,0,0,false",
    "1100,40,7,1e6,0,false",
    "900,3,2,0,-700,false",
    "900,3,2,0,700,false",
    "600,2,5,0,0,true",
    "1300,130,1,-3,-10,true",
    "1500,1,3,0,0,true",
    "3000,5,4,7,0,false"
  })
  void theyAreThoseOfAllPairsOnAnyNumberOfThreads(
      int n, int d, int k, double offset, int exponent, boolean ties) {
    RandomGenerator random = new Seed(n * 7L + d).generator();
    DoubleMatrix x = DoubleMatrix.zeros(n, d);
    for (int i = 0; i < n; i++) {
      for (int c = 0; c < d; c++) {
        double v = random.nextGaussian();
        x.set(i, c, Math.scalb(offset + (ties ? Math.rint(v * 0.7) : v), exponent));
      }
    }
    NearestNeighbours one;
    NearestNeighbours three;
    try (Workers w1 = new Workers(1);
        Workers w3 = new Workers(3)) {
      one = NearestNeighbours.of(Points.of(x), k, w1);
      three = NearestNeighbours.of(Points.of(x), k, w3);
    }
    double[][] rows =
        IntStream.range(0, n)
            .mapToObj(i -> DoubleStream.of(x.row(i)).map(v -> Math.scalb(v, -exponent)).toArray())
            .toArray(double[][]::new);
    for (int i = 0; i < n; i += Math.max(1, n / 150)) {
      int self = i;
      double[] squares = new double[n];
      for (int j = 0; j < n; j++) {
        squares[j] = square(rows[i], rows[j]);
      }
      int[] expected =
          IntStream.range(0, n)
              .filter(j -> j != self)
              .boxed()
              .sorted(Comparator.comparingDouble((Integer j) -> squares[j]).thenComparing(j -> j))
              .limit(k)
              .mapToInt(j -> j)
              .toArray();
      for (int r = 0; r < k; r++) {
        assertThat(one.index(i, r)).isEqualTo(expected[r]);
        assertThat(one.distance(i, r))
            .isEqualTo(Math.scalb(Math.sqrt(squares[expected[r]]), exponent));
        assertThat(three.index(i, r)).isEqualTo(expected[r]);
        assertThat(three.distance(i, r)).isEqualTo(one.distance(i, r));
      }
    }
  }

  /** In the order of summation that the search promises nothing about but uses. */
  private static double square(double[] a, double[] b) {
    double[] s = new double[4];
    int whole = a.length / 4 * 4;
    for (int c = 0; c < a.length; c++) {
      double difference = a[c] - b[c];
      s[c < whole ? c % 4 : 0] += difference * difference;
    }
    return (s[0] + s[1]) + (s[2] + s[3]);
  }

  @Test
  void mostPointsAreProvenAtOnce() {
    RandomGenerator random = new Seed(3).generator();
    DoubleMatrix x = DoubleMatrix.zeros(1500, 100);
    for (int i = 0; i < 1500; i++) {
      for (int c = 0; c < 100; c++) {
        x.set(i, c, random.nextGaussian());
      }
    }
    assertThat(NearestNeighbours.of(Points.of(x), 5, new Workers(1)).searchedAgain()).isZero();
  }

  /**
   * Tight clusters far apart: float32 products cannot tell neighbours from the rest of a cluster.
   */
  @Test
  void neighboursCloserThanFloat32CanTellAreFound() {
    RandomGenerator random = new Seed(5).generator();
    int n = 1200;
    DoubleMatrix x = DoubleMatrix.zeros(n, 20);
    for (int i = 0; i < n; i++) {
      x.set(i, 0, 1000.0 * (i % 7) + 1e-3 * random.nextGaussian());
      x.set(i, 1, 1e-3 * random.nextGaussian());
    }
    NearestNeighbours found = NearestNeighbours.of(Points.of(x), 2, new Workers(2));
    assertThat(found.searchedAgain()).isPositive();
    for (int i = 0; i < n; i += 13) {
      int self = i;
      int[] expected =
          IntStream.range(0, n)
              .filter(j -> j != self)
              .boxed()
              .sorted(Comparator.comparingDouble((Integer j) -> square(x.row(self), x.row(j))))
              .limit(2)
              .mapToInt(j -> j)
              .toArray();
      assertThat(new int[] {found.index(i, 0), found.index(i, 1)}).isEqualTo(expected);
    }
  }

  @Test
  void equalPointsAreNeighboursAtZeroInOrder() {
    NearestNeighbours all =
        NearestNeighbours.of(Points.of(DoubleMatrix.zeros(40, 3)), 2, new Workers(1));
    assertThat(all.index(0, 0)).isEqualTo(1);
    assertThat(all.index(7, 1)).isEqualTo(1);
    assertThat(all.duplicates()).isEqualTo(40);
  }

  @Test
  void tooFewPointsAreRefused() {
    assertThatThrownBy(
            () -> NearestNeighbours.of(Points.of(DoubleMatrix.zeros(3, 2)), 3, new Workers(1)))
        .hasMessageContaining("at least 4 points, found 3");
  }
}

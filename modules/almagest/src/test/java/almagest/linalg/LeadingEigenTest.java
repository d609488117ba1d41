package almagest.linalg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LeadingEigenTest {
  /**
   * With every eigenvalue there thrice, some three lie in two pieces of work, whose vectors know
   * nothing of each other.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void eigenvectorsAreOrthonormalHoweverOftenAnEigenvalueComes(int times) {
    int n = 600;
    int count = 512;
    DoubleMatrix matrix = turned(n, times);
    DoubleMatrix copy = DoubleMatrix.copyOf(matrix.toArray(), n);
    LeadingEigen.Result found = LeadingEigen.inPlace(copy.data(), n, count, new Workers(2));
    DoubleMatrix vectors = DoubleMatrix.zeros(n, count);
    for (int j = 0; j < count; j++) {
      for (int i = 0; i < n; i++) {
        vectors.set(i, j, found.vectors()[j][i]);
      }
    }
    DoubleMatrix products = Gram.of(vectors, new Workers(1));
    DoubleMatrix images = Blas.multiply(matrix, vectors, new Workers(1));
    for (int j = 0; j < count; j++) {
      double value = (n - count + j) / times + 1;
      assertThat(found.values()[n - count + j]).isCloseTo(value, within(1e-11 * n));
      for (int i = 0; i < count; i++) {
        assertThat(products.get(i, j)).isCloseTo(i == j ? 1 : 0, within(1e-10));
      }
      for (int i = 0; i < n; i++) {
        assertThat(images.get(i, j)).isCloseTo(value * vectors.get(i, j), within(1e-11 * n));
      }
    }
  }

  @Test
  void eigenvectorsMadeOnManyThreadsHaveTheSameBitsEveryTime() {
    int n = 64;
    double[] matrix = turned(n, 1).toArray();
    try (Workers workers = new Workers(4)) {
      double[][] first = null;
      for (int time = 0; time < 2000; time++) {
        DoubleMatrix copy = DoubleMatrix.copyOf(matrix, n);
        double[][] vectors = LeadingEigen.inPlace(copy.data(), n, n, workers).vectors();
        first = first == null ? vectors : first;
        assertThat(Arrays.deepEquals(vectors, first)).as("time %d", time).isTrue();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 100, 700})
  void theLargestAloneAreThoseOfAll(int count) {
    int n = 700;
    DoubleMatrix matrix = turned(n, 1);
    Workers workers = new Workers(1);
    DoubleMatrix copy = DoubleMatrix.copyOf(matrix.toArray(), n);
    LeadingEigen.Result all = LeadingEigen.inPlace(matrix.data(), n, count, workers);
    LeadingEigen.Result found = LeadingEigen.largest(copy.data(), n, count, workers);
    assertThat(found.vectors()).isDeepEqualTo(all.vectors());
    assertThat(found.values()).hasSize(count);
    for (int j = 0; j < count; j++) {
      assertThat(found.values()[j]).isCloseTo(all.values()[n - count + j], within(1e-11 * n));
    }
  }

  /** A matrix with eigenvalues 1, 2, …, each so many times, in random directions. */
  private static DoubleMatrix turned(int n, int times) {
    DoubleMatrix matrix = DoubleMatrix.zeros(n, n);
    for (int i = 0; i < n; i++) {
      matrix.set(i, i, i / times + 1);
    }
    RandomGenerator random = new Seed(11).generator();
    for (int r = 0; r < 3; r++) {
      reflect(matrix, random);
    }
    return matrix;
  }

  /** H A H for the reflection H = 1 − 2 u uᵀ at a random unit vector u. */
  private static void reflect(DoubleMatrix matrix, RandomGenerator random) {
    int n = matrix.rows();
    double[] u = random.doubles(n).map(v -> v - 0.5).toArray();
    double square = 0;
    for (double v : u) {
      square += v * v;
    }
    double[] image = new double[n];
    double along = 0;
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        image[i] += matrix.get(i, j) * u[j];
      }
      along += u[i] * image[i];
    }
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        double value =
            matrix.get(i, j)
                - 2 * (u[i] * image[j] + image[i] * u[j]) / square
                + 4 * along * u[i] * u[j] / (square * square);
        matrix.set(i, j, value);
      }
    }
  }
}

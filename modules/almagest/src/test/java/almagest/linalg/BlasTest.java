package almagest.linalg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import java.util.random.RandomGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BlasTest {
  @ParameterizedTest
  @CsvSource({"1,1,1", "3,5,7", "513,2,33", "1100,17,64"})
  void productsEqualTheDefinitionOnAnyNumberOfThreads(int m, int n, int k) {
    RandomGenerator random = new Seed(m * 31L + n).generator();
    FloatMatrix a = gaussian(random, m, k);
    FloatMatrix b = gaussian(random, n, k);
    FloatMatrix one = FloatMatrix.zeros(m, n);
    FloatMatrix three = FloatMatrix.zeros(m, n);
    try (Workers w1 = new Workers(1);
        Workers w3 = new Workers(3)) {
      Blas.multiplyTransposed(a, b, one, w1);
      Blas.multiplyTransposed(a, b, three, w3);
    }
    assertThat(three.toArray()).isEqualTo(one.toArray());
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < n; j++) {
        double expected = 0;
        for (int l = 0; l < k; l++) {
          expected += (double) a.get(i, l) * b.get(j, l);
        }
        // Rounding of k products of size about 1.
        assertThat((double) one.get(i, j)).isCloseTo(expected, within(1e-6 * (k + 1)));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1", "2", "7", "60"})
  void eigenvectorsReproduceTheMatrix(int n) {
    RandomGenerator random = new Seed(n).generator();
    double[] a = new double[n * n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j <= i; j++) {
        a[i * n + j] = a[j * n + i] = random.nextGaussian();
      }
    }
    Lapack.Eigen all = Lapack.symmetric(a, n, true);
    Lapack.Eigen top = Lapack.symmetricRange(a, n, n - 1, n - 1);
    assertThat(top.values()[0]).isCloseTo(all.values()[n - 1], within(1e-12 * n));
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        double sum = 0;
        for (int e = 0; e < n; e++) {
          sum += all.values()[e] * all.vectors()[e][i] * all.vectors()[e][j];
        }
        assertThat(sum).isCloseTo(a[i * n + j], within(1e-12 * n));
      }
    }
  }

  private static FloatMatrix gaussian(RandomGenerator random, int rows, int columns) {
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return FloatMatrix.copyOf(values, columns);
  }
}

package almagest.linalg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import almagest.run.ResourceException;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BlockLanczosTest {
  /** Bases that never fill, that fill once, and that are restarted many times. */
  @ParameterizedTest
  @CsvSource({"10, 8, 200", "10, 8, 61", "10, 5, 33", "1, 4, 16", "30, 16, 90"})
  void thickRestartsFindTheLargestOfAFullSolver(int count, int block, int basis) {
    int n = 300;
    double[] a = symmetric(n, 4);
    Lapack.Eigen exact = Lapack.symmetric(a, n, true);
    BlockLanczos.Result found = solve(a, n, count, List.of(), block, basis, 1);
    double norm = exact.values()[n - 1];
    for (int p = 0; p < count; p++) {
      assertThat(found.values()[p]).isCloseTo(exact.values()[n - 1 - p], within(1e-9 * norm));
      assertThat(found.residuals()[p]).isLessThanOrEqualTo(1e-8 * norm);
      assertThat(trueResidual(a, n, found, p)).isLessThan(3e-8 * norm);
    }
  }

  @Test
  void whatIsKnownIsLeftOut() {
    int n = 200;
    double[] a = symmetric(n, 7);
    Lapack.Eigen exact = Lapack.symmetric(a, n, true);
    BlockLanczos.Result found =
        solve(a, n, 3, List.of(exact.vectors()[n - 1], exact.vectors()[n - 2]), 8, 64, 1);
    for (int p = 0; p < 3; p++) {
      assertThat(found.values()[p]).isCloseTo(exact.values()[n - 3 - p], within(1e-8));
    }
  }

  /** Left out, a known vector is one of eigenvalue 0, above all others here. */
  @Test
  void whatIsKnownDoesNotComeBackWhereAllElseIsNegative() {
    int n = 600;
    double[][] vectors = Lapack.symmetric(symmetric(n, 5), n, true).vectors();
    double[] a = new double[n * n];
    for (int p = 0; p < n; p++) {
      double value = p == 0 ? 1 : -2e-4 * (1 + (double) p / n);
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
          a[i * n + j] += value * vectors[p][i] * vectors[p][j];
        }
      }
    }
    BlockLanczos.Result found = solve(a, n, 3, List.of(vectors[0]), 16, 128, 1);
    for (int p = 0; p < 3; p++) {
      assertThat(found.values()[p]).isCloseTo(-2e-4 * (1 + (p + 1.0) / n), within(1e-9));
    }
  }

  @Test
  void aSpaceThatIsUsedUpIsFilledWithNewDirections() {
    int n = 120;
    double[] a = new double[n * n];
    for (int i = 0; i < 3; i++) {
      a[i * n + i] = 3 - i;
    }
    BlockLanczos.Result found = solve(a, n, 5, List.of(), 4, 40, 1);
    assertThat(found.values()).usingComparatorWithPrecision(1e-12).containsExactly(3, 2, 1, 0, 0);
  }

  @Test
  void theNumberOfThreadsDoesNotChangeABit() {
    int n = 2500;
    double[] diagonal = new Seed(2).generator().doubles(n).toArray();
    for (int i = 0; i < 4; i++) {
      diagonal[700 * i] = 2 + i;
    }
    double[][] values = new double[2][];
    for (int threads = 1; threads <= 2; threads++) {
      try (Workers workers = new Workers(threads)) {
        values[threads - 1] =
            BlockLanczos.largest(
                    diagonal(diagonal),
                    4,
                    List.of(),
                    new BlockLanczos.Options(8, 64, 1e-6, 5000),
                    new Seed(0),
                    workers)
                .values();
      }
    }
    assertThat(values[1]).isEqualTo(values[0]);
    assertThat(values[0]).usingComparatorWithPrecision(1e-8).containsExactly(5, 4, 3, 2);
  }

  @Test
  void tooFewProductsAreANamedLack() {
    double[] a = symmetric(300, 4);
    try (Workers workers = new Workers(1)) {
      assertThatThrownBy(() ->
              BlockLanczos.largest(
                  dense(a, 300),
                  10,
                  List.of(),
                  new BlockLanczos.Options(4, 24, 1e-12, 8),
                  new Seed(0),
                  workers))
          .isInstanceOf(ResourceException.class)
          .hasMessageContaining("residual");
    }
  }

  private static BlockLanczos.Result solve(
      double[] a, int n, int count, List<double[]> known, int block, int basis, int threads) {
    try (Workers workers = new Workers(threads)) {
      return BlockLanczos.largest(
          dense(a, n),
          count,
          known,
          new BlockLanczos.Options(block, basis, 1e-8, 20_000),
          new Seed(5),
          workers);
    }
  }

  private static double trueResidual(double[] a, int n, BlockLanczos.Result found, int p) {
    double square = 0;
    for (int i = 0; i < n; i++) {
      double v = -found.values()[p] * found.vectors().get(i, p);
      for (int j = 0; j < n; j++) {
        v += a[i * n + j] * found.vectors().get(j, p);
      }
      square += v * v;
    }
    return Math.sqrt(square);
  }

  private static double[] symmetric(int n, long seed) {
    RandomGenerator random = new Seed(seed).generator();
    double[] a = new double[n * n];
    for (int i = 0; i < n; i++) {
      for (int j = i; j < n; j++) {
        a[i * n + j] = random.nextGaussian();
        a[j * n + i] = a[i * n + j];
      }
    }
    return a;
  }

  private static SymmetricOperator dense(double[] a, int n) {
    return new SymmetricOperator() {
      @Override
      public int size() {
        return n;
      }

      @Override
      public void apply(DoubleMatrix x, DoubleMatrix y, Workers workers) {
        for (int i = 0; i < n; i++) {
          for (int c = 0; c < x.columns(); c++) {
            double sum = 0;
            for (int j = 0; j < n; j++) {
              sum += a[i * n + j] * x.get(j, c);
            }
            y.set(i, c, sum);
          }
        }
      }
    };
  }

  private static SymmetricOperator diagonal(double[] d) {
    return new SymmetricOperator() {
      @Override
      public int size() {
        return d.length;
      }

      @Override
      public void apply(DoubleMatrix x, DoubleMatrix y, Workers workers) {
        for (int i = 0; i < d.length; i++) {
          for (int c = 0; c < x.columns(); c++) {
            y.set(i, c, d[i] * x.get(i, c));
          }
        }
      }
    };
  }
}

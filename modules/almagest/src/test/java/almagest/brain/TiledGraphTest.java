package almagest.brain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import java.util.random.RandomGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TiledGraphTest {
  /** Tiles are 512 wide; up to 32 columns each is read once for its rows and its columns. */
  @ParameterizedTest
  @CsvSource({"1, 700", "16, 1024", "20, 1300", "32, 1537", "40, 1300"})
  void productsAreSumsOverAllPairsOnAnyNumberOfThreads(int columns, int n) {
    double[][] weights = weights(n);
    FloatMatrix x = FloatMatrix.zeros(n, columns);
    RandomGenerator random = new Seed(2).generator();
    for (int i = 0; i < n; i++) {
      for (int c = 0; c < columns; c++) {
        x.set(i, c, (float) random.nextGaussian());
      }
    }
    FloatMatrix one = product(weights, x, 1);
    assertThat(product(weights, x, 3).toArray()).isEqualTo(one.toArray());
    for (int i = 0; i < n; i++) {
      for (int c = 0; c < columns; c++) {
        double sum = 0;
        for (int j = 0; j < n; j++) {
          sum += weights[i][j] * x.get(j, c);
        }
        assertThat(one.get(i, c)).isCloseTo((float) sum, within(2e-4f));
      }
    }
  }

  private static FloatMatrix product(double[][] weights, FloatMatrix x, int threads) {
    try (Workers workers = new Workers(threads)) {
      TiledGraph graph = TiledGraph.of(new Held(weights), workers);
      FloatMatrix y = FloatMatrix.zeros(x.rows(), x.columns());
      graph.multiply(x, y, workers);
      return y;
    }
  }

  private static double[][] weights(int n) {
    RandomGenerator random = new Seed(1).generator();
    double[][] weights = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < i; j++) {
        weights[i][j] = random.nextDouble();
        weights[j][i] = weights[i][j];
      }
    }
    return weights;
  }

  private record Held(double[][] weights) implements PairWeights {
    @Override
    public int size() {
      return weights.length;
    }

    @Override
    public void fill(int i0, int i1, int j0, int j1, double[] into) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void rows(int i0, int i1, Row row) {
      for (int i = i0; i < i1; i++) {
        row.take(i, weights[i].clone());
      }
    }
  }
}

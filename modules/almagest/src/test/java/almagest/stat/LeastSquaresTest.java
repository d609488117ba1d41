package almagest.stat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import almagest.run.Seed;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class LeastSquaresTest {
  @Test
  void oneRegressorGivesTheLine() {
    RandomGenerator random = new Seed(1).generator();
    double[][] x = new double[30][1];
    double[] flat = new double[30];
    double[] y = new double[30];
    for (int i = 0; i < 30; i++) {
      x[i][0] = flat[i] = 5 + random.nextGaussian();
      y[i] = 3 * flat[i] - 1 + random.nextGaussian();
    }
    LeastSquares fit = LeastSquares.of(x, y);
    LineFit line = LineFit.of(flat, y);
    assertThat(fit.coefficients()[0]).isCloseTo(line.slope(), within(1e-12));
    assertThat(fit.coefficients()[1]).isCloseTo(line.intercept(), within(1e-11));
    assertThat(fit.standardErrors()[0]).isCloseTo(line.standardError(), within(1e-12));
    assertThat(fit.halfWidths95()[0]).isCloseTo(line.halfWidth95(), within(1e-12));
    assertThat(fit.rSquared()).isCloseTo(line.rSquared(), within(1e-12));
  }

  @Test
  void residualsAreOrthogonalToEveryRegressor() {
    RandomGenerator random = new Seed(2).generator();
    double[][] x = new double[40][3];
    double[] y = new double[40];
    for (int i = 0; i < 40; i++) {
      double shared = random.nextGaussian();
      for (int j = 0; j < 3; j++) {
        x[i][j] = 1000 * shared + random.nextGaussian();
      }
      y[i] = x[i][0] - x[i][1] + random.nextGaussian();
    }
    double[] c = LeastSquares.of(x, y).coefficients();
    double[] products = new double[4];
    for (int i = 0; i < 40; i++) {
      double e = y[i] - c[3];
      for (int j = 0; j < 3; j++) {
        e -= c[j] * x[i][j];
      }
      products[3] += e;
      for (int j = 0; j < 3; j++) {
        products[j] += e * x[i][j] / 1000;
      }
    }
    for (double product : products) {
      assertThat(product).isCloseTo(0, within(1e-6));
    }
  }

  @Test
  void collinearRegressorsAreRefused() {
    double[][] same = {{1, 2}, {2, 4}, {3, 6}, {4, 8}};
    assertThatThrownBy(() -> LeastSquares.of(same, new double[] {1, 2, 3, 5}))
        .isInstanceOf(ArithmeticException.class)
        .hasMessageContaining("collinear");
    double[][] constant = {{7}, {7}, {7}};
    assertThatThrownBy(() -> LeastSquares.of(constant, new double[] {1, 2, 3}))
        .isInstanceOf(ArithmeticException.class)
        .hasMessageContaining("constant");
  }
}

package almagest.linalg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.FloatMatrix;
import almagest.tensor.Points;
import java.lang.foreign.Arena;
import java.util.random.RandomGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GramTest {
  private static DoubleMatrix normals(int n, int d) {
    RandomGenerator random = new Seed(n + d).generator();
    DoubleMatrix x = DoubleMatrix.zeros(n, d);
    for (int i = 0; i < n; i++) {
      for (int c = 0; c < d; c++) {
        x.set(i, c, 3 + random.nextGaussian());
      }
    }
    return x;
  }

  /** Blocks of 2048 rows, pieces of 128, tiles of 384: sizes on both sides of each. */
  @ParameterizedTest
  @CsvSource({"1,1", "2,5", "127,3", "129,400", "2048,7", "2049,2", "5000,13", "40,800"})
  void productsOfRowsLessAnOriginAreThoseOfPlainLoops(int n, int d) {
    DoubleMatrix x = normals(n, d);
    double[] origin = new double[d];
    for (int c = 0; c < d; c++) {
      origin[c] = 3 + 0.01 * c;
    }
    Gram one = new Gram(d);
    Gram three = new Gram(d);
    one.add(Points.of(x), origin, new Workers(1));
    three.add(Points.of(x), origin, new Workers(3));
    DoubleMatrix found = one.matrix();
    assertThat(three.matrix().toArray()).isEqualTo(found.toArray());
    for (int a = 0; a < d; a += Math.max(1, d / 9)) {
      for (int b = 0; b < d; b += Math.max(1, d / 7)) {
        double sum = 0;
        for (int i = 0; i < n; i++) {
          sum += (x.get(i, a) - origin[a]) * (x.get(i, b) - origin[b]);
        }
        assertThat(found.get(a, b)).isCloseTo(sum, within(1e-11 * n));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1,1", "130,5", "129,400", "3000,20"})
  void narrowProductsAreThoseOfPlainLoopsToTheirPrecision(int n, int d) {
    DoubleMatrix x = normals(n, d);
    FloatMatrix columns = FloatMatrix.zeros(d, n);
    FloatMatrix rows = FloatMatrix.zeros(n, d);
    for (int i = 0; i < n; i++) {
      for (int c = 0; c < d; c++) {
        columns.set(c, i, (float) x.get(i, c));
        rows.set(i, c, (float) x.get(i, c));
      }
    }
    NarrowGram products = new NarrowGram(Arena.ofAuto(), d);
    products.add(columns, new Workers(2));
    products.addColumns(rows, new Workers(2));
    for (int a = 0; a < d; a += Math.max(1, d / 9)) {
      for (int b = a; b < d; b += Math.max(1, d / 7)) {
        double sum = 0;
        double lengthA = 0;
        double lengthB = 0;
        for (int i = 0; i < n; i++) {
          sum += 2 * x.get(i, a) * x.get(i, b);
          lengthA += 2 * x.get(i, a) * x.get(i, a);
          lengthB += 2 * x.get(i, b) * x.get(i, b);
        }
        assertThat(products.upper().get(a, b))
            .isCloseTo(sum, within(2e-6 * Math.sqrt(lengthA * lengthB)));
      }
    }
  }
}

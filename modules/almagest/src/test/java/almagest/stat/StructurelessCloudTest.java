package almagest.stat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import almagest.linalg.Pca;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.FloatMatrix;
import almagest.tensor.Points;
import java.lang.foreign.Arena;
import java.util.random.RandomGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StructurelessCloudTest {
  @ParameterizedTest
  @CsvSource({"200, 7", "30, 29", "12, 40"})
  void keepsMeanAndCovarianceAndDrawsAnew(int n, int d) {
    RandomGenerator random = new Seed(n).generator();
    DoubleMatrix x = DoubleMatrix.zeros(n, d);
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < d; j++) {
        x.set(i, j, j + (1 + j) * random.nextGaussian() + (j > 0 ? x.get(i, j - 1) : 0));
      }
    }
    try (Workers workers = new Workers(2)) {
      Points points = Points.of(x);
      StructurelessCloud cloud = StructurelessCloud.like(points, workers);
      assertThat(cloud.rank()).isEqualTo(Math.min(n - 1, d));
      Points draw = Points.of(cloud.draw(Arena.ofAuto(), new Seed(1), workers));
      double[] mean = Pca.mean(points, workers);
      double[] covariance = Pca.covariance(points, mean, workers);
      double[] drawnMean = Pca.mean(draw, workers);
      double[] drawn = Pca.covariance(draw, drawnMean, workers);
      double scale = 0;
      for (int j = 0; j < d; j++) {
        scale = Math.max(scale, covariance[j * d + j]);
      }
      for (int j = 0; j < d; j++) {
        assertThat(drawnMean[j]).isCloseTo(mean[j], within(1e-6 * (1 + Math.sqrt(scale))));
      }
      // Float32 storage; few points make the whitening poorly conditioned.
      for (int i = 0; i < d * d; i++) {
        assertThat(drawn[i]).isCloseTo(covariance[i], within(1e-4 * scale));
      }
      assertThat(draw.row(0)).isNotEqualTo(cloud.draw(Arena.ofAuto(), new Seed(2), workers).row(0));
    }
  }

  @ParameterizedTest
  @CsvSource({"100, 10"})
  void unitVectorsStayUnitVectorsOnAnyNumberOfThreads(int n, int d) {
    RandomGenerator random = new Seed(2).generator();
    FloatMatrix x = FloatMatrix.zeros(n, d);
    for (int i = 0; i < n; i++) {
      float[] row = new float[d];
      double square = 0;
      for (int j = 0; j < d; j++) {
        row[j] = (float) random.nextGaussian();
        square += row[j] * row[j];
      }
      for (int j = 0; j < d; j++) {
        row[j] /= (float) Math.sqrt(square);
      }
      x.setRow(i, row);
    }
    FloatMatrix one;
    FloatMatrix two;
    try (Workers workers = new Workers(1)) {
      one =
          StructurelessCloud.like(Points.of(x), workers).draw(Arena.ofAuto(), new Seed(5), workers);
    }
    try (Workers workers = new Workers(3)) {
      two =
          StructurelessCloud.like(Points.of(x), workers).draw(Arena.ofAuto(), new Seed(5), workers);
    }
    assertThat(one.toArray()).isEqualTo(two.toArray());
    for (int i = 0; i < n; i++) {
      double square = 0;
      for (float v : one.row(i)) {
        square += (double) v * v;
      }
      assertThat(square).isCloseTo(1, within(1e-6));
    }
  }
}

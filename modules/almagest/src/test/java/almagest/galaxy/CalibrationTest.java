package almagest.galaxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import almagest.linalg.Pca;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.Points;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whether intervals and nulls hold what they promise, over many seeds. */
class CalibrationTest {
  private static final Workers WORKERS = Workers.ofAllProcessors();

  private record Scores(DoubleMatrix matrix, double[] eigenvalues) {}

  private static Scores scores(DoubleMatrix cloud, int d) {
    Pca pca = Pca.of(Points.of(cloud), d, WORKERS);
    return new Scores(pca.scores(Points.of(cloud), WORKERS), Arrays.copyOf(pca.eigenvalues(), d));
  }

  private static DoubleMatrix powerLaw(int n, int d, double alpha, long seed) {
    RandomGenerator random = new Seed(seed).split("cloud").generator();
    DoubleMatrix x = DoubleMatrix.zeros(n, d);
    for (int i = 0; i < n; i++) {
      for (int c = 0; c < d; c++) {
        x.set(i, c, random.nextGaussian() * Math.pow(c + 1, -alpha / 2));
      }
    }
    return x;
  }

  @Test
  void aGaussianCloudHasNoExcessBeyondItsStatedSpread() {
    int seeds = 100;
    int inside = 0;
    double[] excess = new double[seeds];
    double[] stated = new double[seeds];
    for (int s = 0; s < seeds; s++) {
      // Thirty coordinates, of which the ten leading components are looked at.
      Scores cloud = scores(powerLaw(250, 30, 0.6, s), 10);
      ClusteringEntropy.Estimate e =
          new ClusteringEntropy(
                  Options.defaults().entropyDraws(), 2, new Frames(new Seed(s)), WORKERS)
              .unscaled(cloud.matrix(), cloud.eigenvalues())
              .at(1);
      excess[s] = e.excess();
      stated[s] = e.excessSd();
      inside += Math.abs(e.excess()) < 2 * e.excessSd() ? 1 : 0;
    }
    assertThat(inside).isBetween(89, 99);
    assertThat(Moments.mean(stated)).isCloseTo(Moments.sd(excess), Percentage.withPercentage(25));
    assertThat(Moments.mean(excess)).isCloseTo(0, within(4 * Moments.sd(excess) / 10));
  }

  @Test
  void theIntervalOfAPlantedSlopeCoversTheMeanSlopeOfSuchClouds() {
    int seeds = 100;
    int n = 800;
    int d = 60;
    Window window = new Window(6, 40);
    double[] slopes = new double[seeds];
    double[] half = new double[seeds];
    double[] sd = new double[seeds];
    for (int s = 0; s < seeds; s++) {
      Points cloud = Points.of(powerLaw(n, d, 0.8, 1000 + s));
      Pca pca = Pca.of(cloud, d, WORKERS);
      slopes[s] = new Spectrum(n, pca.eigenvalues()).powerLaw(window).slope();
      SlopeInterval interval =
          SlopeInterval.of(
              cloud,
              pca,
              10,
              new Seed(s),
              WORKERS,
              (values, rows) -> new Spectrum(rows, values).powerLaw(window).slope())[0];
      half[s] = interval.half();
      sd[s] = interval.sd();
    }
    double mean = Moments.mean(slopes);
    int covered = 0;
    for (int s = 0; s < seeds; s++) {
      covered += Math.abs(slopes[s] - mean) <= half[s] ? 1 : 0;
    }
    assertThat(covered).isBetween(90, 99);
    assertThat(Moments.mean(sd)).isCloseTo(Moments.sd(slopes), Percentage.withPercentage(25));
    // Steeper than planted: small eigenvalues come out too small, large ones too large.
    assertThat(mean).isLessThan(-0.8).isGreaterThan(-1.0);
  }

  /** Well separated clusters of unit spread around random centres. */
  private static DoubleMatrix mixture(int n, int d, int clusters, double apart, long seed) {
    RandomGenerator random = new Seed(seed).split("mixture").generator();
    double[][] centres = new double[clusters][d];
    for (double[] centre : centres) {
      Arrays.setAll(centre, c -> apart * random.nextGaussian());
    }
    DoubleMatrix x = DoubleMatrix.zeros(n, d);
    for (int i = 0; i < n; i++) {
      double[] centre = centres[i % clusters];
      for (int c = 0; c < d; c++) {
        x.set(i, c, centre[c] + random.nextGaussian());
      }
    }
    return x;
  }

  /**
   * ln K separate clusters of entropy d/2 ln 2πe each: negentropy ½ ln |Σ| − ln K for the
   * covariance Σ of the mixture.
   */
  @ParameterizedTest
  @ValueSource(ints = {2, 5, 10})
  void separateClustersHaveTheNegentropyTheyHave(int d) {
    int clusters = 50;
    double apart = d == 2 ? 200 : 30;
    Scores cloud = scores(mixture(20_000, d, clusters, apart, d), d);
    double truth = -Math.log(clusters);
    for (double v : cloud.eigenvalues()) {
      truth += 0.5 * Math.log(v);
    }
    ClusteringEntropy.Estimate e =
        new ClusteringEntropy(3, 1, new Frames(new Seed(1)), WORKERS)
            .unscaled(cloud.matrix(), cloud.eigenvalues())
            .at(1);
    assertThat(e.excess()).isCloseTo(truth, Percentage.withPercentage(5));
  }

  @Test
  void clustersStandOutInAHundredDimensions() {
    Scores cloud = scores(mixture(20_000, 100, 50, 1, 9), 100);
    ClusteringEntropy.Estimate e =
        new ClusteringEntropy(5, 1, new Frames(new Seed(1)), WORKERS)
            .unscaled(cloud.matrix(), cloud.eigenvalues())
            .at(1);
    assertThat(e.excess()).isGreaterThan(5 * e.excessSd());
  }

  @Test
  void thePublishedValueIsNearlyTheSameWithoutAnyStructure() {
    DoubleMatrix nothing = GalaxyTest.normals(1500, 100, 3);
    PublishedEntropy.Result published =
        PublishedEntropy.of(Points.of(nothing), 1500, 100, 1, 10, new Seed(1), WORKERS);
    Scores cloud = scores(nothing, 100);
    ClusteringEntropy.Estimate e =
        new ClusteringEntropy(10, 1, new Frames(new Seed(1)), WORKERS)
            .unscaled(cloud.matrix(), cloud.eigenvalues())
            .at(1);
    assertThat(published.clustering()).isGreaterThan(300);
    assertThat(Math.abs(e.excess())).isLessThan(4 * e.excessSd());
  }

  @Test
  void theSpreadOfHalvesIsThatOfWholeClouds() {
    int seeds = 60;
    double[] entropy = new double[seeds];
    double[] stated = new double[seeds];
    for (int s = 0; s < seeds; s++) {
      // Uniform in a cube, not Gaussian: the spread must not come from the null.
      RandomGenerator random = new Seed(s).split("cube").generator();
      DoubleMatrix x = DoubleMatrix.zeros(400, 3);
      for (int i = 0; i < 400; i++) {
        for (int c = 0; c < 3; c++) {
          x.set(i, c, random.nextDouble());
        }
      }
      entropy[s] = Measures.of(x, 3, WORKERS).entropy()[2];
      stated[s] =
          new ClusteringEntropy(2, 3, new Frames(new Seed(s)), WORKERS).subsampleSd(x, 10)[2];
    }
    assertThat(Moments.mean(stated)).isCloseTo(Moments.sd(entropy), Percentage.withPercentage(30));
  }
}

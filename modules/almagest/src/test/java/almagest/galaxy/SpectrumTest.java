package almagest.galaxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import almagest.format.NpyArray;
import almagest.linalg.Pca;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.LineFit;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.FloatMatrix;
import almagest.tensor.Points;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SpectrumTest {
  private static final Workers WORKERS = new Workers(2);

  @Test
  void principalComponentsAreTheGoldenOnes() {
    Points cloud = Fixture.points("spectrum/cloud.npy");
    Map<String, NpyArray> expected = Fixture.arrays("spectrum/pca.npz");
    Pca pca = Pca.of(cloud, 10, WORKERS);
    relative(pca.eigenvalues(), expected.get("eigenvalues").doubles(), 1e-10);
    absolute(pca.mean(), expected.get("mean").doubles(), 1e-14);
    double[] components = expected.get("components").doubles();
    for (int j = 0; j < 10; j++) {
      for (int c = 0; c < 64; c++) {
        assertThat(pca.components()[j][c]).isCloseTo(components[c * 10 + j], within(1e-9));
      }
    }
    Pca three = Pca.of(cloud, 3, WORKERS);
    absolute(three.scores(cloud, WORKERS).toArray(), expected.get("scores3").doubles(), 1e-9);
  }

  @Test
  void fitsAndRatiosAreTheGoldenOnes() {
    JsonNode expected = Fixture.json("spectrum/expected.json");
    Pca pca = Pca.of(Fixture.points("spectrum/cloud.npy"), 0, WORKERS);
    Spectrum cloud = new Spectrum(pca.n(), pca.eigenvalues());
    Spectrum many = new Spectrum(1000, Fixture.values("spectrum/eigenvalues200.npy"));
    assertThat(cloud.participationRatio())
        .isCloseTo(expected.get("participation_ratio").asDouble(), within(1e-9));
    assertThat(cloud.stableRank()).isCloseTo(expected.get("stable_rank").asDouble(), within(1e-9));
    assertThat(cloud.trace()).isCloseTo(expected.get("trace").asDouble(), within(1e-12));
    fit(cloud, expected.get("cloud_10_50"));
    fit(cloud, expected.get("cloud_0_all"));
    fit(many, expected.get("eigenvalues200_10_150"));
    fit(many, expected.get("eigenvalues200_0_100"));
  }

  private static void fit(Spectrum spectrum, JsonNode expected) {
    Window window = new Window(expected.get("start").asInt() + 1, expected.get("stop").asInt());
    LineFit fit = spectrum.powerLaw(window);
    assertThat(fit.slope()).isCloseTo(expected.get("slope").asDouble(), within(1e-10));
    assertThat(fit.intercept()).isCloseTo(expected.get("intercept").asDouble(), within(1e-10));
    assertThat(fit.standardError())
        .isCloseTo(expected.get("standard_error").asDouble(), within(1e-10));
    assertThat(fit.halfWidth95())
        .isCloseTo(expected.get("half_width_95").asDouble(), within(1e-10));
    assertThat(fit.rSquared()).isCloseTo(expected.get("r_squared").asDouble(), within(1e-10));
    assertThat(spectrum.logVolume(window))
        .isCloseTo(expected.get("sum_of_logs").asDouble(), within(1e-9));
  }

  @Test
  void fewerRowsThanColumnsGiveZerosFromRankOn() {
    Points cloud = Points.of(Fixture.points("spectrum/cloud.npy"), first(30));
    Pca pca = Pca.of(cloud, 0, WORKERS);
    double[] expected = Fixture.values("spectrum/eigenvalues-first-30-rows.npy");
    assertThat(pca.rank()).isEqualTo(29);
    relative(Arrays.copyOf(pca.eigenvalues(), 29), expected, 1e-10);
    assertThat(Arrays.copyOfRange(pca.eigenvalues(), 29, 64)).containsOnly(0);
  }

  @ParameterizedTest
  @CsvSource({"400,50", "1000,400", "200,200", "200,300", "16384,2304", "65536,2304"})
  void marchenkoPasturQuantilesAreTheGoldenOnes(int n, int d) {
    MarchenkoPastur law = new MarchenkoPastur(n, d);
    String key = "n" + n + "_d" + d;
    JsonNode expected =
        Fixture.json("spectrum/expected.json").get("marchenko_pastur_unit_variance").get(key);
    assertThat(law.lowerEdge()).isCloseTo(expected.get("lower_edge").asDouble(), within(1e-14));
    assertThat(law.upperEdge()).isCloseTo(expected.get("upper_edge").asDouble(), within(1e-14));
    assertThat(law.massAtZero()).isCloseTo(expected.get("mass_at_zero").asDouble(), within(1e-14));
    double[] quantiles = law.quantiles();
    absolute(quantiles, Fixture.arrays("spectrum/marchenko-pastur.npz").get(key).doubles(), 1e-9);
    if (expected.has("slope_10_150")) {
      assertThat(new Spectrum(n, quantiles).powerLaw(Window.PUBLISHED).slope())
          .isCloseTo(expected.get("slope_10_150").asDouble(), within(1e-10));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"wishart", "unit-sphere"})
  void nullSpectraHaveTheGoldenMeans(String kind) {
    Map<String, NpyArray> expected = Fixture.arrays("spectrum/" + kind + "-400x50.npz");
    int draws = 200;
    double[][] spectra = new double[draws][];
    FloatMatrix columns = FloatMatrix.zeros(50, 400);
    for (int i = 0; i < draws; i++) {
      Seed seed = new Seed(i);
      spectra[i] =
          kind.equals("wishart")
              ? SpectrumNulls.isotropic(400, 50, seed.generator())
              : SpectrumNulls.unitVectors(400, 50, columns, seed, WORKERS);
    }
    SpectrumNulls.Band band = SpectrumNulls.Band.of(spectra);
    double[] mean = expected.get("mean").doubles();
    double[] sd = expected.get("sd").doubles();
    for (int r = 0; r < 50; r++) {
      // Both means are of draws; five standard errors of their difference.
      double error = sd[r] * Math.sqrt(1.0 / draws + 1.0 / 600);
      assertThat(band.mean()[r]).isCloseTo(mean[r], within(5 * error));
      assertThat(band.sd()[r]).isCloseTo(sd[r], Percentage.withPercentage(35));
    }
  }

  @ParameterizedTest
  @CsvSource({"40,60", "61,60", "200,30"})
  void bothWaysToDrawAnIsotropicSpectrumAgree(int n, int d) {
    int draws = 300;
    double[][] direct = new double[draws][];
    double[][] bidiagonal = new double[draws][];
    for (int i = 0; i < draws; i++) {
      var random = new Seed(i).split("direct").generator();
      DoubleMatrix x = DoubleMatrix.zeros(n, d);
      for (int r = 0; r < n; r++) {
        x.setRow(r, normals(d, random));
      }
      direct[i] = Pca.of(Points.of(x), 0, WORKERS).eigenvalues();
      bidiagonal[i] = SpectrumNulls.isotropic(n, d, new Seed(i).generator());
    }
    SpectrumNulls.Band one = SpectrumNulls.Band.of(direct);
    SpectrumNulls.Band two = SpectrumNulls.Band.of(bidiagonal);
    for (int r = 0; r < d; r++) {
      double error = Math.max(one.sd()[r], two.sd()[r]) * Math.sqrt(2.0 / draws);
      assertThat(one.mean()[r]).isCloseTo(two.mean()[r], within(5 * error + 1e-12));
    }
  }

  /**
   * A shuffle keeps every coordinate's variance and leaves correlations of 1 / √(n − 1), groups of
   * rows or not; two coordinates that were one come apart.
   */
  @ParameterizedTest
  @ValueSource(ints = {500, 20_000})
  void shuffledCoordinatesKeepTheTraceAndNothingElse(int n) {
    var random = new Seed(n).generator();
    DoubleMatrix x = DoubleMatrix.zeros(n, 3);
    for (int i = 0; i < n; i++) {
      double v = random.nextGaussian();
      // Far from the origin, of very different scales; the last coordinate is constant.
      x.setRow(i, new double[] {1e4 + v, 1e-3 * v, 7});
    }
    Pca pca = Pca.of(Points.of(x), 0, WORKERS);
    FloatMatrix columns = SpectrumNulls.columns(FloatMatrix.zeros(0, 0), n, 3);
    double[] first =
        SpectrumNulls.shuffledCoordinates(Points.of(x), pca.mean(), columns, new Seed(1), WORKERS);
    double trace = Arrays.stream(pca.eigenvalues()).sum();
    assertThat(Arrays.stream(first).sum()).isCloseTo(trace, Percentage.withPercentage(1e-6));
    assertThat(pca.eigenvalues()[1]).isLessThan(1e-12);
    double second = 1e-6 / (1 + 1e-6) * trace;
    assertThat(first[1]).isCloseTo(second, Percentage.withPercentage(500.0 / Math.sqrt(n)));
    assertThat(first[2]).isCloseTo(0, within(1e-15));
    assertThat(
            SpectrumNulls.shuffledCoordinates(
                Points.of(x), pca.mean(), columns, new Seed(1), new Workers(1)))
        .isEqualTo(first);
  }

  /** 120 orders of 5 values, over 12,000 shuffles: χ² with 119 degrees of freedom. */
  @ParameterizedTest
  @ValueSource(ints = {4, 5})
  void everyOrderOfAColumnIsAsLikely(int n) {
    int orders = n == 4 ? 24 : 120;
    int shuffles = 100 * orders;
    int[] seen = new int[3125];
    for (int s = 0; s < shuffles; s++) {
      FloatMatrix column = FloatMatrix.copyOf(Arrays.copyOf(new float[] {0, 1, 2, 3, 4}, n), n);
      Columns.shuffle(column, 0, new Seed(s).generator());
      int order = 0;
      for (float v : column.row(0)) {
        order = 5 * order + (int) v;
      }
      seen[order]++;
    }
    double chiSquare = 0;
    int different = 0;
    for (int count : seen) {
      chiSquare += count == 0 ? 0 : Math.pow(count - 100, 2) / 100;
      different += count == 0 ? 0 : 1;
    }
    assertThat(different).isEqualTo(orders);
    double freedom = orders - 1;
    assertThat(chiSquare).isCloseTo(freedom, within(5 * Math.sqrt(2 * freedom)));
  }

  @Test
  void eigenvaluesOfAnEvenNullComeOutInFloat32AsInFloat64() {
    int n = 2600;
    int d = 650;
    double[] deviation = new double[d];
    Arrays.setAll(deviation, c -> 1 + 2.0 * c / d);
    assertThat(SpectrumNulls.even(n, d, deviation[0], deviation[d - 1])).isTrue();
    assertThat(SpectrumNulls.even(n, d, deviation[0], 4 * deviation[d - 1])).isFalse();
    assertThat(SpectrumNulls.even(d + 9, d, 1, 1)).isFalse();
    var random = new Seed(7).generator();
    DoubleMatrix x = DoubleMatrix.zeros(n, d);
    for (int i = 0; i < n; i++) {
      double[] row = normals(d, random);
      Arrays.setAll(row, c -> row[c] * deviation[c]);
      x.setRow(i, row);
    }
    double[] covariance = Pca.covariance(Points.of(x), new double[d], WORKERS);
    SpectrumNulls.Entry entry = (i, j) -> covariance[i * d + j];
    double[] narrow = SpectrumNulls.eigenvalues(DoubleMatrix.zeros(d, d), entry, true, WORKERS);
    double[] wide = SpectrumNulls.eigenvalues(DoubleMatrix.zeros(d, d), entry, false, WORKERS);
    assertThat(narrow).isNotEqualTo(wide);
    relative(narrow, wide, 2e-5);
  }

  /** Of more than 512 components halves are compared in the leading ones only. */
  @Test
  void halvesOfWideCloudsScatterAsInAllCoordinates() {
    int n = 1400;
    int d = 700;
    var random = new Seed(5).generator();
    DoubleMatrix x = DoubleMatrix.zeros(n, d);
    for (int i = 0; i < n; i++) {
      for (int c = 0; c < d; c++) {
        x.set(i, c, random.nextGaussian() * Math.pow(c + 1, -0.25));
      }
    }
    Points points = Points.of(x);
    Pca pca = Pca.of(points, d, WORKERS);
    SlopeInterval.Statistic slope =
        (values, rows) -> new Spectrum(rows, values).powerLaw(Window.PUBLISHED).slope();
    double sd = SlopeInterval.of(points, pca, 10, new Seed(2), WORKERS, slope)[0].sd();
    int[][] groups = SlopeInterval.groups(n, new Seed(2));
    double[] whole = new double[20];
    for (int s = 0; s < 10; s++) {
      List<Integer> first =
          Arrays.stream(SlopeInterval.firstHalf(groups.length, s, new Seed(2))).boxed().toList();
      for (int h = 0; h < 2; h++) {
        boolean in = h == 0;
        int[] rows =
            IntStream.range(0, groups.length)
                .filter(g -> first.contains(g) == in)
                .flatMap(g -> Arrays.stream(groups[g]))
                .toArray();
        Points half = Points.of(points, rows);
        whole[2 * s + h] = slope.of(Pca.of(half, 0, WORKERS).eigenvalues(), rows.length);
      }
    }
    assertThat(sd).isCloseTo(Moments.sd(whole), Percentage.withPercentage(15));
  }

  private static double[] normals(int d, java.util.random.RandomGenerator random) {
    double[] row = new double[d];
    Arrays.setAll(row, c -> random.nextGaussian());
    return row;
  }

  private static int[] first(int n) {
    int[] rows = new int[n];
    Arrays.setAll(rows, i -> i);
    return rows;
  }

  static void relative(double[] actual, double[] expected, double tolerance) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      assertThat(actual[i]).isCloseTo(expected[i], within(tolerance * Math.abs(expected[i])));
    }
  }

  static void absolute(double[] actual, double[] expected, double tolerance) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      assertThat(actual[i]).isCloseTo(expected[i], within(tolerance));
    }
  }
}

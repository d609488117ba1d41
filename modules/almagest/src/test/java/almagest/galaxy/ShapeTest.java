package almagest.galaxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import almagest.linalg.Pca;
import almagest.run.Progress;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.Points;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Planted curves and dimensions are found, and only those. */
class ShapeTest {
  private static final Workers WORKERS = new Workers(2);

  private static Spectrum spectrum(int d, IntToDoubleFunction logarithm) {
    RandomGenerator random = new Seed(4).generator();
    double[] values = new double[d];
    Arrays.setAll(
        values, i -> Math.exp(logarithm.applyAsDouble(i + 1) + 0.002 * random.nextGaussian()));
    Arrays.sort(values);
    double[] descending = new double[d];
    Arrays.setAll(descending, i -> values[d - 1 - i]);
    return new Spectrum(100_000, descending);
  }

  @Test
  void thePlantedCurveIsTheBestOne() {
    Window window = new Window(5, 150);
    Spectrum power = spectrum(200, r -> -0.7 * Math.log(r));
    Spectrum exponential = spectrum(200, r -> -0.02 * r);
    Spectrum broken =
        spectrum(200, r -> -0.3 * Math.log(r) - 0.9 * Math.max(0, Math.log(r / 40.0)));
    var standard = org.apache.commons.statistics.distribution.NormalDistribution.of(0, 1);
    Spectrum normal =
        spectrum(200, r -> 0.8 * standard.inverseSurvivalProbability((r - 0.5) / 200));
    // A broken law contains the plain one and may win by a hair.
    SpectrumModels.Model first = SpectrumModels.compare(power, window).getFirst();
    assertThat(first.name()).contains("power law");
    assertThat(first.coefficients()[0]).isCloseTo(-0.7, within(0.01));
    assertThat(SpectrumModels.compare(exponential, window).getFirst().name())
        .isEqualTo("exponential");
    assertThat(SpectrumModels.compare(normal, window).getFirst().name()).isEqualTo("log-normal");
    SpectrumModels.Model bent = SpectrumModels.compare(broken, window).getFirst();
    assertThat(bent.name()).isEqualTo("broken power law");
    assertThat(bent.breakRank()).isBetween(35, 46);
    assertThat(bent.coefficients()[1]).isCloseTo(-0.9, within(0.05));
  }

  @Test
  void binningKeepsTheSlopeOfALawAndWeighsDecadesAlike() {
    Spectrum power = spectrum(1000, r -> -0.5 * Math.log(r));
    assertThat(power.logBinnedSlope(new Window(1, 1000))).isCloseTo(-0.5, within(0.005));
    assertThat(power.logBinnedSlope(new Window(7, 7))).isNaN();
    // Steep at first, flat for most ranks: the plain fit sees the ranks, the binned one the
    // decades.
    Spectrum bent = spectrum(1000, r -> -Math.min(Math.log(r), Math.log(30)));
    Window all = new Window(1, 1000);
    assertThat(bent.logBinnedSlope(all)).isLessThan(bent.powerLaw(all).slope() - 0.1);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void aCubeHasTheDimensionItHasWhateverSpaceItLiesIn(int dimension) {
    RandomGenerator random = new Seed(dimension).generator();
    DoubleMatrix x = DoubleMatrix.zeros(2000, 6);
    for (int i = 0; i < 2000; i++) {
      for (int c = 0; c < dimension; c++) {
        double v = random.nextDouble() - 0.5;
        x.set(i, c, v);
        x.set(i, 5 - c, 0.5 * v);
      }
    }
    Pca pca = Pca.of(Points.of(x), 6, WORKERS);
    assertThat(pca.rank()).isEqualTo(dimension);
    Measures measures = Measures.of(x, 10, WORKERS);
    assertThat(measures.twoNn()).isCloseTo(dimension, within(0.15 * dimension));
    assertThat(measures.levinaBickel()).isCloseTo(dimension, within(0.1 * dimension));
    double trace = Arrays.stream(pca.eigenvalues()).sum();
    PairCounts.Dimension correlation =
        PairCounts.of(pca.scores(Points.of(x), WORKERS), trace, WORKERS).dimension();
    assertThat(correlation.slope()).isCloseTo(dimension, within(0.1 * dimension));
    assertThat(correlation.most() - correlation.least()).isLessThan(0.6);
  }

  @Test
  void pairCountsAreThoseOfAllPairs() {
    DoubleMatrix x = GalaxyTest.normals(300, 4, 2);
    double[] mean = Pca.mean(Points.of(x), WORKERS);
    for (int i = 0; i < 300; i++) {
      for (int c = 0; c < 4; c++) {
        x.set(i, c, x.get(i, c) - mean[c]);
      }
    }
    PairCounts counts = PairCounts.of(x, 4, WORKERS);
    int bin = counts.bin(0.1);
    int closer = 0;
    for (int i = 0; i < 300; i++) {
      for (int j = 0; j < i; j++) {
        double square = 0;
        for (int c = 0; c < 4; c++) {
          square += Math.pow(x.get(i, c) - x.get(j, c), 2);
        }
        closer += Math.sqrt(square) < counts.edge(bin) ? 1 : 0;
      }
    }
    assertThat(counts.share(bin)).isCloseTo(closer / (150.0 * 299), within(1e-6));
  }

  @Test
  void depthAndSparsityAreToldApart() {
    // The slope follows ln L0 alone; the layers are shuffled against it.
    double[] l0 = {30, 90, 40, 120, 60, 35};
    List<NamedCloud> clouds = new ArrayList<>();
    for (int layer = 0; layer < l0.length; layer++) {
      double alpha = 0.2 * Math.log(l0[layer]);
      RandomGenerator random = new Seed(layer).generator();
      DoubleMatrix x = DoubleMatrix.zeros(600, 24);
      for (int i = 0; i < 600; i++) {
        for (int c = 0; c < 24; c++) {
          x.set(i, c, random.nextGaussian() * Math.pow(c + 1, -alpha / 2));
        }
      }
      clouds.add(new NamedCloud("layer-" + layer, Points.of(x), layer, l0[layer]));
    }
    Options small =
        Options.defaults().withDraws(2, 2).withSplits(1).withResamples(2).withSample(50);
    JsonNode across =
        Galaxy.analyse(clouds, small, new Seed(1), WORKERS, Progress.NONE).get("across");
    JsonNode fit = across.at("/on_layer_and_log_l0/slope");
    assertThat(fit.get("per_log_l0").asDouble()).isCloseTo(-0.2, within(0.04));
    assertThat(Math.abs(fit.get("per_layer").asDouble()))
        .isLessThan(fit.get("per_layer_half_width_95").asDouble() + 0.01);
    assertThat(across.at("/on_layer/slope").isObject()).isTrue();
  }
}

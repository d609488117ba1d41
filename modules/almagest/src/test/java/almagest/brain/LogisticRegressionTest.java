package almagest.brain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import almagest.format.Json;
import almagest.format.Npy;
import almagest.format.NpyArray;
import almagest.format.Npz;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.BalancedAccuracy;
import almagest.tensor.FloatMatrix;
import com.fasterxml.jackson.databind.JsonNode;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LogisticRegressionTest {
  private static final Workers WORKERS = new Workers(2);
  private static final LogisticRegression.Options TIGHT =
      LogisticRegression.Options.PUBLISHED.withTolerance(1e-12);

  @AfterAll
  static void close() {
    WORKERS.close();
  }

  private static Path path(String name) throws URISyntaxException {
    return Path.of(LogisticRegressionTest.class.getResource("logreg/" + name).toURI());
  }

  @ParameterizedTest
  @ValueSource(strings = {"k2", "k3", "k8", "k3-c100", "k3-balanced", "missing"})
  void theFitIsTheReferenceOptimum(String name) throws URISyntaxException {
    FloatMatrix x = FloatMatrix.copyOf(Npy.read(path("x.npy")).floats(), 40);
    int[] y = Npz.read(path("labels.npz")).get(name.replaceAll("-.*", "")).ints();
    JsonNode expected = Json.read(path("expected.json")).get(name);
    Map<String, NpyArray> golden = Npz.read(path(name + ".npz"));
    int cut = 480;
    LogisticFit fit =
        LogisticRegression.fit(
            x.slice(0, cut),
            Arrays.copyOf(y, cut),
            new LogisticRegression.Options(
                expected.get("C").asDouble(),
                !expected.get("class_weight").isNull(),
                false,
                1e-12,
                1000),
            WORKERS);
    assertThat(fit.coef()).containsExactly(golden.get("coef").doubles(), within(1e-6));
    assertThat(fit.intercept()).containsExactly(golden.get("intercept").doubles(), within(1e-6));
    double objective = expected.get("objective").asDouble();
    assertThat(fit.objective()).isCloseTo(objective, within(1e-9 * objective));
    FloatMatrix test = x.slice(cut, 600);
    assertThat(fit.probabilities(test, WORKERS))
        .containsExactly(golden.get("test_probability").doubles(), within(1e-7));
    int[] guess = fit.predict(test, WORKERS);
    assertThat(guess).isEqualTo(golden.get("test_prediction").ints());
    assertThat(BalancedAccuracy.of(Arrays.copyOfRange(y, cut, 600), guess).value())
        .isCloseTo(expected.get("balanced_accuracy").asDouble(), within(1e-12));
  }

  /** Random rows whose class depends on the first columns. */
  private static FloatMatrix rows(int n, int d, RandomGenerator random) {
    FloatMatrix x = FloatMatrix.zeros(n, d);
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < d; j++) {
        x.set(i, j, (float) (random.nextGaussian() * (1 + j % 3) + j));
      }
    }
    return x;
  }

  private static int[] classes(FloatMatrix x, int k, RandomGenerator random) {
    int[] y = new int[x.rowsAsInt()];
    for (int i = 0; i < y.length; i++) {
      double best = Double.NEGATIVE_INFINITY;
      for (int c = 0; c < k; c++) {
        double score = (x.get(i, c) - c) / (1 + c % 3) - Math.log(-Math.log(random.nextDouble()));
        if (score > best) {
          best = score;
          y[i] = c;
        }
      }
    }
    return y;
  }

  @ParameterizedTest
  @ValueSource(ints = {9, 14})
  void manyClassesByProductsFindTheSameOptimumAsRows(int k) {
    RandomGenerator random = new Seed(k).generator();
    FloatMatrix x = rows(700, 21, random);
    int[] y = classes(x, k, random);
    int[] all = Arrays.stream(new int[700]).toArray();
    Arrays.setAll(all, i -> i);
    double[] coef = random.doubles((long) k * 21, -0.1, 0.1).toArray();
    double[] intercept = random.doubles(k).toArray();
    double[] ones = new double[k];
    Arrays.fill(ones, 1);
    double[] products = new double[k * 21];
    double[] sums = new double[k];
    double loss =
        new ProductKernel(x, all, y, k, ones, WORKERS).at(coef, intercept, products, sums);
    double[] plainProducts = new double[k * 21];
    double[] plainSums = new double[k];
    double plain =
        new RowKernel(x, all, y, k, ones, WORKERS).at(coef, intercept, plainProducts, plainSums);
    // float32 products of values up to 25 over 21 columns and 700 rows
    assertThat(loss).isCloseTo(plain, within(1e-6 * plain));
    assertThat(products).containsExactly(plainProducts, within(0.02));
    assertThat(sums).containsExactly(plainSums, within(1e-3));
  }

  @Test
  void fittingSomeRowsIsFittingThoseRows() {
    RandomGenerator random = new Seed(3).generator();
    FloatMatrix x = rows(300, 13, random);
    int[] y = classes(x, 3, random);
    boolean[] train = new boolean[300];
    FloatMatrix part = FloatMatrix.zeros(200, 13);
    int[] partY = new int[200];
    for (int i = 0, to = 0; i < 300; i++) {
      if (i % 3 != 1) {
        train[i] = true;
        part.setRow(to, x.row(i));
        partY[to++] = y[i];
      }
    }
    LogisticFit some = LogisticRegression.fit(x, y, train, TIGHT, null, WORKERS);
    LogisticFit alone = LogisticRegression.fit(part, partY, TIGHT, WORKERS);
    assertThat(some.coef()).containsExactly(alone.coef(), within(1e-9));
  }

  @Test
  void standardisedFitsDoNotKnowTheUnitsOfColumns() {
    RandomGenerator random = new Seed(4).generator();
    FloatMatrix x = rows(400, 9, random);
    int[] y = classes(x, 4, random);
    FloatMatrix scaled = FloatMatrix.zeros(400, 9);
    for (int i = 0; i < 400; i++) {
      for (int j = 0; j < 9; j++) {
        // Powers of two and small shifts, exact in float32.
        scaled.set(i, j, x.get(i, j) * (1 << j));
      }
    }
    LogisticRegression.Options options =
        new LogisticRegression.Options(0.1, true, true, 1e-11, 1000);
    LogisticFit a = LogisticRegression.fit(x, y, options, WORKERS);
    LogisticFit b = LogisticRegression.fit(scaled, y, options, WORKERS);
    assertThat(b.probabilities(scaled, WORKERS))
        .containsExactly(a.probabilities(x, WORKERS), within(1e-8));
  }

  @Test
  void aConstantColumnChangesNothingWhenStandardised() {
    RandomGenerator random = new Seed(5).generator();
    FloatMatrix x = rows(200, 5, random);
    int[] y = classes(x, 2, random);
    FloatMatrix wider = FloatMatrix.zeros(200, 6);
    for (int i = 0; i < 200; i++) {
      wider.setRow(i, Arrays.copyOf(x.row(i), 6));
      wider.set(i, 5, 0.3f);
    }
    LogisticRegression.Options options =
        new LogisticRegression.Options(1, false, true, 1e-11, 1000);
    assertThat(LogisticRegression.fit(wider, y, options, WORKERS).probabilities(wider, WORKERS))
        .containsExactly(
            LogisticRegression.fit(x, y, options, WORKERS).probabilities(x, WORKERS), within(1e-9));
  }

  @Test
  void theStartChangesNothing() {
    RandomGenerator random = new Seed(6).generator();
    FloatMatrix x = rows(300, 8, random);
    int[] y = classes(x, 3, random);
    boolean[] all = new boolean[300];
    Arrays.fill(all, true);
    LogisticRegression.Options options =
        new LogisticRegression.Options(1, false, true, 1e-11, 1000);
    LogisticFit cold = LogisticRegression.fit(x, y, options, WORKERS);
    LogisticFit other = LogisticRegression.fit(x, y, options.withC(0.01), WORKERS);
    LogisticFit warm = LogisticRegression.fit(x, y, all, options, other, WORKERS);
    assertThat(warm.coef()).containsExactly(cold.coef(), within(1e-7));
  }

  @Test
  void bitsDoNotDependOnThreads() {
    RandomGenerator random = new Seed(7).generator();
    FloatMatrix x = rows(500, 19, random);
    for (int k : new int[] {2, 3, 12}) {
      int[] y = classes(x, k, random);
      try (Workers one = new Workers(1);
          Workers three = new Workers(3)) {
        assertThat(LogisticRegression.fit(x, y, LogisticRegression.Options.PUBLISHED, three).coef())
            .isEqualTo(
                LogisticRegression.fit(x, y, LogisticRegression.Options.PUBLISHED, one).coef());
      }
    }
  }

  @Test
  void oneClassIsAlwaysGuessed() {
    FloatMatrix x = rows(4, 2, new Seed(1).generator());
    LogisticFit fit =
        LogisticRegression.fit(
            x, new int[] {7, 7, 7, 7}, LogisticRegression.Options.PUBLISHED, WORKERS);
    assertThat(fit.predict(x, WORKERS)).containsOnly(7);
    assertThat(fit.probabilities(x, WORKERS)).containsOnly(1);
  }
}

package almagest.atom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import almagest.format.Json;
import almagest.format.NpyArray;
import almagest.format.Npz;
import almagest.run.InputException;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.Silhouette;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.Points;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LdaTest {
  private static final Path FOLDER = Path.of("src/test/resources/atom/lda");

  private final Workers workers = new Workers(2);

  @AfterEach
  void close() {
    workers.close();
  }

  private static DoubleMatrix matrix(NpyArray a) {
    return DoubleMatrix.copyOf(a.doubles(), a.shape()[1]);
  }

  private Lda fit(DoubleMatrix x, int[] y, String solver, String shrinkage) {
    return Lda.fit(
        Points.of(x),
        y,
        new Lda.Options(Lda.Solver.valueOf(solver), Shrinkage.parse(shrinkage)),
        workers);
  }

  @ParameterizedTest
  @CsvSource({
    "input.npz,svd.npz,SVD,none,1e-8",
    "wide-input.npz,wide-svd.npz,SVD,none,1e-6",
    "input.npz,eigen.npz,EIGEN,none,1e-8",
    "input.npz,eigen-shrinkage-0.3.npz,EIGEN,0.3,1e-8",
    "input.npz,eigen-ledoit-wolf.npz,EIGEN,ledoit-wolf,1e-8"
  })
  void fitsAsTheReferenceDoes(
      String input, String reference, String solver, String shrinkage, double tolerance) {
    Map<String, NpyArray> in = Npz.read(FOLDER.resolve(input));
    Map<String, NpyArray> expected = Npz.read(FOLDER.resolve(reference));
    DoubleMatrix x = matrix(in.get("x"));
    Lda lda = fit(x, in.get("y").ints(), solver, shrinkage);
    assertClose(lda.scalings().toArray(), expected.get("scalings").doubles(), tolerance);
    if (expected.containsKey("xbar")) {
      assertClose(lda.mean(), expected.get("xbar").doubles(), tolerance);
    }
    assertClose(lda.classMeans().toArray(), expected.get("means").doubles(), tolerance);
    assertClose(lda.priors(), expected.get("priors").doubles(), tolerance);
    assertClose(lda.ratios(), expected.get("explained_variance_ratio").doubles(), tolerance);
    assertClose(
        lda.transform(x, lda.components(), workers).toArray(),
        expected.get("transform").doubles(),
        tolerance);
    DoubleMatrix decision = lda.decision(x, workers);
    assertClose(decision.toArray(), expected.get("decision").doubles(), tolerance);
    assertThat(predictions(decision)).containsExactly(expected.get("prediction").ints());
  }

  private static int[] predictions(DoubleMatrix decision) {
    int[] best = new int[decision.rows()];
    for (int i = 0; i < best.length; i++) {
      double[] row = decision.row(i);
      for (int g = 1; g < row.length; g++) {
        best[i] = row[g] > row[best[i]] ? g : best[i];
      }
    }
    return best;
  }

  @Test
  void covariancesAndTheirShrinkageAreTheReferences() {
    Map<String, NpyArray> in = Npz.read(FOLDER.resolve("input.npz"));
    Points x = Points.of(matrix(in.get("x")));
    int[] y = in.get("y").ints();
    ClassMeans classes = ClassMeans.of(x, y, workers);
    for (Map.Entry<String, String> e :
        Map.of("0.3", "eigen-shrinkage-0.3", "ledoit-wolf", "eigen-ledoit-wolf").entrySet()) {
      assertClose(
          Covariances.within(x, y, classes, Shrinkage.parse(e.getKey()), workers).toArray(),
          Npz.read(FOLDER.resolve(e.getValue() + ".npz")).get("within_covariance").doubles(),
          1e-10);
    }
    assertClose(
        Covariances.pooled(x, y, classes, workers).toArray(),
        Npz.read(FOLDER.resolve("scatter.npz")).get("within").doubles(),
        1e-10);
    JsonNode oas = Json.read(FOLDER.resolve("expected.json")).get("oas_shrinkage_per_class_raw");
    for (int g = 0; g < classes.classes(); g++) {
      Points own = Points.of(x, Folds.where(y, g, true));
      double[] mean = classes.means()[g];
      DoubleMatrix plain = Covariances.shrunk(own, mean, Shrinkage.NONE, workers);
      double delta = oas.get(g).asDouble();
      assertThat(Shrinkage.oas(plain, own.rows())).isCloseTo(delta, within(1e-10));
      assertThat(Covariances.shrunk(own, mean, Shrinkage.OAS, workers).get(0, 1))
          .isCloseTo((1 - delta) * plain.get(0, 1), within(1e-10));
    }
  }

  @Test
  void silhouettesOfTheProjectionAreTheReferences() {
    Map<String, NpyArray> in = Npz.read(FOLDER.resolve("input.npz"));
    JsonNode expected = Json.read(FOLDER.resolve("expected.json")).get("silhouette");
    DoubleMatrix x = matrix(in.get("x"));
    int[] y = in.get("y").ints();
    Lda lda = fit(x, y, "SVD", "none");
    for (String name : new String[] {"svd2", "svd3", "svd_all"}) {
      int k = name.equals("svd_all") ? lda.components() : name.charAt(3) - '0';
      Silhouette found =
          Silhouette.of(
              lda.transform(x, k, workers).toArray(), k, y, Silhouette.Metric.EUCLIDEAN, workers);
      JsonNode e = expected.get(name + "_euclidean");
      assertThat(found.mean()).isCloseTo(e.get("mean").asDouble(), within(1e-9));
      for (int g = 0; g < found.perClass().length; g++) {
        assertThat(found.perClass()[g])
            .isCloseTo(e.get("per_class").get(g).asDouble(), within(1e-9));
      }
    }
  }

  @Test
  void heldOutFoldsAreTheReferences() {
    Map<String, NpyArray> in = Npz.read(FOLDER.resolve("input.npz"));
    JsonNode expected = Json.read(FOLDER.resolve("expected.json")).get("five_folds_by_index_mod_5");
    DoubleMatrix x = matrix(in.get("x"));
    int[] y = in.get("y").ints();
    int[] fold = new int[y.length];
    Arrays.setAll(fold, i -> i % 5);
    int right = 0;
    for (int f = 0; f < 5; f++) {
      int[] train = Folds.where(fold, f, false);
      int[] test = Folds.where(fold, f, true);
      Points all = Points.of(x);
      Lda lda = Lda.fit(Points.of(all, train), Folds.pick(y, train), Lda.Options.DEFAULT, workers);
      DoubleMatrix held = lda.transform(Points.of(all, test), lda.components(), workers);
      int[] truth = Folds.pick(y, test);
      assertThat(
              Silhouette.of(
                      held.toArray(), held.columns(), truth, Silhouette.Metric.EUCLIDEAN, workers)
                  .mean())
          .isCloseTo(expected.get("held_out_silhouette_each").get(f).asDouble(), within(1e-9));
      int[] guess = predictions(lda.decision(Folds.pick(x, test), workers));
      for (int i = 0; i < truth.length; i++) {
        right += guess[i] == truth[i] ? 1 : 0;
      }
    }
    assertThat((double) right / y.length).isEqualTo(expected.get("accuracy").asDouble());
  }

  @Test
  void theDistractorIsNotInTheSpan() {
    Map<String, NpyArray> in = Npz.read(FOLDER.resolve("input.npz"));
    Lda lda = fit(matrix(in.get("x")), in.get("y").ints(), "EIGEN", "none");
    double[] share = {0};
    for (double[] q : Subspace.orthonormal(Whitening.transposed(lda.scalings()))) {
      double dot = 0;
      for (int j = 0; j < q.length; j++) {
        dot += q[j] * in.get("distractor").doubles()[j];
      }
      share[0] += dot * dot;
    }
    assertThat(Math.sqrt(share[0]))
        .isCloseTo(
            Json.read(FOLDER.resolve("expected.json"))
                .get("share_of_distractor_inside_lda_span")
                .asDouble(),
            within(1e-8));
  }

  /** A direction without any variance takes the road by principal axes, a full rank the other. */
  @Test
  void anEmptyDirectionChangesNothing() {
    RandomGenerator random = new Seed(4).generator();
    int n = 300;
    int d = 9;
    int[] y = new int[n];
    DoubleMatrix full = DoubleMatrix.zeros(n, d);
    DoubleMatrix padded = DoubleMatrix.zeros(n, d + 2);
    for (int i = 0; i < n; i++) {
      y[i] = i % 4;
      for (int j = 0; j < d; j++) {
        double v = random.nextGaussian() + (j == y[i] ? 2 : 0);
        full.set(i, j, v);
        padded.set(i, j, v);
      }
      padded.set(i, d, 3);
      padded.set(i, d + 1, padded.get(i, 0) + padded.get(i, 1));
    }
    Lda a = fit(full, y, "SVD", "none");
    Lda b = fit(padded, y, "SVD", "none");
    assertThat(b.components()).isEqualTo(3);
    assertClose(b.ratios(), a.ratios(), 1e-9);
    DoubleMatrix p = a.transform(full, 3, workers);
    DoubleMatrix q = b.transform(padded, 3, workers);
    for (int k = 0; k < 3; k++) {
      double sign = Math.signum(p.get(0, k) * q.get(0, k));
      for (int i = 0; i < n; i++) {
        assertThat(sign * q.get(i, k)).isCloseTo(p.get(i, k), within(1e-7));
      }
    }
    assertThatThrownBy(() -> fit(padded, y, "EIGEN", "none"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("singular");
    assertThat(fit(padded, y, "EIGEN", "oas").components()).isEqualTo(3);
  }

  @Test
  void whatCannotBeFittedIsRefused() {
    assertThatThrownBy(
            () -> Lda.fit(DoubleMatrix.copyOf(new double[] {1, 2, 3, 4}, 2), new int[2], workers))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("two classes");
    assertThatThrownBy(() ->
            Lda.fit(
                DoubleMatrix.copyOf(new double[] {1, 2, 3, Double.NaN, 5, 6}, 2),
                new int[] {0, 1, 1},
                workers))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("row 1");
    assertThatThrownBy(() -> fit(DoubleMatrix.zeros(4, 2), new int[] {0, 0, 1, 1}, "SVD", "0.5"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no shrinkage");
    assertThatThrownBy(() -> Shrinkage.parse("much"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("ledoit-wolf");
    assertThatThrownBy(() -> Shrinkage.parse("1.5")).isInstanceOf(InputException.class);
  }

  private static void assertClose(double[] actual, double[] expected, double tolerance) {
    assertThat(actual).hasSameSizeAs(expected);
    double largest = 0;
    for (double e : expected) {
      largest = Math.max(largest, Math.abs(e));
    }
    for (int i = 0; i < actual.length; i++) {
      assertThat(actual[i]).as("entry %d", i).isCloseTo(expected[i], within(tolerance * largest));
    }
  }
}

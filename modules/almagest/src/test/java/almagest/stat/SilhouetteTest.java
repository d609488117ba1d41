package almagest.stat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import almagest.format.NpyArray;
import almagest.run.Workers;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SilhouetteTest {
  private static Silhouette of(double[] x, int d, int[] labels, Silhouette.Metric metric) {
    try (Workers workers = new Workers(2)) {
      return Silhouette.of(x, d, labels, metric, workers);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "raw_euclidean",
        "raw_cosine",
        "svd2_euclidean",
        "svd2_cosine",
        "svd3_euclidean",
        "svd3_cosine",
        "svd_all_euclidean",
        "svd_all_cosine"
      })
  void silhouettesAreThoseOfTheReference(String name) {
    Map<String, NpyArray> input = Golden.npz("lda-input.npz");
    NpyArray all =
        name.startsWith("raw") ? input.get("x") : Golden.npz("lda-svd.npz").get("transform");
    int columns = all.shape()[1];
    int d = name.startsWith("svd2") ? 2 : name.startsWith("svd3") ? 3 : columns;
    int[] labels = input.get("y").ints();
    double[] x = new double[labels.length * d];
    for (int i = 0; i < labels.length; i++) {
      System.arraycopy(all.doubles(), i * columns, x, i * d, d);
    }
    Silhouette found =
        of(
            x,
            d,
            labels,
            name.endsWith("cosine") ? Silhouette.Metric.COSINE : Silhouette.Metric.EUCLIDEAN);
    JsonNode expected = Golden.json("lda-expected.json").get("silhouette").get(name);
    assertThat(found.samples())
        .containsExactly(Golden.npz("lda-silhouette.npz").get(name).doubles(), within(1e-10));
    assertThat(found.mean()).isCloseTo(expected.get("mean").asDouble(), within(1e-10));
    assertThat(found.perClass())
        .containsExactly(Golden.doubles(expected.get("per_class")), within(1e-10));
  }

  @ParameterizedTest
  @ValueSource(strings = {"singleton", "duplicates", "crossed"})
  void degenerateCasesAreThoseOfTheReference(String name) {
    JsonNode expected = Golden.json("lda-expected.json").get("silhouette").get("case " + name);
    int n = expected.get("x").size();
    int d = expected.get("x").get(0).size();
    double[] x = new double[n * d];
    for (int i = 0; i < n; i++) {
      for (int c = 0; c < d; c++) {
        x[i * d + c] = expected.get("x").get(i).get(c).asDouble();
      }
    }
    Silhouette found = of(x, d, Golden.ints(expected.get("y")), Silhouette.Metric.EUCLIDEAN);
    assertThat(found.samples())
        .containsExactly(Golden.doubles(expected.get("samples")), within(1e-12));
    assertThat(found.mean()).isCloseTo(expected.get("mean").asDouble(), within(1e-12));
  }

  @Test
  void oneClassOrAllSingletonsHaveNoSilhouette() {
    assertThatThrownBy(() -> of(new double[] {1, 2, 3}, 1, new int[3], Silhouette.Metric.EUCLIDEAN))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("found 1 for n = 3");
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 64, 65, 1023, 2500})
  void leadingColumnsHaveTheSilhouettesOfTheirOwn(int n) {
    java.util.random.RandomGenerator random = new almagest.run.Seed(n).generator();
    int d = 5;
    double[] x = new double[n * d];
    int[] labels = new int[n];
    for (int i = 0; i < n; i++) {
      labels[i] = i == 0 ? 7 : i == 1 ? 9 : random.nextInt(2) * 2 + 7;
      for (int c = 0; c < d; c++) {
        x[i * d + c] = random.nextGaussian() + (labels[i] - 8);
      }
    }
    int[] dimensions = {2, 3, 5};
    try (Workers workers = new Workers(2)) {
      for (Silhouette.Metric metric : Silhouette.Metric.values()) {
        java.util.List<Silhouette> all =
            Silhouette.leading(
                almagest.tensor.Points.of(almagest.tensor.DoubleMatrix.copyOf(x, d)),
                dimensions,
                labels,
                metric,
                workers);
        for (int k = 0; k < dimensions.length; k++) {
          double[] first = new double[n * dimensions[k]];
          for (int i = 0; i < n; i++) {
            System.arraycopy(x, i * d, first, i * dimensions[k], dimensions[k]);
          }
          double[] plain = plain(first, dimensions[k], labels, metric);
          assertThat(all.get(k).samples()).containsExactly(plain, within(1e-10));
        }
      }
    }
  }

  /** Where distances come from products: far from the origin, with duplicates and near ones. */
  @ParameterizedTest
  @ValueSource(ints = {8, 255, 256, 257, 700})
  void manyDimensionsGiveTheSilhouettesOfTheDefinition(int n) {
    java.util.random.RandomGenerator random = new almagest.run.Seed(n).generator();
    int d = ProductDistances.MANY + n % 7;
    double[] x = new double[n * d];
    int[] labels = new int[n];
    for (int i = 0; i < n; i++) {
      labels[i] = i == 0 ? 7 : i == 1 ? 9 : random.nextInt(2) * 2 + 7;
      int twin = i % 5 == 4 ? i - 1 - random.nextInt(2) : -1;
      for (int c = 0; c < d; c++) {
        x[i * d + c] =
            twin < 0
                ? 100 + random.nextGaussian() + (labels[i] - 8)
                : x[twin * d + c] + (i % 2 == 0 ? 0 : 1e-7 * random.nextGaussian());
      }
    }
    assertThat(of(x, d, labels, Silhouette.Metric.EUCLIDEAN).samples())
        .containsExactly(plain(x, d, labels, Silhouette.Metric.EUCLIDEAN), within(1e-11));
  }

  /** The definition, word for word. */
  private static double[] plain(double[] x, int d, int[] labels, Silhouette.Metric metric) {
    int n = labels.length;
    double[] samples = new double[n];
    for (int i = 0; i < n; i++) {
      double[] sum = new double[10];
      int[] count = new int[10];
      for (int j = 0; j < n; j++) {
        if (j != i) {
          double dot = 0;
          double a = 0;
          double b = 0;
          double off = 0;
          for (int c = 0; c < d; c++) {
            double u = x[i * d + c];
            double v = x[j * d + c];
            dot += u * v;
            a += u * u;
            b += v * v;
            off += (u - v) * (u - v);
          }
          sum[labels[j]] +=
              metric == Silhouette.Metric.EUCLIDEAN ? Math.sqrt(off) : 1 - dot / Math.sqrt(a * b);
          count[labels[j]]++;
        }
      }
      int own = labels[i];
      int other = own == 7 ? 9 : 7;
      double within = sum[own] / count[own];
      double away = sum[other] / count[other];
      samples[i] = count[own] == 0 ? 0 : (away - within) / Math.max(within, away);
    }
    return samples;
  }
}

package almagest.stat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import almagest.format.NpyArray;
import almagest.format.Npz;
import almagest.run.InputException;
import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.Points;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HdbscanTest {
  /** Made by scikit-learn's HDBSCAN; {@code hdbscan.py} beside the file says how. */
  @ParameterizedTest
  @CsvSource({"5, 5", "10, 3", "20, 8"})
  void labelsAreTheReferences(int size, int samples) {
    Path file = Path.of("src/test/resources/almagest/stat/hdbscan.npz");
    Map<String, NpyArray> golden = Npz.read(file);
    double[] x = Objects.requireNonNull(golden.get("x")).doubles();
    int[] expected = Npz.get(golden, "labels_" + size + "_" + samples, file).ints();
    try (Workers workers = new Workers(2)) {
      Hdbscan found = Hdbscan.of(Points.of(DoubleMatrix.copyOf(x, 3)), size, samples, workers);
      assertThat(found.labels()).isEqualTo(byFirstRow(expected));
      assertThat(found.clusters()).isEqualTo(Arrays.stream(expected).max().orElseThrow() + 1);
    }
  }

  /** The same clusters, numbered in the order of their first rows. */
  private static int[] byFirstRow(int[] labels) {
    int[] name = new int[labels.length];
    Arrays.fill(name, -1);
    int next = 0;
    int[] out = new int[labels.length];
    for (int i = 0; i < out.length; i++) {
      if (labels[i] >= 0 && name[labels[i]] < 0) {
        name[labels[i]] = next++;
      }
      out[i] = labels[i] < 0 ? -1 : name[labels[i]];
    }
    return out;
  }

  @Test
  void fewRowsAreNoise() {
    try (Workers workers = new Workers(1)) {
      Hdbscan found = Hdbscan.of(Points.of(DoubleMatrix.zeros(3, 2)), 4, 2, workers);
      assertThat(found.labels()).containsOnly(-1);
      assertThatThrownBy(() -> Hdbscan.of(Points.of(DoubleMatrix.zeros(3, 2)), 1, 2, workers))
          .isInstanceOf(InputException.class)
          .hasMessageContaining("at least 2 members");
    }
  }

  @Test
  void duplicatesAreOneCluster() {
    double[] x = new double[40];
    for (int i = 0; i < 20; i++) {
      x[i] = 3;
      x[20 + i] = i < 10 ? 50 : 100 + 17 * i;
    }
    try (Workers workers = new Workers(1)) {
      Hdbscan found = Hdbscan.of(Points.of(DoubleMatrix.copyOf(x, 1)), 5, 3, workers);
      assertThat(Arrays.copyOf(found.labels(), 20)).containsOnly(0);
      assertThat(Arrays.copyOfRange(found.labels(), 20, 30)).containsOnly(1);
    }
  }
}

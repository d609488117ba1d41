package almagest.brain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LobeSilhouetteTest {
  private static final int N = 300;

  /** The definition, from all distances. */
  private static double plain(double[][] distance, int[] labels, int f) {
    double[] sums = new double[4];
    int[] sizes = new int[4];
    for (int j = 0; j < distance.length; j++) {
      if (labels[j] >= 0 && j != f) {
        sums[labels[j]] += distance[f][j];
        sizes[labels[j]]++;
      }
    }
    if (labels[f] < 0 || sizes[labels[f]] == 0) {
      return Double.NaN;
    }
    double a = sums[labels[f]] / sizes[labels[f]];
    double b = Double.POSITIVE_INFINITY;
    for (int l = 0; l < 4; l++) {
      if (l != labels[f] && sizes[l] > 0) {
        b = Math.min(b, sums[l] / sizes[l]);
      }
    }
    return (b - a) / Math.max(a, b);
  }

  private static int[] labels(RandomGenerator g) {
    int[] labels = new int[N];
    for (int f = 0; f < N; f++) {
      labels[f] = f == 5 ? 3 : f % 11 == 0 ? -1 : g.nextInt(3);
    }
    return labels;
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1})
  void directionsGiveWhatTheDefinitionGives(long seed) {
    RandomGenerator g = new Seed(seed).generator();
    int[] labels = labels(g);
    float[] x = new float[N * 7];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) (g.nextGaussian() + (i % 7 == 0 ? labels[i / 7] : 0));
    }
    double[][] distance = new double[N][N];
    for (int i = 0; i < N; i++) {
      for (int j = 0; j < N; j++) {
        double dot = 0;
        double ii = 0;
        double jj = 0;
        for (int c = 0; c < 7; c++) {
          dot += (double) x[i * 7 + c] * x[j * 7 + c];
          ii += (double) x[i * 7 + c] * x[i * 7 + c];
          jj += (double) x[j * 7 + c] * x[j * 7 + c];
        }
        distance[i][j] = 1 - dot / Math.sqrt(ii * jj);
      }
    }
    try (Workers workers = new Workers(2)) {
      float[] found = LobeSilhouette.byDirection(FloatMatrix.copyOf(x, 7), labels, workers);
      for (int f = 0; f < N; f++) {
        check(found[f], plain(distance, labels, f));
      }
    }
  }

  @Test
  void countsGiveWhatTheDefinitionGives() {
    RandomGenerator g = new Seed(4).generator();
    int[] labels = labels(g);
    int chunks = 200;
    boolean[][] fires = new boolean[chunks][N];
    for (int t = 0; t < chunks; t++) {
      for (int f = 1; f < N; f++) {
        fires[t][f] = g.nextDouble() < (labels[f] == t % 3 ? 0.4 : 0.1);
      }
    }
    int[] histogram = new int[N * N];
    for (boolean[] chunk : fires) {
      for (int i = 0; i < N; i++) {
        for (int j = 0; chunk[i] && j < N; j++) {
          histogram[i * N + j] += chunk[j] ? 1 : 0;
        }
      }
    }
    double[][] distance = new double[N][N];
    for (int i = 0; i < N; i++) {
      for (int j = 0; j < N; j++) {
        distance[i][j] =
            1
                - Affinity.PHI.value(
                    histogram[i * N + i], histogram[j * N + j], histogram[i * N + j], chunks);
      }
    }
    try (Workers workers = new Workers(2)) {
      float[] found =
          LobeSilhouette.byPhi(Cooccurrence.of(histogram, N, chunks, "test"), labels, workers);
      double inside = 0;
      for (int f = 0; f < N; f++) {
        check(found[f], plain(distance, labels, f));
        inside += labels[f] >= 0 && labels[f] < 3 && f > 0 ? found[f] : 0;
      }
      assertThat(inside / N).isPositive();
    }
  }

  private static void check(float found, double expected) {
    if (Double.isNaN(expected)) {
      assertThat(found).isNaN();
    } else {
      assertThat((double) found).isCloseTo(expected, within(1e-5));
    }
  }
}

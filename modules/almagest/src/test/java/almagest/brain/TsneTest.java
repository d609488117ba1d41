package almagest.brain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import almagest.format.Json;
import almagest.format.NpyArray;
import almagest.format.Npz;
import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import com.fasterxml.jackson.databind.JsonNode;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TsneTest {
  private static final Workers WORKERS = new Workers(2);

  @AfterAll
  static void close() {
    WORKERS.close();
  }

  private static Path path(String name) throws URISyntaxException {
    return Path.of(TsneTest.class.getResource("map/" + name).toURI());
  }

  /** All other points of every point, squared distances in double. */
  private static double[][] squared(double[] x, int d) {
    int n = x.length / d;
    double[][] squared = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        for (int c = 0; c < d; c++) {
          double off = x[i * d + c] - x[j * d + c];
          squared[i][j] += off * off;
        }
      }
    }
    return squared;
  }

  @Test
  void precisionsAreThoseOfTheReference() throws URISyntaxException {
    Map<String, NpyArray> golden = Npz.read(path("tsne.npz"));
    double perplexity = Json.read(path("expected.json")).get("perplexity").asDouble();
    double[][] squared = squared(golden.get("x").doubles(), golden.get("x").shape()[1]);
    double[] beta = golden.get("beta").doubles();
    int n = beta.length;
    double[] joint = golden.get("joint").doubles();
    double[][] conditional = new double[n][n];
    for (int i = 0; i < n; i++) {
      int self = i;
      double[] row = squared[i];
      double[] others =
          IntStream.range(0, n).filter(j -> j != self).mapToDouble(j -> row[j]).toArray();
      double nearest = Arrays.stream(others).min().orElseThrow();
      double[] weights = new double[n - 1];
      double found =
          JointProbabilities.precision(
              Arrays.stream(others).map(v -> v - nearest).toArray(),
              Math.log(perplexity),
              weights,
              0);
      assertThat(found).isCloseTo(beta[i], within(1e-6 * beta[i]));
      for (int j = 0, m = 0; j < n; j++) {
        conditional[i][j] = j == i ? 0 : weights[m++];
      }
    }
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        assertThat((conditional[i][j] + conditional[j][i]) / (2 * n))
            .isCloseTo(joint[i * n + j], within(1e-9));
      }
    }
  }

  /** The joint probabilities of the reference as rows of all pairs. */
  private static JointProbabilities rows(double[] joint, int n) {
    int[] start = new int[n + 1];
    int[] other = new int[n * (n - 1)];
    double[] p = new double[n * (n - 1)];
    int count = 0;
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        if (j != i) {
          other[count] = j;
          p[count++] = joint[i * n + j];
        }
      }
      start[i + 1] = count;
    }
    return new JointProbabilities(new double[n], start, other, p);
  }

  @Test
  void gradientAndDivergenceAreThoseOfTheReference() throws URISyntaxException {
    Map<String, NpyArray> golden = Npz.read(path("tsne.npz"));
    double[] map = golden.get("map").doubles();
    int n = map.length / 2;
    JointProbabilities joint = rows(golden.get("joint").doubles(), n);
    double[] x = new double[n];
    double[] y = new double[n];
    for (int i = 0; i < n; i++) {
      x[i] = map[2 * i];
      y[i] = map[2 * i + 1];
    }
    double[] pullX = new double[n];
    double[] pullY = new double[n];
    double[] pushX = new double[n];
    double[] pushY = new double[n];
    Tsne.attract(joint, x, y, pullX, pullY, WORKERS);
    double z = new ExactRepulsion(WORKERS).at(x, y, pushX, pushY);
    double[] gradient = golden.get("gradient").doubles();
    for (int i = 0; i < n; i++) {
      assertThat(4 * (pullX[i] - pushX[i] / z)).isCloseTo(gradient[2 * i], within(1e-8));
      assertThat(4 * (pullY[i] - pushY[i] / z)).isCloseTo(gradient[2 * i + 1], within(1e-8));
    }
    assertThat(Tsne.divergence(joint, x, y, WORKERS))
        .isCloseTo(
            Json.read(path("expected.json")).get("divergence_at_map").asDouble(), within(1e-9));
  }

  @Test
  void ourMapDivergesNoMoreThanTheReferences() throws URISyntaxException {
    Map<String, NpyArray> golden = Npz.read(path("tsne.npz"));
    JsonNode expected = Json.read(path("expected.json"));
    NpyArray x = golden.get("x");
    Tsne.Result found =
        Tsne.of(
            FloatMatrix.copyOf(x.floats(), x.shape()[1]),
            golden.get("map").doubles(),
            new Tsne.Options(expected.get("perplexity").asDouble(), 12, 250, 1000),
            WORKERS,
            Progress.NONE);
    assertThat(found.divergence())
        .isLessThanOrEqualTo(1.05 * expected.get("divergence_after_library_run").asDouble());
  }

  private static double[] cloud(int n, double spread, RandomGenerator random) {
    double[] v = new double[n];
    for (int i = 0; i < n; i++) {
      v[i] = spread * random.nextGaussian() + (i % 3) * 2 * spread;
    }
    return v;
  }

  @ParameterizedTest
  @CsvSource({"1e-4,1e-6", "0.01,1e-6", "1,2e-3", "5,1e-2", "25,5e-2"})
  void theMeshPushesAsAllPairsDo(double spread, double tolerance) {
    RandomGenerator random = new Seed(3).generator();
    int n = 1500;
    double[] x = cloud(n, spread, random);
    double[] y = cloud(n, spread / 2, random);
    double[] exactX = new double[n];
    double[] exactY = new double[n];
    double exact = new ExactRepulsion(WORKERS).at(x, y, exactX, exactY);
    double[] meshX = new double[n];
    double[] meshY = new double[n];
    double mesh = new MeshRepulsion(WORKERS).at(x, y, meshX, meshY);
    assertThat(mesh).isCloseTo(exact, within(2e-4 * exact));
    double error = 0;
    double size = 0;
    for (int i = 0; i < n; i++) {
      error += Math.pow(meshX[i] - exactX[i], 2) + Math.pow(meshY[i] - exactY[i], 2);
      size += exactX[i] * exactX[i] + exactY[i] * exactY[i];
    }
    assertThat(Math.sqrt(error / size)).isLessThan(tolerance);
  }

  @ParameterizedTest
  @ValueSource(ints = {16, 48, 64, 54, 72, 108, 162, 192})
  void transformsAreTheirDefinition(int length) {
    RandomGenerator random = new Seed(length).generator();
    int lanes = LaneFft.LANES;
    double[] re = random.doubles((long) length * lanes, -1, 1).toArray();
    double[] im = random.doubles((long) length * lanes, -1, 1).toArray();
    double[] outRe = re.clone();
    double[] outIm = im.clone();
    new LaneFft(length)
        .transform(outRe, outIm, new double[length * lanes], new double[length * lanes]);
    for (int l = 0; l < lanes; l += 5) {
      for (int k = 0; k < length; k++) {
        double sr = 0;
        double si = 0;
        for (int p = 0; p < length; p++) {
          double angle = -2 * Math.PI * k * p / length;
          sr += re[p * lanes + l] * Math.cos(angle) - im[p * lanes + l] * Math.sin(angle);
          si += re[p * lanes + l] * Math.sin(angle) + im[p * lanes + l] * Math.cos(angle);
        }
        assertThat(outRe[k * lanes + l]).isCloseTo(sr, within(1e-11));
        assertThat(outIm[k * lanes + l]).isCloseTo(si, within(1e-11));
      }
    }
  }

  @Test
  void neighboursAreThoseOfAllDistances() {
    RandomGenerator random = new Seed(8).generator();
    int n = 700;
    int d = 6;
    double[] x = new double[n * d];
    for (int i = 0; i < x.length; i++) {
      // Small integers: distances are exact in float32 and many are equal.
      x[i] = random.nextInt(4);
    }
    float[] floats = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      floats[i] = (float) x[i];
    }
    double[][] squared = squared(x, d);
    CloudNeighbours found = CloudNeighbours.of(FloatMatrix.copyOf(floats, d), 9, WORKERS);
    for (int i = 0; i < n; i++) {
      double[] row = squared[i];
      int self = i;
      double[] nearest =
          IntStream.range(0, n)
              .filter(j -> j != self)
              .mapToDouble(j -> row[j])
              .sorted()
              .limit(9)
              .toArray();
      for (int m = 0; m < 9; m++) {
        assertThat(found.squared()[i * 9 + m]).isCloseTo((float) nearest[m], within(1e-4f));
        assertThat(row[found.index()[i * 9 + m]]).isCloseTo(nearest[m], within(1e-9));
      }
    }
  }

  /** Normal clouds about far places, the groups dealt out in turn. */
  static FloatMatrix groups(int n, int d, int groups, long seed) {
    RandomGenerator random = new Seed(seed).generator();
    FloatMatrix x = FloatMatrix.zeros(n, d);
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < d; j++) {
        x.set(i, j, (float) (random.nextGaussian() + (j == i % groups ? 12 : 0)));
      }
    }
    return x;
  }

  @Test
  void groupsOfTheCloudAreGroupsOfTheMap() {
    int n = 1200;
    FloatMatrix x = groups(n, 10, 4, 5);
    double[] start = new Seed(1).generator().doubles(2L * n).toArray();
    Tsne.Result found =
        Tsne.of(x, start, new Tsne.Options(30, 12, 150, 350), WORKERS, Progress.NONE);
    CloudNeighbours near =
        CloudNeighbours.of(FloatMatrix.copyOf(interleaved(found), 2), 5, WORKERS);
    int same = 0;
    for (int e = 0; e < near.index().length; e++) {
      same += near.index()[e] % 4 == (e / 5) % 4 ? 1 : 0;
    }
    assertThat((double) same / near.index().length).isGreaterThan(0.99);
  }

  private static float[] interleaved(Tsne.Result map) {
    float[] v = new float[2 * map.x().length];
    for (int i = 0; i < map.x().length; i++) {
      v[2 * i] = (float) map.x()[i];
      v[2 * i + 1] = (float) map.y()[i];
    }
    return v;
  }

  @Test
  void bitsDoNotDependOnThreads() {
    int n = 1100;
    FloatMatrix x = groups(n, 7, 3, 6);
    double[] start = new Seed(1).generator().doubles(2L * n).toArray();
    Tsne.Options few = new Tsne.Options(20, 12, 20, 60);
    try (Workers one = new Workers(1);
        Workers three = new Workers(3)) {
      Tsne.Result a = Tsne.of(x, start, few, one, Progress.NONE);
      Tsne.Result b = Tsne.of(x, start, few, three, Progress.NONE);
      assertThat(b.x()).isEqualTo(a.x());
      assertThat(b.y()).isEqualTo(a.y());
      assertThat(b.divergence()).isEqualTo(a.divergence());
    }
  }

  @Test
  void identicalPointsStillGetAMap() {
    FloatMatrix x = FloatMatrix.zeros(40, 3);
    for (int i = 0; i < 40; i++) {
      x.set(i, 0, i < 30 ? 0 : 1);
    }
    double[] start = new Seed(1).generator().doubles(80).toArray();
    Tsne.Result found = Tsne.of(x, start, new Tsne.Options(5, 12, 20, 50), WORKERS, Progress.NONE);
    assertThat(Arrays.stream(found.x()).allMatch(Double::isFinite)).isTrue();
    assertThat(found.divergence()).isFinite();
  }

  @Test
  void tooFewPointsAreRefused() {
    assertThatThrownBy(() ->
            Tsne.of(
                FloatMatrix.zeros(3, 2),
                new double[6],
                Tsne.Options.DEFAULT,
                WORKERS,
                Progress.NONE))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("at least 4 points, found 3");
  }
}

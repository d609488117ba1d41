package almagest.brain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import almagest.format.NpyArray;
import almagest.format.Npz;
import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.stat.NearestNeighbours;
import almagest.tensor.FloatMatrix;
import almagest.tensor.Points;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UmapTest {
  private static final Workers WORKERS = new Workers(2);
  private static final Umap.Options SHORT = new Umap.Options(15, 0.1, 100);

  @AfterAll
  static void close() {
    WORKERS.close();
  }

  private static Map<String, NpyArray> golden() throws URISyntaxException {
    return Npz.read(Path.of(UmapTest.class.getResource("map/umap.npz").toURI()));
  }

  private static FuzzyNeighbours fuzzy(FloatMatrix x, int neighbours) {
    return FuzzyNeighbours.of(NearestNeighbours.of(Points.of(x), neighbours - 1, WORKERS), WORKERS);
  }

  /** The reference bisects to 1e-5 of the sum and keeps float32. */
  @Test
  void membershipsAreThoseOfTheReference() throws URISyntaxException {
    Map<String, NpyArray> golden = golden();
    NpyArray x = golden.get("x");
    double[] graph = golden.get("graph").doubles();
    double[] rho = golden.get("rho").doubles();
    double[] sigma = golden.get("sigma").doubles();
    FuzzyNeighbours found =
        fuzzy(FloatMatrix.copyOf(x.floats(), x.shape()[1]), golden.get("k").ints()[0]);
    int n = rho.length;
    double[] ours = new double[n * n];
    for (int i = 0; i < n; i++) {
      assertThat(found.rho()[i]).isCloseTo(rho[i], within(1e-6));
      assertThat(found.sigma()[i]).isCloseTo(sigma[i], within(2e-5 * sigma[i]));
      for (int e = found.pairs().start()[i]; e < found.pairs().start()[i + 1]; e++) {
        ours[i * n + found.pairs().other()[e]] = found.pairs().value()[e];
      }
    }
    assertThat(ours).containsExactly(graph, within(2e-5));
  }

  /** The reference stops when a step gains less than 1e-8 of the sum of squares. */
  @Test
  void curveIsThatOfTheReference() throws URISyntaxException {
    double[] least = golden().get("least").doubles();
    double[] curve = golden().get("curve").doubles();
    for (int m = 0; m < least.length; m++) {
      Closeness found = Closeness.of(least[m]);
      assertThat(found.a()).isCloseTo(curve[2 * m], within(1e-4 * curve[2 * m]));
      assertThat(found.b()).isCloseTo(curve[2 * m + 1], within(1e-4 * curve[2 * m + 1]));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 5, 15, 40})
  void everyPointIsTiedToOneNeighbourWhollyAndToAllByTheLogarithmOfTheirNumber(int neighbours) {
    FloatMatrix x = TsneTest.groups(150, 4, 3, neighbours);
    NearestNeighbours near = NearestNeighbours.of(Points.of(x), neighbours - 1, WORKERS);
    FuzzyNeighbours found = FuzzyNeighbours.of(near, WORKERS);
    for (int i = 0; i < 150; i++) {
      assertThat(found.rho()[i]).isEqualTo(near.distance(i, 0));
      double sum = 0;
      for (int m = 0; m < near.k(); m++) {
        sum += Math.exp(-(near.distance(i, m) - found.rho()[i]) / found.sigma()[i]);
      }
      assertThat(sum).isCloseTo(Math.log(neighbours) / Math.log(2), within(1e-9));
      double strongest = 0;
      for (int e = found.pairs().start()[i]; e < found.pairs().start()[i + 1]; e++) {
        strongest = Math.max(strongest, found.pairs().value()[e]);
      }
      assertThat(strongest).isEqualTo(1);
    }
  }

  @Test
  void bothEndsOfAPairSayTheSame() {
    SymmetricPairs pairs = fuzzy(TsneTest.groups(200, 3, 2, 4), 8).pairs();
    double[][] dense = new double[200][200];
    for (int i = 0; i < 200; i++) {
      for (int e = pairs.start()[i]; e < pairs.start()[i + 1]; e++) {
        assertThat(pairs.other()[e]).isNotEqualTo(i);
        assertThat(pairs.value()[e]).isGreaterThan(0).isLessThanOrEqualTo(1);
        dense[i][pairs.other()[e]] = pairs.value()[e];
      }
    }
    for (int i = 0; i < 200; i++) {
      for (int j = 0; j < i; j++) {
        assertThat(dense[i][j]).isEqualTo(dense[j][i]);
      }
    }
  }

  /** Points that coincide are at distance 0, which is not the local distance of either. */
  @Test
  void coincidingPointsAreTiedWholly() {
    FloatMatrix x = TsneTest.groups(60, 4, 1, 9);
    float[] row = new float[4];
    for (int i = 0; i < 8; i++) {
      x.copyRow(0, row);
      x.setRow(i, row);
    }
    FuzzyNeighbours found = fuzzy(x, 10);
    assertThat(found.rho()[0]).isGreaterThan(0);
    SymmetricPairs pairs = found.pairs();
    for (int e = pairs.start()[0]; e < pairs.start()[1]; e++) {
      if (pairs.other()[e] < 8) {
        assertThat(pairs.value()[e]).isEqualTo(1);
      }
    }
  }

  private static Umap.Result map(FloatMatrix x, Umap.Options options, long seed, Workers workers) {
    double[] start = new Seed(1).generator().doubles(2L * x.rows()).toArray();
    return Umap.of(Points.of(x), start, options, new Seed(seed), workers, Progress.NONE);
  }

  @Test
  void bitsDoNotDependOnThreads() {
    FloatMatrix x = TsneTest.groups(1100, 7, 3, 6);
    try (Workers one = new Workers(1);
        Workers three = new Workers(3)) {
      Umap.Result a = map(x, new Umap.Options(10, 0.2, 25), 5, one);
      Umap.Result b = map(x, new Umap.Options(10, 0.2, 25), 5, three);
      assertThat(b.x()).isEqualTo(a.x());
      assertThat(b.y()).isEqualTo(a.y());
      assertThat(b.kept()).isEqualTo(a.kept());
      assertThat(map(x, new Umap.Options(10, 0.2, 25), 6, one).x()).isNotEqualTo(a.x());
    }
  }

  @Test
  void groupsOfTheCloudAreGroupsOfTheMap() {
    int n = 1000;
    Umap.Result found = map(TsneTest.groups(n, 10, 4, 5), SHORT, 0, WORKERS);
    FloatMatrix drawn = FloatMatrix.zeros(n, 2);
    for (int i = 0; i < n; i++) {
      drawn.set(i, 0, (float) found.x()[i]);
      drawn.set(i, 1, (float) found.y()[i]);
    }
    NearestNeighbours near = NearestNeighbours.of(Points.of(drawn), 5, WORKERS);
    int same = 0;
    for (int i = 0; i < n; i++) {
      for (int m = 0; m < 5; m++) {
        same += near.index(i, m) % 4 == i % 4 ? 1 : 0;
      }
    }
    assertThat(same / (5.0 * n)).isGreaterThan(0.99);
  }

  /** Of a plane nearly all is kept; of a cloud of many dimensions nothing can be. */
  @Test
  void keptTellsWhetherTheCloudIsFlat() {
    RandomGenerator random = new Seed(3).generator();
    FloatMatrix flat = FloatMatrix.zeros(600, 5);
    FloatMatrix round = FloatMatrix.zeros(600, 100);
    double[] plane = new double[1200];
    for (int i = 0; i < 600; i++) {
      for (int c = 0; c < 2; c++) {
        plane[2 * i + c] = random.nextDouble();
        flat.set(i, c, (float) plane[2 * i + c]);
      }
      for (int j = 0; j < 100; j++) {
        round.set(i, j, (float) random.nextGaussian());
      }
    }
    Umap.Result kept = Umap.of(Points.of(flat), plane, SHORT, new Seed(0), WORKERS, Progress.NONE);
    assertThat(kept.kept()).isGreaterThan(0.6);
    assertThat(map(round, SHORT, 0, WORKERS).kept()).isLessThan(0.3);
  }

  @Test
  void identicalPointsStillGetAMap() {
    FloatMatrix x = FloatMatrix.zeros(40, 3);
    for (int i = 30; i < 40; i++) {
      x.set(i, 0, 1);
    }
    Umap.Result found = map(x, new Umap.Options(5, 0.1, 50), 0, WORKERS);
    for (int i = 0; i < 40; i++) {
      assertThat(found.x()[i]).isFinite();
      assertThat(found.y()[i]).isFinite();
    }
  }

  @Test
  void wrongOptionsAndTooFewPointsAreRefused() {
    assertThatThrownBy(() -> new Umap.Options(2, 0.1, 0))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("at least 3 neighbours");
    assertThatThrownBy(() -> new Umap.Options(15, Double.NaN, 0))
        .isInstanceOf(InputException.class);
    assertThatThrownBy(() ->
            CloudMap.umap(FloatMatrix.zeros(3, 2), SHORT, new Seed(0), WORKERS, Progress.NONE))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("at least 4 points, found 3");
    assertThatThrownBy(() ->
            CloudMap.umap(FloatMatrix.zeros(30, 2), SHORT, new Seed(0), WORKERS, Progress.NONE))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("two distinct points");
  }
}

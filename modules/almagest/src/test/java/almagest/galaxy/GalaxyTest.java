package almagest.galaxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import almagest.format.Json;
import almagest.run.InputException;
import almagest.run.Progress;
import almagest.run.Seed;
import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.Points;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class GalaxyTest {
  private static final Options SMALL = Options.defaults().withDraws(10, 3).withSplits(3);

  private static JsonNode analyse(Workers workers, NamedCloud... clouds) {
    return Galaxy.analyse(List.of(clouds), SMALL, new Seed(1), workers, Progress.NONE);
  }

  private static JsonNode analyse(Points points) {
    return analyse(new Workers(2), new NamedCloud("cloud", points)).get("clouds").get(0);
  }

  static DoubleMatrix normals(int n, int d, long seed) {
    RandomGenerator random = new Seed(seed).generator();
    DoubleMatrix x = DoubleMatrix.zeros(n, d);
    for (int i = 0; i < n; i++) {
      for (int c = 0; c < d; c++) {
        x.set(i, c, random.nextGaussian());
      }
    }
    return x;
  }

  @Test
  void theReportHoldsTheGoldenFigures() {
    JsonNode expected = Fixture.json("entropy/expected.json").get("gaussian-d10");
    JsonNode entropy = analyse(Fixture.points("entropy/gaussian-d10.npy")).get("entropy");
    assertThat(entropy.get("d").asInt()).isEqualTo(10);
    assertThat(entropy.get("knn").asDouble())
        .isCloseTo(expected.get("kozachenko_leonenko").get("1").asDouble(), within(1e-9));
    assertThat(entropy.get("gauss").asDouble())
        .isCloseTo(expected.get("gaussian_entropy").asDouble(), within(1e-9));
    assertThat(entropy.get("clustering").asDouble())
        .isCloseTo(expected.get("clustering_entropy_k1").asDouble(), within(1e-9));
  }

  @Test
  void theReportIsTheSameOnAnyNumberOfThreads() {
    List<NamedCloud> clouds = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      clouds.add(new NamedCloud("c" + i, Points.of(normals(300, 20, i)), i, 10.0 + i));
    }
    NamedCloud[] array = clouds.toArray(NamedCloud[]::new);
    String one = Json.line(analyse(new Workers(1), array));
    String three = Json.line(analyse(new Workers(3), array));
    assertThat(three).isEqualTo(one);
  }

  @Test
  void rotationAndOrderOfRowsChangeNothing() {
    DoubleMatrix x = normals(400, 6, 5);
    DoubleMatrix y = DoubleMatrix.zeros(400, 6);
    double angle = 0.7;
    for (int i = 0; i < 400; i++) {
      double[] row = x.row(399 - i);
      double[] turned = row.clone();
      turned[0] = Math.cos(angle) * row[0] - Math.sin(angle) * row[4];
      turned[4] = Math.sin(angle) * row[0] + Math.cos(angle) * row[4];
      y.setRow(i, turned);
    }
    JsonNode a = analyse(Points.of(x));
    JsonNode b = analyse(Points.of(y));
    for (String pointer :
        List.of(
            "/slope/value",
            "/log_volume/value",
            "/participation_ratio",
            "/entropy/knn",
            "/entropy/clustering",
            "/entropy/null_mean",
            "/entropy/whitened/excess")) {
      assertThat(b.at(pointer).asDouble())
          .as(pointer)
          .isCloseTo(a.at(pointer).asDouble(), within(1e-9));
    }
  }

  @Test
  void scalingShiftsEntropyByDimensionTimesItsLogarithm() {
    DoubleMatrix x = normals(300, 4, 6);
    DoubleMatrix y = DoubleMatrix.zeros(300, 4);
    for (int i = 0; i < 300; i++) {
      for (int c = 0; c < 4; c++) {
        y.set(i, c, 3.7 * x.get(i, c));
      }
    }
    JsonNode a = analyse(Points.of(x)).get("entropy");
    JsonNode b = analyse(Points.of(y)).get("entropy");
    double shift = 4 * Math.log(3.7);
    assertThat(b.get("knn").asDouble()).isCloseTo(a.get("knn").asDouble() + shift, within(1e-9));
    assertThat(b.get("gauss").asDouble())
        .isCloseTo(a.get("gauss").asDouble() + shift, within(1e-9));
    assertThat(b.get("excess").asDouble()).isCloseTo(a.get("excess").asDouble(), within(1e-9));
  }

  @Test
  void degenerateCloudsAreDefined() {
    JsonNode point = analyse(Points.of(DoubleMatrix.zeros(50, 5)));
    assertThat(point.get("slope").isNull()).isTrue();
    assertThat(point.get("entropy").get("note").asText()).contains("1 distinct rows");
    // Whatever the rows are equal to: what rounding leaves of 0.1 is no spectrum.
    DoubleMatrix tenths = DoubleMatrix.zeros(50, 5);
    for (int i = 0; i < 50; i++) {
      tenths.setRow(i, new double[] {0.1, 1e4 / 3, -7e-9, 0.3, 1e30});
    }
    JsonNode same = analyse(Points.of(tenths));
    assertThat(same.get("rank").asInt()).isEqualTo(0);
    assertThat(same.get("slope").isNull()).isTrue();
    // One coordinate that varies a little makes a line, however large the other is.
    DoubleMatrix slight = DoubleMatrix.zeros(50, 2);
    for (int i = 0; i < 50; i++) {
      slight.setRow(i, new double[] {1e4 / 3, 1e-9 * i});
    }
    assertThat(analyse(Points.of(slight)).at("/eigenvalues/0").asDouble())
        .isCloseTo(50 * 51 / 12.0 * 1e-18, within(1e-22));
    JsonNode line = analyse(Points.of(normals(50, 1, 3)));
    assertThat(line.get("entropy").get("d").asInt()).isEqualTo(1);
    DoubleMatrix twice = DoubleMatrix.zeros(80, 3);
    DoubleMatrix once = normals(40, 3, 4);
    for (int i = 0; i < 80; i++) {
      twice.setRow(i, once.row(i % 40));
    }
    JsonNode entropy = analyse(Points.of(twice)).get("entropy");
    assertThat(entropy.get("duplicates").asInt()).isEqualTo(40);
    assertThat(entropy.get("n").asInt()).isEqualTo(40);
    assertThat(entropy.get("knn").isNumber()).isTrue();
    JsonNode few = analyse(Points.of(normals(3, 8, 5)));
    assertThat(few.get("rank").asInt()).isEqualTo(2);
  }

  @Test
  void cloudsThatAreNotAreRefusedByName() {
    assertThatThrownBy(() -> new NamedCloud("layer-03", Points.of(DoubleMatrix.zeros(2, 5))))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("cloud layer-03: expected at least 3 rows");
    DoubleMatrix x = normals(5, 2, 1);
    x.set(3, 1, Double.NaN);
    assertThatThrownBy(() -> new NamedCloud("layer-04", Points.of(x)))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("cloud layer-04, row 3, column 1: expected a finite number");
  }
}

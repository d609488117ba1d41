package almagest.atom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import almagest.format.Json;
import almagest.format.NpyArray;
import almagest.format.Npz;
import almagest.run.Seed;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.FloatMatrix;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class FacesTest {
  private static final Path FOLDER = Path.of("src/test/resources/atom/crystals");

  @Test
  void residualAndCosineAreTheReferences() {
    Map<String, NpyArray> cloud = Npz.read(FOLDER.resolve("cloud.npz"));
    double[] x = cloud.get("x").doubles();
    double[] axis = cloud.get("distractor_axis").doubles();
    for (JsonNode face : Json.read(FOLDER.resolve("faces.json"))) {
      for (String when : List.of("before", "after")) {
        int[] p = {
          face.get("points").get(0).asInt(),
          face.get("points").get(1).asInt(),
          face.get("points").get(2).asInt(),
          face.get("points").get(3).asInt()
        };
        DoubleMatrix sides = DoubleMatrix.zeros(2, axis.length);
        sides.setRow(0, side(x, axis, p[0], p[1], when.equals("after")));
        sides.setRow(1, side(x, axis, p[2], p[3], when.equals("after")));
        Faces found = Faces.within(sides, List.of(0, 1), new Seed(0));
        JsonNode expected = face.get(when);
        assertThat(found.residual())
            .isCloseTo(expected.get("residual_first_sides").asDouble(), within(1e-10));
        assertThat(found.cosine())
            .isCloseTo(expected.get("cosine_first_sides").asDouble(), within(1e-10));
      }
    }
  }

  @Test
  void unrelatedDirectionsHaveNoCosineAndResidualRootTwo() {
    RandomGenerator random = new Seed(5).generator();
    DoubleMatrix x = DoubleMatrix.zeros(300, 400);
    List<Integer> rows = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      rows.add(i);
      for (int j = 0; j < 400; j++) {
        x.set(i, j, random.nextGaussian());
      }
    }
    Faces found = Faces.within(x, rows, new Seed(1));
    assertThat(found.faces()).isEqualTo(200 * 199 / 2);
    // The median of 20,000 cosines with sd 1/20.
    assertThat(found.cosine()).isCloseTo(0, within(0.003));
    assertThat(found.residual()).isCloseTo(Math.sqrt(2), within(0.01));
  }

  @Test
  void dealingOutputsAnewLosesThePairing() {
    RandomGenerator random = new Seed(3).generator();
    int n = 60;
    FloatMatrix inputs = FloatMatrix.zeros(n, 20);
    FloatMatrix outputs = FloatMatrix.zeros(n, 20);
    List<String[]> pairs = new ArrayList<>();
    List<Integer> rows = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      pairs.add(new String[] {"a" + i, "b" + i});
      rows.add(i);
      for (int j = 0; j < 20; j++) {
        float v = (float) random.nextGaussian();
        inputs.set(i, j, v);
        outputs.set(i, j, v + (j == 0 ? 2 : 0));
      }
    }
    Differences d = new Differences(List.of("shift"), pairs, new int[n], inputs, outputs);
    assertThat(Faces.within(d.vectors(), rows, new Seed(0)).residual()).isLessThan(1e-6);
    int[] partner = d.dealt(new Seed(0));
    DoubleMatrix dealt = DoubleMatrix.zeros(n, 20);
    for (int i = 0; i < n; i++) {
      dealt.setRow(i, d.between(i, partner[i]));
    }
    assertThat(Faces.within(dealt, rows, new Seed(0)).residual()).isGreaterThan(0.7);
  }

  private static double[] side(double[] x, double[] axis, int from, int to, boolean project) {
    int d = axis.length;
    double[] v = new double[d];
    double along = 0;
    for (int j = 0; j < d; j++) {
      v[j] = x[to * d + j] - x[from * d + j];
      along += v[j] * axis[j];
    }
    for (int j = 0; j < d && project; j++) {
      v[j] -= along * axis[j];
    }
    return v;
  }
}

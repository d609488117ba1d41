package almagest.cli;

import static org.assertj.core.api.Assertions.assertThat;

import almagest.format.Json;
import almagest.format.Npy;
import almagest.format.NpyArray;
import almagest.run.Seed;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GalaxyCommandTest {
  @TempDir private Path folder;

  private String cloud(String name, int rows, int columns, long seed) {
    RandomGenerator random = new Seed(seed).generator();
    float[] x = new float[rows * columns];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextGaussian();
    }
    return write(name, NpyArray.of(x, rows, columns));
  }

  private String write(String name, NpyArray array) {
    Npy.write(folder.resolve(name), array);
    return folder.resolve(name).toString();
  }

  @Test
  void layersAndSparsityAreReadOffThePath() {
    String three = cloud("layer_3/width_1k/average_l0_59/params.npy", 60, 5, 1);
    String six = cloud("layer-06/sae.npy", 60, 5, 2);
    String out = folder.resolve("out").toString();
    assertThat(Main.execute("galaxy", "--cloud", three, six, "--out", out, "--quiet")).isZero();
    JsonNode clouds = Json.read(folder.resolve("out/galaxy.json")).get("clouds");
    assertThat(clouds.at("/0/name").asText()).isEqualTo("layer_3-width_1k-average_l0_59");
    assertThat(clouds.at("/0/layer").asInt()).isEqualTo(3);
    assertThat(clouds.at("/0/l0").asDouble()).isEqualTo(59);
    assertThat(clouds.at("/1/name").asText()).isEqualTo("layer-06");
    assertThat(clouds.at("/1/layer").asInt()).isEqualTo(6);
    assertThat(clouds.at("/1").has("l0")).isFalse();
    assertThat(Npy.read(folder.resolve("out/layer-06-pca3.npy")).shape()).containsExactly(60, 3);
  }

  @Test
  void badInputIsNamed() {
    String out = folder.resolve("out").toString();
    String few = write("few.npy", NpyArray.of(new float[] {1, 2, 3, 4}, 2, 2));
    String nan = write("nan.npy", NpyArray.of(new float[] {1, 2, Float.NaN, 4, 5, 6}, 3, 2));
    for (String cloud : new String[] {few, nan, folder.resolve("none.npy").toString()}) {
      assertThat(Main.execute("galaxy", "--cloud", cloud, "--out", out, "--quiet"))
          .isEqualTo(Main.BAD_INPUT);
    }
    String fine = cloud("fine.npy", 20, 3, 3);
    assertThat(Main.execute("galaxy", "--cloud", fine, "--layer", "1,2", "--out", out))
        .isEqualTo(Main.BAD_INPUT);
    assertThat(Main.execute("galaxy", "--cloud", fine, "--k", "0", "--out", out))
        .isEqualTo(Main.BAD_INPUT);
  }
}

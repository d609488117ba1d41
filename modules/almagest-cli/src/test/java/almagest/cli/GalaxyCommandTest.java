package almagest.cli;

import static org.assertj.core.api.Assertions.assertThat;

import almagest.format.Json;
import almagest.format.Npy;
import almagest.format.NpyArray;
import almagest.format.Npz;
import almagest.run.Seed;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GalaxyCommandTest {
  private static final Path ROAD =
      Path.of("../almagest/src/test/resources/almagest/brain/end_to_end")
          .toAbsolutePath()
          .normalize();

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

  private JsonNode analysed(String... arguments) {
    String[] all = Arrays.copyOf(arguments, arguments.length + 4);
    String[] fixed = {"galaxy", "--quiet", "--out", folder.resolve("out").toString()};
    System.arraycopy(arguments, 0, all, 4, arguments.length);
    System.arraycopy(fixed, 0, all, 0, 4);
    assertThat(Main.execute(all)).isZero();
    return Json.read(folder.resolve("out/galaxy.json")).at("/clouds/0");
  }

  @Test
  void theEncoderIsACloudOfItsColumns() {
    Map<String, NpyArray> sae = new TreeMap<>(Npz.read(ROAD.resolve("sae/params.npz")));
    NpyArray decoder = sae.get("W_dec");
    int n = decoder.shape()[0];
    int d = decoder.shape()[1];
    double[] values = decoder.doubles();
    float[] rows = new float[n * d];
    float[] columns = new float[n * d];
    for (int i = 0; i < n; i++) {
      for (int c = 0; c < d; c++) {
        rows[i * d + c] = (float) (values[i * d + c] * (1 + c % 3));
        columns[c * n + i] = rows[i * d + c];
      }
    }
    sae.put("W_enc", NpyArray.of(columns, d, n));
    Path params = folder.resolve("params.npz");
    Npz.write(params, sae);
    String turned = write("turned.npy", NpyArray.of(rows, n, d));
    JsonNode expected = analysed("--cloud", turned);
    JsonNode found = analysed("--encoder", "--cloud", params.toString());
    assertThat(found.get("n").asInt()).isEqualTo(n);
    assertThat(found.get("eigenvalues")).isEqualTo(expected.get("eigenvalues"));
    assertThat(analysed("--cloud", params.toString()).get("eigenvalues"))
        .isNotEqualTo(expected.get("eigenvalues"));
  }

  /** What one command writes, the other reads: a point a token, padding left out. */
  @Test
  void activationsAreACloudOfTokens() {
    int[] ids = new int[48];
    int[] mask = new int[48];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = 1 + i % 13;
      mask[i] = i % 16 < 12 ? 1 : 0;
    }
    String activations = folder.resolve("activations.npz").toString();
    assertThat(
            Main.execute(
                "model",
                "activations",
                "--quiet",
                "--model",
                ROAD.resolve("model").toString(),
                "--tokens",
                write("ids.npy", NpyArray.of(ids, 3, 16)),
                "--mask",
                write("mask.npy", NpyArray.of(mask, 3, 16)),
                "--hooks",
                "blocks.1.hook_resid_post",
                "--out",
                activations))
        .isZero();
    JsonNode cloud = analysed("--cloud", activations + ":blocks.1.hook_resid_post");
    assertThat(cloud.get("n").asInt()).isEqualTo(36);
    assertThat(cloud.get("layer").asInt()).isEqualTo(1);
    assertThat(cloud.get("rank").asInt()).isGreaterThan(3);
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

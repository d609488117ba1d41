package almagest.cli;

import static org.assertj.core.api.Assertions.assertThat;

import almagest.format.Json;
import almagest.format.Npy;
import almagest.format.NpyArray;
import almagest.run.Seed;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MapCommandTest {
  @TempDir private Path folder;

  @BeforeEach
  void writeCloud() {
    RandomGenerator random = new Seed(1).generator();
    float[] x = new float[60 * 5];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextGaussian();
    }
    Npy.write(folder.resolve("cloud.npy"), NpyArray.of(x, 60, 5));
  }

  @ParameterizedTest
  @ValueSource(strings = {"tsne", "umap", "pca"})
  void cloudsThatCannotBeDrawnAreNamed(String method) {
    float[] x = new float[30];
    Npy.write(folder.resolve("cloud.npy"), NpyArray.of(x, 10, 3));
    assertThat(run("--method", method)).isEqualTo(Main.BAD_INPUT);
    Npy.write(folder.resolve("cloud.npy"), NpyArray.of(new float[3], 1, 3));
    assertThat(run("--method", method)).isEqualTo(Main.BAD_INPUT);
    x[4] = Float.NaN;
    Npy.write(folder.resolve("cloud.npy"), NpyArray.of(x, 10, 3));
    assertThat(run("--method", method)).isEqualTo(Main.BAD_INPUT);
  }

  private int run(String... more) {
    String[] arguments = new String[6 + more.length];
    arguments[0] = "map";
    arguments[1] = "--cloud";
    arguments[2] = folder.resolve("cloud.npy").toString();
    arguments[3] = "--out";
    arguments[4] = folder.resolve("out").toString();
    arguments[5] = "--quiet";
    System.arraycopy(more, 0, arguments, 6, more.length);
    return Main.execute(arguments);
  }

  @Test
  void tsneWritesAMapAndWhatItIsWorth() {
    assertThat(run("--iterations", "300", "--perplexity", "10")).isZero();
    assertThat(Npy.read(folder.resolve("out/map.npy")).shape()).containsExactly(60, 2);
    JsonNode facts = Json.read(folder.resolve("out/map.json"));
    assertThat(facts.get("method").asText()).isEqualTo("tsne");
    assertThat(facts.get("kl_divergence").asDouble()).isBetween(0.0, 2.0);
    assertThat(facts.get("almagest").get("inputs")).hasSize(1);
  }

  @Test
  void umapWritesAMapAndHowManyNeighboursItKeeps() {
    assertThat(run("--method", "umap", "--neighbours", "8", "--min-dist", "0.3", "--epochs", "60"))
        .isZero();
    assertThat(Npy.read(folder.resolve("out/map.npy")).shape()).containsExactly(60, 2);
    JsonNode facts = Json.read(folder.resolve("out/map.json"));
    assertThat(facts.get("method").asText()).isEqualTo("umap");
    assertThat(facts.get("neighbours").asInt()).isEqualTo(8);
    assertThat(facts.get("min_dist").asDouble()).isEqualTo(0.3);
    assertThat(facts.get("neighbours_kept").asDouble()).isBetween(0.2, 1.0);
  }

  @Test
  void pcaDrawsInThreeDimensions() {
    assertThat(run("--method", "pca", "--dimensions", "3")).isZero();
    assertThat(Npy.read(folder.resolve("out/map.npy")).shape()).containsExactly(60, 3);
    assertThat(Json.read(folder.resolve("out/map.json")).get("explained")).hasSize(3);
  }

  @Test
  void badInputIsNamed() {
    assertThat(run("--dimensions", "3")).isEqualTo(Main.BAD_INPUT);
    assertThat(run("--perplexity", "0.5")).isEqualTo(Main.BAD_INPUT);
    assertThat(run("--method", "umap", "--dimensions", "3")).isEqualTo(Main.BAD_INPUT);
    assertThat(run("--method", "umap", "--neighbours", "2")).isEqualTo(Main.BAD_INPUT);
    assertThat(Main.execute("map", "--cloud", folder.resolve("none.npy").toString()))
        .isEqualTo(Main.BAD_INPUT);
  }
}

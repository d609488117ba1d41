package almagest.cli;

import static org.assertj.core.api.Assertions.assertThat;

import almagest.format.Json;
import almagest.format.Npy;
import almagest.format.NpyArray;
import almagest.run.Seed;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FaceSearchCommandTest {
  private static final int N = 80;
  private static final int D = 12;

  @TempDir private Path folder;

  /** How a command ended and what it said on standard error. */
  private record Ended(int code, String err) {}

  private Ended run(String... arguments) {
    List<String> all = new ArrayList<>(List.of("crystals", "--quiet"));
    all.addAll(List.of(arguments));
    all.addAll(List.of("--out", folder.resolve("out").toString()));
    PrintStream out = System.out;
    PrintStream err = System.err;
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    System.setOut(new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(said, true, StandardCharsets.UTF_8));
    try {
      int code = Main.execute(all.toArray(String[]::new));
      return new Ended(code, said.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }

  /** Twenty pairs a step apart, under a distractor along the last axis. */
  private Path cloud() {
    RandomGenerator random = new Seed(3).generator();
    float[] x = new float[N * D];
    for (int i = 0; i < N; i++) {
      for (int j = 0; j < D; j++) {
        x[i * D + j] = (float) random.nextGaussian();
        if (i % 2 == 1 && i < 40) {
          x[i * D + j] =
              (float) (x[(i - 1) * D + j] + (j == 2 ? 5 : 0) + 0.01 * random.nextGaussian());
        }
      }
    }
    float[] axis = new float[D];
    axis[D - 1] = 1;
    float[] along = new float[N];
    for (int i = 0; i < N; i++) {
      along[i] = (float) (20 * random.nextGaussian());
      x[i * D + D - 1] = along[i];
    }
    Npy.write(folder.resolve("x.npy"), NpyArray.of(x, N, D));
    Npy.write(folder.resolve("axis.npy"), NpyArray.of(axis));
    Npy.write(folder.resolve("along.npy"), NpyArray.of(along));
    return folder.resolve("x.npy");
  }

  @Test
  void findsTheStepOnceTheDistractorIsGone() throws IOException {
    Path labels = folder.resolve("labels.txt");
    StringBuilder names = new StringBuilder();
    for (int i = 0; i < N; i++) {
      names.append("w").append(i).append('\n');
    }
    Files.writeString(labels, names);
    Ended ended =
        run(
            "--cloud",
            cloud().toString(),
            "--labels",
            labels.toString(),
            "--remove",
            folder.resolve("axis.npy").toString(),
            "--proper",
            "--clusters",
            "5");
    assertThat(ended.err()).isEmpty();
    assertThat(ended.code()).isZero();
    List<String> lines = Files.readAllLines(folder.resolve("out/faces.jsonl"));
    // 190 faces of 20 pairs.
    assertThat(lines.size()).isBetween(185, 200);
    JsonNode summary = Json.read(folder.resolve("out/faces.json"));
    assertThat(summary.path("removed").path("directions").asInt()).isEqualTo(1);
    assertThat(summary.path("chance").path("cloud_p").asDouble()).isEqualTo(0.05);
    assertThat(summary.path("groups"))
        .anyMatch(g ->
            g.path("pairs").size() >= 19
                && g.path("pairs").size() <= 21
                && g.path("cosine").asDouble() > 0.99
                && g.path("labels").get(0).get(0).asText().startsWith("w"));
    assertThat(Files.exists(folder.resolve("out/clusters.npz"))).isTrue();
    assertThat(run("--cloud", folder.resolve("x.npy").toString()).code()).isZero();
    // The distractor hides most of them.
    assertThat(Files.readAllLines(folder.resolve("out/faces.jsonl")).size())
        .isLessThan(lines.size() / 2);
  }

  /** A regression on points errs by their scatter; the faces found show the direction without. */
  @Test
  void aCovariateIsRemovedAlongTheDirectionThatItsFacesShow() throws IOException {
    String cloud = cloud().toString();
    assertThat(run("--cloud", cloud, "--remove", folder.resolve("axis.npy").toString()).code())
        .isZero();
    int known = Files.readAllLines(folder.resolve("out/faces.jsonl")).size();
    Ended ended = run("--cloud", cloud, "--covariate", folder.resolve("along.npy").toString());
    assertThat(ended.err()).isEmpty();
    assertThat(ended.code()).isZero();
    JsonNode removed = Json.read(folder.resolve("out/faces.json")).path("removed");
    assertThat(removed.path("directions").asInt()).isEqualTo(1);
    assertThat(removed.path("variance_share").get(0).asDouble()).isGreaterThan(0.9);
    assertThat(removed.path("refined_by_faces").asInt()).isGreaterThanOrEqualTo(10);
    assertThat(Files.readAllLines(folder.resolve("out/faces.jsonl")).size())
        .isBetween(known - 5, known + 5);
    Npy.write(folder.resolve("short.npy"), NpyArray.of(new float[] {1, 2, 3}));
    Ended few = run("--cloud", cloud, "--covariate", folder.resolve("short.npy").toString());
    assertThat(few.code()).isEqualTo(Main.BAD_INPUT);
    assertThat(few.err()).contains("--covariate: expected a number for each of the 80 points");
  }

  @Test
  void badInputIsNamed() throws IOException {
    String cloud = cloud().toString();
    Path two = folder.resolve("two.txt");
    Files.writeString(two, "a\nb\n");
    Ended labels = run("--cloud", cloud, "--labels", two.toString());
    assertThat(labels.code()).isEqualTo(Main.BAD_INPUT);
    assertThat(labels.err()).contains("--labels: expected one for each of the 80 points, found 2");
    Npy.write(folder.resolve("nan.npy"), NpyArray.of(new float[] {1, 2, Float.NaN, 4}, 2, 2));
    assertThat(run("--cloud", folder.resolve("nan.npy").toString()).err()).contains("NaN");
    Npy.write(folder.resolve("few.npy"), NpyArray.of(new float[] {1, 2, 3, 4, 5, 6}, 3, 2));
    assertThat(run("--cloud", folder.resolve("few.npy").toString()).err())
        .contains("four points, the cloud has 3");
    Npy.write(folder.resolve("same.npy"), NpyArray.of(new float[20], 10, 2));
    assertThat(run("--cloud", folder.resolve("same.npy").toString()).err()).contains("are equal");
    assertThat(run("--cloud", cloud, "--residual", "3").err()).contains("--residual");
    assertThat(run("--cloud", cloud, "--remove", two.toString()).code()).isEqualTo(Main.BAD_INPUT);
    assertThat(run("--cloud", cloud, "--memory", "1k").code()).isEqualTo(Main.NO_RESOURCES);
    assertThat(run("--cloud", cloud, "--vectors", cloud).err()).contains("--cloud");
  }
}

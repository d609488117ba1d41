package almagest.cli;

import static org.assertj.core.api.Assertions.assertThat;

import almagest.feature.Sae;
import almagest.format.Json;
import almagest.format.Npy;
import almagest.format.NpyArray;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code sae train} and the verdict of {@code sae eval}, as a user runs them. */
class SaeCommandTest {
  private static final int D = 16;
  private static final Path SMALL =
      Path.of("../almagest/src/test/resources/almagest/feature/sae_eval").toAbsolutePath();

  @TempDir Path folder;

  /** Rows of a few of 24 planted directions. */
  private String activations() {
    Random random = new Random(3);
    float[][] planted = new float[24][D];
    for (float[] direction : planted) {
      for (int i = 0; i < D; i++) {
        direction[i] = (float) random.nextGaussian();
      }
    }
    int rows = 4_000;
    float[] x = new float[rows * D];
    for (int r = 0; r < rows; r++) {
      for (int n = 0; n < 2; n++) {
        float[] direction = planted[random.nextInt(planted.length)];
        float amount = 0.5f + random.nextFloat();
        for (int i = 0; i < D; i++) {
          x[r * D + i] += amount * direction[i];
        }
      }
    }
    Path file = folder.resolve("x.npy");
    Npy.write(file, NpyArray.of(x, rows, D));
    return file.toString();
  }

  private int train(String activations, Path out, int threads, String... more) {
    String[] fixed = {
      "sae",
      "train",
      "--activations",
      activations,
      "--features",
      "32",
      "--steps",
      "300",
      "--batch",
      "256",
      "--learning-rate",
      "3e-3",
      "--quiet",
      "--threads",
      "" + threads,
      "--out",
      out.toString()
    };
    String[] all = java.util.Arrays.copyOf(fixed, fixed.length + more.length);
    System.arraycopy(more, 0, all, fixed.length, more.length);
    return Main.execute(all);
  }

  @ParameterizedTest
  @CsvSource({"--k,2", "--l0,2"})
  void trainingWritesADirectoryOfSaeLensThatBeatsItsControls(String rule, String value)
      throws IOException {
    String x = activations();
    Path out = folder.resolve("sae");
    assertThat(train(x, out, 2, rule, value)).isZero();
    JsonNode report = Json.read(out.resolve("sae-eval.json"));
    double explained = report.at("/held_out/explained_variance").asDouble();
    assertThat(explained)
        .isGreaterThan(report.at("/pca/explained_variance").asDouble())
        .isGreaterThan(report.at("/random_directions/explained_variance").asDouble());
    JsonNode config = Json.read(out.resolve("cfg.json"));
    assertThat(config.path("d_in").asInt()).isEqualTo(D);
    assertThat(config.path("d_sae").asInt()).isEqualTo(32);
    assertThat(Sae.open(out).dSae()).isEqualTo(32);
    assertThat(out.resolve("training.checkpoint")).doesNotExist();
    assertThat(train(x, out, 2, rule, value)).as("nothing is overwritten unasked").isEqualTo(3);
    Path again = folder.resolve("again");
    assertThat(train(x, again, 1, rule, value)).isZero();
    assertThat(again.resolve("sae_weights.safetensors"))
        .hasSameBinaryContentAs(out.resolve("sae_weights.safetensors"));
  }

  private JsonNode verdict(String sae, String... more) {
    Path out = folder.resolve("sae-eval.json");
    String[] fixed = {
      "sae",
      "eval",
      "--model",
      SMALL.resolve("model").toString(),
      "--sae",
      sae,
      "--tokens",
      SMALL.resolve("documents.json").toString(),
      "--quiet",
      "--out",
      out.toString()
    };
    String[] all = java.util.Arrays.copyOf(fixed, fixed.length + more.length);
    System.arraycopy(more, 0, all, fixed.length, more.length);
    assertThat(Main.execute(all)).isZero();
    return Json.read(out).path("verdict");
  }

  @Test
  void anSaeAtItsOwnHookIsFoundGood() {
    for (String sae : List.of("sae_topk", "sae_jumprelu")) {
      assertThat(
              verdict(SMALL.resolve(sae).toString(), "--hook", "blocks.1.hook_resid_post")
                  .path("problems"))
          .as(sae)
          .isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({"blocks.0.hook_mlp_out", "blocks.0.hook_resid_pre", "blocks.1.hook_attn_out"})
  void anotherHookIsFoundOut(String hook) {
    JsonNode verdict =
        verdict(SMALL.resolve("sae_topk").toString(), "--hook", hook, "--expect-variance", "0.9");
    assertThat(verdict.path("good").asBoolean()).isFalse();
    assertThat(verdict.at("/problems/0").asText()).contains("variance");
  }

  @Test
  void aNormalisationThatTheFilesDoNotHoldIsFoundOut() throws IOException {
    Path plain = folder.resolve("plain");
    Sae.open(SMALL.resolve("sae_jumprelu")).save(plain);
    JsonNode config = Json.read(plain.resolve("cfg.json"));
    Files.delete(plain.resolve("cfg.json"));
    Json.write(
        plain.resolve("cfg.json"),
        ((com.fasterxml.jackson.databind.node.ObjectNode) config)
            .put("normalize_activations", "layer_norm"));
    JsonNode verdict =
        verdict(plain.toString(), "--hook", "blocks.1.hook_resid_post", "--expect-l0", "2.12");
    assertThat(verdict.path("good").asBoolean()).isFalse();
    assertThat(verdict.path("problems")).isNotEmpty();
  }

  @Test
  void aBeginningOfTextLeftInIsFoundOut() {
    String x = activations();
    Path sae = folder.resolve("sae");
    assertThat(train(x, sae, 2, "--k", "2")).isZero();
    float[] rows = Npy.read(Path.of(x)).floats();
    Random random = new Random(4);
    float[] bos = new float[D];
    for (int i = 0; i < D; i++) {
      bos[i] = 100 * (float) random.nextGaussian();
    }
    for (int r = 0; r < rows.length / D; r += 64) {
      System.arraycopy(bos, 0, rows, r * D, D);
    }
    Path with = folder.resolve("with-bos.npy");
    Npy.write(with, NpyArray.of(rows, rows.length / D, D));
    double expected =
        Json.read(sae.resolve("sae-eval.json")).at("/held_out/explained_variance").asDouble();
    Path out = folder.resolve("verdict.json");
    for (String activations : List.of(x, with.toString())) {
      assertThat(
              Main.execute(
                  "sae",
                  "eval",
                  "--sae",
                  sae.toString(),
                  "--activations",
                  activations,
                  "--expect-variance",
                  "" + expected,
                  "--quiet",
                  "--out",
                  out.toString()))
          .isZero();
      assertThat(Json.read(out).at("/verdict/good").asBoolean())
          .as(activations)
          .isEqualTo(activations.equals(x));
    }
  }
}

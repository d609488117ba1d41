package almagest.cli;

import static org.assertj.core.api.Assertions.assertThat;

import almagest.format.Json;
import almagest.format.Npz;
import almagest.format.hub.HubServer;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands take names on the hub wherever they take a path; each runs in a process of its own. */
class HubNamesTest {
  private static final Path ROAD =
      Path.of("../almagest/src/test/resources/almagest/brain/end_to_end").toAbsolutePath();
  private static final String SAE = "layer_1/width_16k/average_l0_20/params.npz";

  @TempDir Path folder;
  private HubServer server;
  private String errors = "";

  @BeforeEach
  void serve() throws IOException {
    server = new HubServer();
    for (String file : List.of("config.json", "model.safetensors")) {
      server.put("org/tiny", file, Files.readAllBytes(ROAD.resolve("model").resolve(file)));
    }
    server.put(
        "google/gemma-scope-2b-pt-res",
        SAE,
        Files.readAllBytes(ROAD.resolve("sae").resolve("params.npz")));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private int almagest(String... arguments) throws IOException, InterruptedException {
    Path log = folder.resolve("errors.txt");
    ProcessBuilder builder = Forked.java(List.of("-XX:TieredStopAtLevel=1"), Main.class, arguments);
    builder.environment().put("HF_ENDPOINT", server.address().toString());
    builder.environment().put("HF_HOME", folder.resolve("cache").toString());
    Process process =
        builder
            .redirectOutput(folder.resolve("output.txt").toFile())
            .redirectError(log.toFile())
            .start();
    int code = process.waitFor();
    errors = Files.readString(log);
    return code;
  }

  private JsonNode output() {
    return Json.read(folder.resolve("output.txt"));
  }

  @Test
  void modelAndSaeByNameGiveWhatTheirFilesGive() throws Exception {
    server.drops = 2;
    String out = folder.resolve("out").toString();
    assertThat(
            almagest(
                "collect",
                "--model",
                "hub:org/tiny",
                "--sae",
                "gemma-scope-2b-pt-res/layer_1/width_16k/average_l0_20",
                "--hook",
                "blocks.1.hook_resid_post",
                "--tokens",
                ROAD.resolve("documents.json").toString(),
                "--chunk",
                "16",
                "--context",
                "65",
                "--threshold",
                "0.5",
                "--out",
                out,
                "--json"))
        .as(() -> errors)
        .isZero();
    assertThat(output().path("chunks").asInt()).isEqualTo(122);
    for (String file : List.of("cooccurrence.npz", "occurrences.npz")) {
      var expected = Npz.read(ROAD.resolve(file));
      var got = Npz.read(folder.resolve("out").resolve(file));
      expected.forEach((key, array) ->
          assertThat(got.get(key).doubles()).as(file + " " + key).isEqualTo(array.doubles()));
    }
    assertThat(server.requests).filteredOn(r -> r.contains("bytes=")).isNotEmpty();
  }

  @Test
  void aCloudOrAnSaeMayBeNamedByFileOrRelease() throws Exception {
    String repository = "hub:google/gemma-scope-2b-pt-res:";
    for (String name :
        List.of(repository + SAE, "gemma-scope-2b-pt-res/layer_1/width_16k/average_l0_20")) {
      assertThat(almagest("sae", "info", name, "--json")).as(() -> errors).isZero();
      assertThat(output().path("d_sae").asInt()).isEqualTo(192);
    }
    String map = folder.resolve("map").toString();
    assertThat(
            almagest(
                "map", "--cloud", repository + SAE + ":W_enc", "--method", "pca", "--out", map))
        .as(() -> errors)
        .isZero();
    assertThat(folder.resolve("map/map.npy")).exists();
    assertThat(server.requests)
        .as("downloaded once, found in the cache from then on")
        .filteredOn(r -> r.startsWith("GET /layer_1"))
        .hasSize(1);
  }

  @Test
  void whatTheHubRefusesEndsWithAnExitCodeAndWhatToDo() throws Exception {
    server.damages = true;
    assertThat(almagest("sae", "info", "hub:google/gemma-scope-2b-pt-res:" + SAE)).isEqualTo(4);
    assertThat(errors).contains("checksum").doesNotContain("\tat ");
    server.damages = false;
    server.status = 403;
    server.errorCode = "GatedRepo";
    assertThat(almagest("model", "info", "--model", "hub:org/tiny")).isEqualTo(3);
    assertThat(errors).contains("403", "HF_TOKEN").doesNotContain("\tat ");
  }
}

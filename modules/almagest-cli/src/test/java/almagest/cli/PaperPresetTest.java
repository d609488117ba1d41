package almagest.cli;

import static org.assertj.core.api.Assertions.assertThat;

import almagest.format.Json;
import almagest.format.NpyArray;
import almagest.format.Npz;
import almagest.format.Safetensors;
import almagest.format.Tensor;
import almagest.format.hub.HubServer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.luben.zstd.Zstd;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The published set-up under its published names, with a tiny Gemma 2 and tiny SAEs in place of the
 * real ones: from an empty cache to the page.
 */
class PaperPresetTest {
  private static final Path GEMMA =
      Path.of("../almagest/src/test/resources/almagest/model/gemma2").toAbsolutePath();
  private static final String MODEL = "google/gemma-2-2b";
  private static final String SAES = "google/gemma-scope-2b-pt-res";
  private static final int WIDTH = 48;

  /** The L0 of the wide SAE of each layer that the published analysis took. */
  private static final int[] WIDE = {
    73, 121, 77, 89, 89, 105, 107, 107, 111, 118, 128, 70, 72, 75, 73, 127, 128, 125, 116, 115, 114,
    111, 116, 123, 124, 93
  };

  @TempDir Path folder;
  private HubServer server;

  @BeforeEach
  void serve() throws IOException {
    server = new HubServer();
    server.put(MODEL, "tokenizer.json", Files.readAllBytes(GEMMA.resolve("tokenizer.json")));
    deepGemma(14);
    Random random = new Random(12);
    server.put(SAES, "layer_12/width_16k/average_l0_41/params.npz", sae(random, 128));
    for (int layer = 0; layer < WIDE.length; layer++) {
      server.put(
          SAES,
          "layer_%d/width_65k/average_l0_%d/params.npz".formatted(layer, WIDE[layer]),
          sae(random, 192));
    }
  }

  @AfterEach
  void stop() {
    server.close();
  }

  /** The fixture of four blocks, repeated to the depth that layer 12 needs. */
  private void deepGemma(int depth) throws IOException {
    ObjectNode config = (ObjectNode) Json.read(GEMMA.resolve("config.json"));
    int blocks = config.path("num_hidden_layers").asInt();
    config.put("num_hidden_layers", depth).put("max_position_embeddings", 1024);
    ArrayNode types = config.putArray("layer_types");
    for (int l = 0; l < depth; l++) {
      types.add(l % 2 == 0 ? "sliding_attention" : "full_attention");
    }
    server.put(MODEL, "config.json", Json.line(config).getBytes(StandardCharsets.UTF_8));
    Map<String, Tensor> deep = new TreeMap<>();
    Safetensors.open(GEMMA.resolve("model.safetensors"))
        .tensors()
        .forEach((name, tensor) -> {
          deep.put(name, tensor);
          String[] parts = name.split("\\.", 4);
          if (parts.length == 4 && parts[1].equals("layers")) {
            for (int l = Integer.parseInt(parts[2]) + blocks; l < depth; l += blocks) {
              deep.put("model.layers." + l + "." + parts[3], tensor);
            }
          }
        });
    Path file = folder.resolve("deep.safetensors");
    Safetensors.write(file, deep, Map.of("format", "pt"));
    server.put(MODEL, "model.safetensors", Files.readAllBytes(file));
  }

  /** Random encoder rows that look at a stream of about this length; unit decoder rows. */
  private byte[] sae(Random random, int features) throws IOException {
    float[] encoder = new float[WIDTH * features];
    float[] decoder = new float[features * WIDTH];
    for (int j = 0; j < features; j++) {
      double norm = 0;
      for (int i = 0; i < WIDTH; i++) {
        double x = random.nextGaussian();
        norm += x * x;
        decoder[j * WIDTH + i] = (float) x;
      }
      for (int i = 0; i < WIDTH; i++) {
        decoder[j * WIDTH + i] /= (float) Math.sqrt(norm);
        encoder[i * features + j] = 0.5f * decoder[j * WIDTH + i];
      }
    }
    float[] threshold = new float[features];
    for (int j = 0; j < features; j++) {
      threshold[j] = 4 + 12 * random.nextFloat();
    }
    Map<String, NpyArray> arrays = new LinkedHashMap<>();
    arrays.put("W_enc", NpyArray.of(encoder, WIDTH, features));
    arrays.put("W_dec", NpyArray.of(decoder, features, WIDTH));
    arrays.put("b_enc", NpyArray.of(new float[features], features));
    arrays.put("b_dec", NpyArray.of(new float[WIDTH], WIDTH));
    arrays.put("threshold", NpyArray.of(threshold, features));
    Path file = folder.resolve("params.npz");
    Npz.write(file, arrays);
    return Files.readAllBytes(file);
  }

  /** Documents of four types, two shards, as The Pile has them. */
  private Path pile() throws IOException {
    String[][] words = {
      {"int", "return", "for", "if (x > 0)", "{", "}", ";\n"},
      {"the court", "held", "that", "appeal", "section", "of", ".\n"},
      {"energy", "spectrum", "of", "particles", "we", "show", ".\n"},
      {"she", "said", "and", "went", "home", "again", ".\n"},
    };
    String[] types = {"Github", "FreeLaw", "ArXiv", "Gutenberg (PG-19)"};
    Path train = Files.createDirectories(folder.resolve("pile/train"));
    Random random = new Random(5);
    for (int shard = 0; shard < 2; shard++) {
      StringBuilder lines = new StringBuilder();
      for (int d = 0; d < 40; d++) {
        int type = d % types.length;
        StringBuilder text = new StringBuilder();
        while (text.length() < 900) {
          text.append(words[type][random.nextInt(words[type].length)]).append(' ');
        }
        ObjectNode line = Json.object().put("text", text.toString());
        line.putObject("meta").put("pile_set_name", types[type]);
        lines.append(Json.line(line)).append('\n');
      }
      Files.write(
          train.resolve("0" + shard + ".jsonl.zst"),
          Zstd.compress(lines.toString().getBytes(StandardCharsets.UTF_8)));
    }
    return train;
  }

  private String almagest(int expected, String... arguments)
      throws IOException, InterruptedException {
    Path log = folder.resolve("log.txt");
    ProcessBuilder builder = Forked.java(List.of(), Main.class, arguments);
    builder.environment().put("HF_ENDPOINT", server.address().toString());
    builder.environment().put("HF_HOME", folder.resolve("cache").toString());
    Process process = builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
    int code = process.waitFor();
    String said = Files.readString(log);
    assertThat(code).as(said).isEqualTo(expected);
    return said;
  }

  @Test
  void thePublishedSetUpRunsUnderItsNamesFromAnEmptyCacheToThePage() throws Exception {
    Path out = folder.resolve("run");
    String[] run = {
      "run",
      "--preset",
      "paper",
      "--corpus",
      pile().toString(),
      "--documents",
      "60",
      "--k",
      "2,3,4",
      "--out",
      out.toString()
    };
    String said = almagest(0, run);
    assertThat(said)
        .contains(
            "Plan: gemma-2-2b reads up to 61,380 tokens",
            "To download",
            "hub:google/gemma-2-2b",
            "24 more",
            "] layer-12/features");
    JsonNode galaxy = Json.read(out.resolve("galaxy/galaxy.json"));
    assertThat(galaxy.path("clouds")).hasSize(26).allMatch(c -> c.path("n").asInt() == 192);
    assertThat(galaxy.at("/clouds/12/l0").asInt()).isEqualTo(72);
    Map<String, NpyArray> chunks = Npz.read(out.resolve("layer-12/chunks.npz"));
    assertThat(chunks.get("shape").longs()[1]).isEqualTo(128);
    assertThat(chunks.get("shape").longs()[0]).isGreaterThanOrEqualTo(60);
    List<String> documents = Files.readAllLines(out.resolve("corpus/documents.jsonl"));
    assertThat(documents).hasSize(60);
    assertThat(documents).filteredOn(d -> d.contains("\"held_out\":true")).hasSize(12);
    assertThat(Json.read(out.resolve("layer-12/sae-eval.json")).at("/held_out/l0").asDouble())
        .isPositive();
    for (String file :
        List.of(
            "layer-12/lobes.json",
            "layer-12/control.json",
            "layer-12/texts.jsonl",
            "layer-12/examples.jsonl",
            "crystals/crystals.json",
            "index.html")) {
      assertThat(out.resolve(file)).isNotEmptyFile();
    }
    for (String gone : List.of("activations", "layer-12/features", "layer-12/control-features")) {
      assertThat(out.resolve(gone)).doesNotExist();
    }
    Path collected = folder.resolve("collected");
    almagest(
        0,
        "collect",
        "--model",
        "hub:" + MODEL,
        "--sae",
        "hub:" + SAES + ":layer_12/width_16k/average_l0_41",
        "--hook",
        "blocks.12.hook_resid_post",
        "--corpus",
        folder.resolve("pile/train").toString(),
        "--documents",
        "60",
        "--out",
        collected.toString());
    assertThat(collected.resolve("cooccurrence.npz"))
        .hasSameBinaryContentAs(out.resolve("layer-12/cooccurrence.npz"));
    double density =
        (double) chunks.get("indices").ints().length
            / (chunks.get("shape").longs()[0] * chunks.get("shape").longs()[1]);
    assertThat(density).isBetween(0.02, 0.9);
    server.status = 500;
    assertThat(almagest(0, run)).contains("Nothing to do");
  }

  @Test
  void itSaysWhereTheCorpusIsToComeFrom() throws Exception {
    assertThat(almagest(3, "run", "--preset", "paper"))
        .contains("--corpus", "pile-uncopyrighted")
        .doesNotContain("\tat ");
  }
}

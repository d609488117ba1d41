package almagest.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import almagest.format.Json;
import almagest.format.Safetensors;
import almagest.run.InputException;
import almagest.run.Seed;
import almagest.run.Workers;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointFormatsTest {
  @TempDir private Path folder;

  @Test
  void aTrainedLlama2cCheckpointGivesItsPublishedLogits() throws Exception {
    Path directory = Path.of(CheckpointFormatsTest.class.getResource("stories260k").toURI());
    JsonNode reference = Json.read(directory.resolve("reference.json"));
    Hook third = Hook.parse("blocks.3.hook_resid_pre");
    LanguageModel.Request request = new LanguageModel.Request(Set.of(third), true, Map.of());
    try (LanguageModel model =
            LanguageModel.open(directory.resolve("stories260K.bin"), new LanguageModel.Options());
        Workers workers = new Workers(2)) {
      assertThat(model.layers()).isEqualTo(5);
      for (JsonNode prompt : reference) {
        int[] ids =
            StreamSupport.stream(prompt.path("token_ids").spliterator(), false)
                .mapToInt(JsonNode::asInt)
                .toArray();
        try (Activations a = model.forward(List.of(Context.of(ids)), request, workers)) {
          float[] logits = a.logits().row(ids.length - 1);
          for (JsonNode top : prompt.path("last_position_top5")) {
            assertThat((double) logits[top.path("id").asInt()])
                .isCloseTo(top.path("logit").asDouble(), org.assertj.core.data.Offset.offset(1e-3));
          }
          JsonNode four = prompt.path("last_position_residual_first4_at_layer3_input");
          for (int i = 0; i < 4; i++) {
            assertThat((double) a.at(third).get(ids.length - 1, i))
                .isCloseTo(four.get(i).asDouble(), org.assertj.core.data.Offset.offset(1e-4));
          }
        }
      }
    }
  }

  @Test
  void aCutOffLlama2cCheckpointIsRefused() throws Exception {
    Path directory = Path.of(CheckpointFormatsTest.class.getResource("stories260k").toURI());
    byte[] bytes = Files.readAllBytes(directory.resolve("stories260K.bin"));
    Path cut = folder.resolve("cut.bin");
    Files.write(cut, Arrays.copyOf(bytes, bytes.length / 2));
    assertThatThrownBy(() -> LanguageModel.open(cut, new LanguageModel.Options()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("cut off");
  }

  @Test
  void aLlama2cVocabularyWithoutAnAbsoluteValueIsRefused() throws Exception {
    Path file = folder.resolve("absurd.bin");
    ByteBuffer sizes = ByteBuffer.allocate(28).order(ByteOrder.LITTLE_ENDIAN);
    for (int size : new int[] {4, 4, 1, 2, 1, Integer.MIN_VALUE, 2}) {
      sizes.putInt(size);
    }
    Files.write(file, sizes.array());
    assertThatThrownBy(() -> LanguageModel.open(file, new LanguageModel.Options()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("byte 20");
  }

  @Test
  void aHubCacheFolderStandsForItsSnapshot() throws IOException {
    Path repository = folder.resolve("models--made--up");
    Path snapshot = repository.resolve("snapshots").resolve("a".repeat(40));
    copy(new Reference("qwen2").directory, snapshot);
    Files.createDirectories(repository.resolve("snapshots").resolve("b".repeat(40)));
    Files.createDirectories(repository.resolve("refs"));
    Files.writeString(repository.resolve("refs").resolve("main"), "a".repeat(40));
    try (LanguageModel model = LanguageModel.open(repository, new LanguageModel.Options())) {
      assertThat(model.family()).isEqualTo("qwen2");
    }
  }

  @Test
  void weightsThatDoNotFitTheConfigurationAreRefusedAtOnce() throws IOException {
    Path directory = folder.resolve("wrong");
    copy(new Reference("llama").directory, directory);
    Path config = directory.resolve("config.json");
    Files.writeString(
        config,
        Files.readString(config).replace("\"intermediate_size\": 96", "\"intermediate_size\": 97"));
    assertThatThrownBy(() -> LanguageModel.open(directory, new LanguageModel.Options()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("mlp.gate_proj.weight")
        .hasMessageContaining("[97, 48]");
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
  }

  /** Positions beyond the first few hundred get their logits apart from the others. */
  @Test
  void theLogitsOfALongContextAreTheFinalStatesTimesTheHead() throws Exception {
    Path original = new Reference("mistral").directory;
    for (String name : List.of("model.safetensors", "tokenizer.json")) {
      Files.copy(original.resolve(name), folder.resolve(name));
    }
    ObjectNode config = (ObjectNode) Json.read(original.resolve("config.json"));
    Files.writeString(
        folder.resolve("config.json"), Json.line(config.put("max_position_embeddings", 600)));
    int vocabulary = config.path("vocab_size").asInt();
    int[] ids = new Seed(1).generator().ints(600, 3, vocabulary).toArray();
    float[] head =
        Safetensors.open(original.resolve("model.safetensors")).tensor("lm_head.weight").floats();
    Hook last = Hook.parse("final_norm_out");
    try (LanguageModel model = LanguageModel.open(folder, new LanguageModel.Options());
        Workers workers = new Workers(1);
        Activations got =
            model.forward(
                List.of(Context.of(ids)),
                new LanguageModel.Request(Set.of(last), true, Map.of()),
                workers)) {
      int d = got.at(last).columns();
      for (int row : new int[] {0, 511, 512, 513, 599}) {
        for (int token = 0; token < vocabulary; token++) {
          double sum = 0;
          for (int i = 0; i < d; i++) {
            sum += (double) got.at(last).get(row, i) * head[token * d + i];
          }
          assertThat((double) got.logits().get(row, token)).isCloseTo(sum, within(1e-4));
        }
      }
    }
  }
}

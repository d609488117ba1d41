package almagest.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import almagest.format.Gguf;
import almagest.format.Json;
import almagest.format.Npy;
import almagest.format.Npz;
import almagest.model.LanguageModel.Request;
import almagest.run.InputException;
import almagest.run.Workers;
import com.fasterxml.jackson.databind.JsonNode;
import java.lang.foreign.MemorySegment;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The files in {@code gguf/} were made by the script beside them. */
class GgufModelTest {
  private static Path made(String name) throws URISyntaxException {
    return Path.of(GgufModelTest.class.getResource("gguf/make.py").toURI()).resolveSibling(name);
  }

  @ParameterizedTest
  @CsvSource({
    "llama, blocks.2.hook_resid_pre",
    "qwen2, blocks.2.hook_resid_pre",
    "llama3, blocks.1.hook_resid_pre",
    "phi3, blocks.1.hook_resid_pre",
    "gpt2, blocks.1.hook_resid_pre",
    "gptneox, blocks.1.hook_resid_pre",
    "bert, blocks.1.hook_resid_pre"
  })
  void statesAndLogitsAreThoseOfTheReference(String name, String point) throws Exception {
    int[] ids = Npy.read(made("ids.npy")).ints();
    int length = ids.length / 2;
    List<Context> contexts =
        List.of(
            Context.of(Arrays.copyOfRange(ids, 0, length)),
            Context.of(Arrays.copyOfRange(ids, length, ids.length)));
    Npz expected = Npz.open(made(name + ".npz"));
    boolean logits = !name.equals("bert"); // an encoder has none
    Hook hook = Hook.parse(point);
    try (LanguageModel model =
            LanguageModel.open(made(name + ".gguf"), new LanguageModel.Options());
        Workers workers = new Workers(1);
        Activations got =
            model.forward(contexts, new Request(Set.of(hook), logits, Map.of()), workers)) {
      close(got.at(hook).toArray(), expected.tensor(point).floats(), 1e-4);
      if (logits) {
        close(got.logits().toArray(), expected.tensor("logits").floats(), 5e-4);
      }
    }
  }

  @Test
  void biasesOfAnMlpStayFloat32BesideBf16Products() throws Exception {
    int[] ids = Npy.read(made("ids.npy")).ints();
    Context context = Context.of(Arrays.copyOfRange(ids, 0, ids.length / 2));
    float[] expected = Npz.open(made("llama3.npz")).tensor("logits").floats();
    try (LanguageModel model =
            LanguageModel.open(made("llama3.gguf"), LanguageModel.Options.of("cpu", "bf16"));
        Workers workers = new Workers(1);
        Activations got =
            model.forward(List.of(context), new Request(Set.of(), true, Map.of()), workers)) {
      float[] logits = got.logits().toArray();
      close(logits, Arrays.copyOf(expected, logits.length), 0.1);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "bpe-llama, llama",
    "bpe-qwen3, qwen3",
    "bpe-gpt2, gpt2",
    "spm-gemma, gemma2",
    "spm-mistral, mistral"
  })
  void aTokenizerInTheFileGivesTheIdsOfTheOriginal(String name, String model) throws Exception {
    Path file = made("tokenizer-" + name + ".gguf");
    JsonNode expected = Json.read(new Reference(model).directory.resolve("tokens.json"));
    try (Tokenizer tokenizer = Tokenizer.of(file, GgufTokenizer.of(file, Gguf.open(file)))) {
      for (JsonNode text : expected.path("texts")) {
        assertThat(Json.tree(tokenizer.encode(text.path("text").asText())))
            .as(text.toString())
            .isEqualTo(text.path("ids"));
      }
    }
  }

  /** Nothing is allocated for as many heads as a file says it has. */
  @ParameterizedTest
  @CsvSource({
    "gptneox, gptneox.embedding_length, 96000000, attn_qkv",
    "gptneox, gptneox.attention.head_count, 90000000, attn_qkv",
    "gptneox, gptneox.attention.head_count, 5, attn_qkv",
    "llama3, llama.rope.dimension_count, 12, attn_k",
    "llama3, llama.rope.dimension_count, 1, attn_k"
  })
  void headsThatTheTensorsHaveNotAreRefused(String name, String key, int value, String tensor)
      throws Exception {
    byte[] bytes = Files.readAllBytes(made(name + ".gguf"));
    int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf(key);
    int kind = Integer.BYTES; // which stands between a key and its value
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(at + key.length() + kind, value);
    GgufModel model = GgufModel.read(Path.of("fuzzed"), MemorySegment.ofArray(bytes).asReadOnly());
    assertThatThrownBy(model::weights)
        .isInstanceOf(InputException.class)
        .hasMessageContaining(tensor);
  }

  private static void close(float[] got, float[] expected, double tolerance) {
    assertThat(got).hasSameSizeAs(expected);
    for (int i = 0; i < got.length; i++) {
      assertThat(got[i]).as("element %d", i).isCloseTo(expected[i], within((float) tolerance));
    }
  }
}

package almagest.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import almagest.format.Json;
import almagest.run.InputException;
import almagest.run.Workers;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every architecture against the values that transformers computed with the same weights. */
class FamilyTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bert",
        "gemma",
        "gemma2",
        "gemma2_fp16",
        "gemma3_text",
        "gpt2",
        "gpt_neox",
        "llama",
        "llama_bf16",
        "mistral",
        "opt",
        "phi3",
        "qwen2",
        "qwen3"
      })
  void everyHookPointEqualsTheReference(String name) {
    Reference reference = new Reference(name);
    assertEqual(reference, reference.directory);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bert",
        "gemma",
        "gemma2",
        "gemma2_fp16",
        "gemma3_text",
        "gpt2",
        "gpt_neox",
        "llama",
        "llama_bf16",
        "mistral",
        "opt",
        "phi3",
        "qwen2",
        "qwen3"
      })
  void theOlderSpellingOfAConfigurationMeansTheSame(String name) throws IOException {
    Reference reference = new Reference(name);
    assertEqual(reference, copy(reference.directory, "config.v4.json"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"gemma2", "llama", "bert", "gpt2"})
  void anUnknownKeyIsRefusedByName(String name) throws IOException {
    Path directory = copy(new Reference(name).directory, "config.json");
    ObjectNode config = (ObjectNode) Json.read(directory.resolve("config.json"));
    config.put("residual_multiplier", 0.5);
    Json.write(directory.resolve("config.json"), config);
    assertThatThrownBy(() -> LanguageModel.open(directory, new LanguageModel.Options()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("residual_multiplier");
  }

  private static void assertEqual(Reference reference, Path directory) {
    try (LanguageModel model = LanguageModel.open(directory, new LanguageModel.Options());
        Workers workers = new Workers(2)) {
      Set<Hook> hooks = reference.hooks().stream().map(Hook::parse).collect(Collectors.toSet());
      LanguageModel.Request request = new LanguageModel.Request(hooks, model.hasLogits(), Map.of());
      try (Activations found = model.forward(reference.contexts, request, workers)) {
        for (int c = 0; c < reference.contexts.size(); c++) {
          for (String key : reference.hooks()) {
            float[] values = found.at(Hook.parse(key), c).toArray();
            assertThat(Reference.largestDifference(values, reference.values(key, c)))
                .as("%s, context %d", key, c)
                .isLessThan(1e-4);
          }
          if (model.hasLogits()) {
            float[] logits = found.logits(c).toArray();
            assertThat(Reference.largestDifference(logits, reference.values("logits", c)))
                .as("logits, context %d", c)
                .isLessThan(5e-4);
          }
        }
      }
    }
  }

  /** The directory with one of its configurations as the configuration. */
  private Path copy(Path directory, String config) throws IOException {
    Path copy = Files.createDirectories(folder.resolve(directory.getFileName()));
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.filter(f -> f.toString().contains("model")).toList()) {
        Files.copy(file, copy.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
    }
    Files.copy(
        directory.resolve(config),
        copy.resolve("config.json"),
        StandardCopyOption.REPLACE_EXISTING);
    return copy;
  }
}

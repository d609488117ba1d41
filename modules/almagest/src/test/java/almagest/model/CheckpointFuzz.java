package almagest.model;

import almagest.format.Json;
import almagest.run.InputException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Targets for a fuzzer that is guided by coverage (see docs/files.md): any bytes are a model or a
 * tokenizer, or are refused by an {@link InputException}.
 */
final class CheckpointFuzz {
  private static final Path FILE = Path.of("fuzzed");
  private static final String TEXT = "Zoë  counted 42\n<s>\u2581🙂";

  private CheckpointFuzz() {}

  private static MemorySegment memory(byte[] data) {
    return MemorySegment.ofArray(data).asReadOnly();
  }

  private static void use(JsonNode description) {
    try (Tokenizer tokenizer = Tokenizer.of(FILE, description)) {
      for (int id : tokenizer.encode(TEXT)) {
        tokenizer.display(id);
      }
      tokenizer.decode(tokenizer.encodePlain(TEXT));
    }
  }

  /** Target for checkpoints of llama2.c. */
  static final class OfLlama2c {
    public static void fuzzerTestOneInput(byte[] data) {
      try {
        Llama2c.Parts parts = Llama2c.read(FILE, memory(data));
        parts.stored().values().forEach(almagest.format.Tensor::floats);
      } catch (InputException e) {
        // Refused by name, as it should be.
      }
    }
  }

  /** Target for what a GGUF file says of its model and tokenizer. */
  static final class OfGgufModel {
    public static void fuzzerTestOneInput(byte[] data) {
      try {
        GgufModel model = GgufModel.read(FILE, memory(data));
        model.config();
        model.weights().values().forEach(almagest.format.Tensor::floats);
        JsonNode tokenizer = model.tokenizer();
        if (tokenizer != null) {
          use(tokenizer);
        }
      } catch (InputException e) {
        // Refused by name, as it should be.
      }
    }
  }

  /** Target for {@code tokenizer.json}. */
  static final class OfTokenizer {
    public static void fuzzerTestOneInput(byte[] data) {
      try {
        use(Json.parse(new String(data, StandardCharsets.UTF_8)));
      } catch (InputException | JsonProcessingException e) {
        // Refused by name, as it should be.
      }
    }
  }
}

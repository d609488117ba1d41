package almagest.model;

import almagest.format.Gguf;
import almagest.format.Json;
import almagest.run.InputException;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The tokenizers of GGUF files as a {@code tokenizer.json}, so that the Hugging Face tokenizer
 * reads them: byte-level BPE and SentencePiece. How byte-level BPE cuts a text before merging is
 * named in the file ({@code tokenizer.ggml.pre}); names that are not known give no tokenizer: put
 * the model's {@code tokenizer.json} beside the file.
 */
final class GgufTokenizer {
  private static final long CONTROL = 3;
  private static final long UNKNOWN = 2;
  static final long USER_DEFINED = 4;

  /** What a word is for Llama 3 and Qwen 2; they differ in how many digits stay together. */
  private static final String WORDS =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}DIGITS| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
          + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  private GgufTokenizer() {}

  static @Nullable ObjectNode of(Path file, Gguf gguf) {
    String[] tokens = tokens(gguf);
    ObjectNode root =
        switch (String.valueOf(gguf.metadata().get("tokenizer.ggml.model"))) {
          case "gpt2" -> byteLevel(file, gguf, tokens);
          case "llama" -> GgufSentencePiece.describe(file, gguf);
          default -> null;
        };
    if (root != null) {
      added(gguf, tokens, root.putArray("added_tokens"));
      beginning(gguf, tokens, root);
    }
    return root;
  }

  private static String[] tokens(Gguf gguf) {
    return gguf.metadata().get("tokenizer.ggml.tokens") instanceof String[] tokens
        ? tokens
        : new String[0];
  }

  private static @Nullable ObjectNode byteLevel(Path file, Gguf gguf, String[] tokens) {
    if (!gguf.metadata().containsKey("tokenizer.ggml.merges")) {
      return null;
    }
    ObjectNode root = Json.object();
    root.put("version", "1.0");
    ArrayNode cut =
        root.putObject("pre_tokenizer").put("type", "Sequence").putArray("pretokenizers");
    boolean known = cut(String.valueOf(gguf.metadata().get("tokenizer.ggml.pre")), cut, root);
    if (!known) {
      return null;
    }
    byteLevel(root.putObject("decoder"), true);
    ObjectNode model = root.putObject("model").put("type", "BPE");
    model.put("ignore_merges", isLlama3(gguf));
    ObjectNode vocabulary = model.putObject("vocab");
    for (int i = 0; i < tokens.length; i++) {
      if (vocabulary.has(tokens[i])) {
        throw InputException.in(
            file, "tokenizer.ggml.tokens", "token " + i + " is there twice", "");
      }
      vocabulary.put(tokens[i], i);
    }
    ArrayNode merges = model.putArray("merges");
    for (String merge : gguf.metadata("tokenizer.ggml.merges", String[].class)) {
      merges.add(merge);
    }
    return root;
  }

  private static boolean cut(String name, ArrayNode steps, ObjectNode root) {
    switch (name) {
      case "gpt-2", "default" -> byteLevel(steps.addObject(), true);
      case "smollm" -> {
        steps.addObject().put("type", "Digits").put("individual_digits", true);
        byteLevel(steps.addObject(), true);
      }
      case "llama-bpe", "llama-v3", "llama3" -> {
        split(steps, "{1,3}");
        byteLevel(steps.addObject(), false);
      }
      case "qwen2", "deepseek-r1-qwen" -> {
        root.putObject("normalizer").put("type", "NFC");
        split(steps, "");
        byteLevel(steps.addObject(), false);
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private static boolean isLlama3(Gguf gguf) {
    return Set.of("llama-bpe", "llama-v3", "llama3")
        .contains(String.valueOf(gguf.metadata().get("tokenizer.ggml.pre")));
  }

  private static void split(ArrayNode steps, String digits) {
    ObjectNode split = steps.addObject().put("type", "Split");
    split.putObject("pattern").put("Regex", WORDS.replace("DIGITS", digits));
    split.put("behavior", "Isolated").put("invert", false);
  }

  private static void byteLevel(ObjectNode step, boolean regex) {
    step.put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", true)
        .put("use_regex", regex);
  }

  /**
   * Tokens that stand for themselves wherever a text spells them. SentencePiece's runs of spaces
   * are not among them, they are merged.
   */
  private static void added(Gguf gguf, String[] tokens, ArrayNode into) {
    if (!(gguf.metadata().get("tokenizer.ggml.token_type") instanceof long[] kinds)) {
      return;
    }
    boolean bytes = "gpt2".equals(gguf.metadata().get("tokenizer.ggml.model"));
    for (int i = 0; i < Math.min(kinds.length, tokens.length); i++) {
      boolean defined = kinds[i] == USER_DEFINED && (bytes || tokens[i].indexOf(' ') < 0);
      if (kinds[i] == CONTROL || kinds[i] == UNKNOWN || defined) {
        into.addObject()
            .put("id", i)
            .put("content", tokens[i])
            .put("single_word", false)
            .put("lstrip", false)
            .put("rstrip", false)
            .put("normalized", false)
            .put("special", kinds[i] != USER_DEFINED);
      }
    }
  }

  private static void beginning(Gguf gguf, String[] tokens, ObjectNode root) {
    // As llama.cpp, where the file is silent: SentencePiece and Llama 3 begin with BOS.
    boolean byDefault =
        "llama".equals(gguf.metadata().get("tokenizer.ggml.model")) || isLlama3(gguf);
    boolean begins =
        gguf.metadata().get("tokenizer.ggml.add_bos_token") instanceof Boolean said
            ? said
            : byDefault;
    if (begins
        && gguf.metadata().get("tokenizer.ggml.bos_token_id") instanceof Long id
        && id >= 0
        && id < tokens.length) {
      String token = tokens[id.intValue()];
      ObjectNode template = root.putObject("post_processor").put("type", "TemplateProcessing");
      template.set("single", Json.tree(java.util.List.of(special(token), sequence("A"))));
      template.set(
          "pair",
          Json.tree(
              java.util.List.of(special(token), sequence("A"), special(token), sequence("B"))));
      ObjectNode described = template.putObject("special_tokens").putObject(token);
      described.put("id", token);
      described.putArray("ids").add(id);
      described.putArray("tokens").add(token);
    }
  }

  private static ObjectNode special(String token) {
    ObjectNode node = Json.object();
    node.putObject("SpecialToken").put("id", token).put("type_id", 0);
    return node;
  }

  private static ObjectNode sequence(String id) {
    ObjectNode node = Json.object();
    node.putObject("Sequence").put("id", id).put("type_id", 0);
    return node;
  }
}

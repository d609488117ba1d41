package almagest.model;

import almagest.format.Gguf;
import almagest.format.Json;
import almagest.run.InputException;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Byte-level BPE tokenizers of GGUF files as a {@code tokenizer.json}, so that the Hugging Face
 * tokenizer reads them. How a text is cut before merging is named in the file ({@code
 * tokenizer.ggml.pre}); names that are not known give no tokenizer, as do SentencePiece
 * vocabularies: put the model's {@code tokenizer.json} beside the file.
 */
final class GgufTokenizer {
  private static final long CONTROL = 3;
  private static final long USER_DEFINED = 4;

  /** What a word is for Llama 3 and Qwen 2; they differ in how many digits stay together. */
  private static final String WORDS =
      "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}DIGITS| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
          + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  private GgufTokenizer() {}

  static @Nullable ObjectNode of(Path file, Gguf gguf) {
    if (!"gpt2".equals(gguf.metadata().get("tokenizer.ggml.model"))
        || !gguf.metadata().containsKey("tokenizer.ggml.merges")) {
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
    String[] tokens = gguf.metadata("tokenizer.ggml.tokens", String[].class);
    ObjectNode model = root.putObject("model").put("type", "BPE");
    model.put("ignore_merges", "llama-bpe".equals(gguf.metadata().get("tokenizer.ggml.pre")));
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
    added(gguf, tokens, root.putArray("added_tokens"));
    beginning(gguf, tokens, root);
    return root;
  }

  private static boolean cut(String name, ArrayNode steps, ObjectNode root) {
    switch (name) {
      case "gpt-2", "default" -> byteLevel(steps.addObject(), true);
      case "smollm" -> {
        steps.addObject().put("type", "Digits").put("individual_digits", true);
        byteLevel(steps.addObject(), true);
      }
      case "llama-bpe" -> {
        split(steps, "{1,3}");
        byteLevel(steps.addObject(), false);
      }
      case "qwen2" -> {
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

  /** Tokens that stand for themselves wherever a text spells them. */
  private static void added(Gguf gguf, String[] tokens, ArrayNode into) {
    if (!(gguf.metadata().get("tokenizer.ggml.token_type") instanceof long[] kinds)) {
      return;
    }
    for (int i = 0; i < Math.min(kinds.length, tokens.length); i++) {
      if (kinds[i] == CONTROL || kinds[i] == USER_DEFINED) {
        into.addObject()
            .put("id", i)
            .put("content", tokens[i])
            .put("single_word", false)
            .put("lstrip", false)
            .put("rstrip", false)
            .put("normalized", false)
            .put("special", kinds[i] == CONTROL);
      }
    }
  }

  private static void beginning(Gguf gguf, String[] tokens, ObjectNode root) {
    boolean begins = Boolean.TRUE.equals(gguf.metadata().get("tokenizer.ggml.add_bos_token"));
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

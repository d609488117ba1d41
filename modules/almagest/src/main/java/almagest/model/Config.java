package almagest.model;

import almagest.format.Json;
import almagest.run.InputException;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A model's {@code config.json}. Keeps track of what was read: a key that nobody read and that is
 * not known to be without effect is refused by name, since it may change the result.
 */
final class Config {
  /** Keys that say nothing about the forward pass. */
  private static final Set<String> WITHOUT_EFFECT =
      Set.of(
          "_name_or_path",
          "architectures",
          "attention_dropout",
          "bos_token_id",
          "chunk_size_feed_forward",
          "dtype",
          "eos_token_id",
          "id2label",
          "initializer_range",
          "label2id",
          "model_type",
          "output_attentions",
          "output_hidden_states",
          "pad_token_id",
          "return_dict",
          "sep_token_id",
          "cls_token_id",
          "tokenizer_class",
          "torch_dtype",
          "torchscript",
          "transformers_version",
          "use_cache",
          "problem_type",
          "pretraining_tp",
          "tie_word_embeddings",
          "transformers.js_config");

  private final Path file;
  private final JsonNode root;
  private final Set<String> read = new HashSet<>();

  private Config(Path file, JsonNode root) {
    this.file = file;
    this.root = root;
  }

  static Config read(Path file) {
    return of(file, Json.read(file));
  }

  static Config of(Path file, JsonNode root) {
    if (!root.isObject()) {
      throw InputException.in(file, "", "expected a JSON object", "");
    }
    return new Config(file, root);
  }

  Path file() {
    return file;
  }

  /** The value of a key; null where it is missing or null. */
  @Nullable JsonNode node(String key) {
    read.add(key);
    JsonNode node = root.get(key);
    return node == null || node.isNull() ? null : node;
  }

  /** A whole number of at least one. */
  int positive(String key) {
    JsonNode node = node(key);
    if (node == null) {
      throw InputException.in(file, key, "expected a whole number, found nothing", "");
    }
    return positive(key, node);
  }

  int positive(String key, int otherwise) {
    JsonNode node = node(key);
    return node == null ? otherwise : positive(key, node);
  }

  private int positive(String key, JsonNode node) {
    if (!node.isIntegralNumber()
        || !node.canConvertToInt()
        || node.intValue() < 1
        || node.intValue() > 100_000_000) {
      throw InputException.in(
          file, key, "expected a whole number from 1 to 100,000,000, found " + node, "");
    }
    return node.intValue();
  }

  /** A number that divides {@code total}. */
  int divisorOf(int total, String key) {
    int n = positive(key);
    if (total % n != 0) {
      throw InputException.in(file, key, n + " does not divide " + total, "");
    }
    return n;
  }

  double number(String key) {
    JsonNode node = node(key);
    if (node == null || !node.isNumber()) {
      throw InputException.in(file, key, "expected a number, found " + node, "");
    }
    return node.doubleValue();
  }

  double number(String key, double otherwise) {
    return node(key) == null ? otherwise : number(key);
  }

  boolean flag(String key, boolean otherwise) {
    JsonNode node = node(key);
    if (node != null && !node.isBoolean()) {
      throw InputException.in(file, key, "expected true or false, found " + node, "");
    }
    return node == null ? otherwise : node.booleanValue();
  }

  String text(String key) {
    JsonNode node = node(key);
    if (node == null || !node.isTextual()) {
      throw InputException.in(file, key, "expected a text, found " + node, "");
    }
    return node.textValue();
  }

  /** The id that begins a text, or nothing where the model has none. */
  int[] beginning() {
    JsonNode node = node("bos_token_id");
    return node != null && node.canConvertToInt() && node.isIntegralNumber()
        ? new int[] {node.intValue()}
        : new int[0];
  }

  /** Refuses any value but one; missing counts as that one. */
  void require(String key, Object value) {
    JsonNode node = node(key);
    if (node != null && !node.equals(Json.tree(value))) {
      throw InputException.in(
          file, key, "only " + Json.tree(value) + " is supported, found " + node, "");
    }
  }

  /** Marks keys as known to have no effect on the forward pass. */
  void ignore(String... keys) {
    read.addAll(Set.of(keys));
  }

  /** Refuses keys that nobody asked for; a null value says nothing and passes. */
  void refuseTheRest() {
    Set<String> unknown = new TreeSet<>();
    root.properties()
        .forEach(e -> {
          if (!e.getValue().isNull()
              && !read.contains(e.getKey())
              && !WITHOUT_EFFECT.contains(e.getKey())) {
            unknown.add(e.getKey());
          }
        });
    if (!unknown.isEmpty()) {
      throw InputException.in(
          file,
          String.join(", ", unknown),
          "not known for model_type "
              + root.path("model_type").asText("?")
              + " and may change the result",
          "remove the key if it has no effect");
    }
  }
}

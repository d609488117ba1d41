package almagest.model;

import almagest.format.Json;
import almagest.run.InputException;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntPredicate;
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
          "cache_implementation",
          "is_llama_config",
          "task_specific_params",
          "torch_dtype",
          "torchscript",
          "transformers_version",
          "unsloth_fixed",
          "use_cache",
          "problem_type",
          "pretraining_tp",
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
    return divisor(total, key, positive(key));
  }

  private int divisor(int total, String key, int n) {
    if (total % n != 0) {
      throw InputException.in(file, key, n + " does not divide " + total, "");
    }
    return n;
  }

  /** The usual names of the sizes of a decoder. */
  Sizes sizes(int d, int attentionWidth) {
    return new Sizes(
        positive("num_hidden_layers"),
        d,
        attentionWidth,
        positive("max_position_embeddings"),
        positive("vocab_size"));
  }

  /** {@code num_key_value_heads}, which divides the number of heads; missing: as many as heads. */
  int headGroups(int heads) {
    int groups = positive("num_key_value_heads", heads);
    if (heads % groups != 0) {
      throw InputException.in(
          file, "num_key_value_heads", groups + " does not divide " + heads + " heads", "");
    }
    return groups;
  }

  /** {@code head_dim}; missing: the width of the residual stream over the number of heads. */
  int headWidth(int d, int heads) {
    return node("head_dim") == null
        ? d / divisor(d, "num_attention_heads", heads)
        : positive("head_dim");
  }

  /** {@code sliding_window}; null says none (0), missing says {@code otherwise}. */
  int window(int otherwise) {
    read.add("sliding_window");
    JsonNode node = root.get("sliding_window");
    return node == null ? otherwise : node.isNull() ? 0 : positive("sliding_window", node);
  }

  /**
   * The window of every layer, 0 for none: by {@code layer_types} where they are given, else by
   * {@code otherwise}.
   *
   * @param window of a sliding layer
   * @param otherwise whether a layer slides
   */
  int[] windows(int layers, int window, IntPredicate otherwise) {
    JsonNode types = node("layer_types");
    if (types != null && (!types.isArray() || types.size() != layers)) {
      throw InputException.in(
          file, "layer_types", "expected a type for each of " + layers + " layers", "");
    }
    int[] windows = new int[layers];
    for (int l = 0; l < layers; l++) {
      String type = types == null ? "" : types.get(l).asText();
      boolean slides =
          switch (type) {
            case "sliding_attention" -> true;
            case "full_attention" -> false;
            case "" -> otherwise.test(l);
            default ->
                throw InputException.in(
                    file,
                    "layer_types",
                    "expected sliding_attention or full_attention, found " + type,
                    "");
          };
      if (slides && window == 0 && types != null) {
        throw InputException.in(file, "sliding_window", "expected the width of sliding layers", "");
      }
      windows[l] = slides ? window : 0;
    }
    return windows;
  }

  /** Qwen's rule: layers from {@code max_window_layers} on slide, if {@code use_sliding_window}. */
  int[] windowsOfQwen(int layers) {
    int window = flag("use_sliding_window", false) ? window(4096) : 0;
    ignore("sliding_window");
    int first = positive("max_window_layers", 28);
    return windows(layers, window, l -> window > 0 && l >= first);
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

  /** Refuses any text but these; missing or null passes. */
  void requireAnyOf(String key, String... values) {
    JsonNode node = node(key);
    if (node != null && !Set.of(values).contains(node.asText())) {
      throw InputException.in(
          file, key, "expected one of " + Set.of(values) + ", found " + node, "");
    }
  }

  /** A soft cap: null says none (0), missing says {@code otherwise}. */
  double cap(String key, double otherwise) {
    read.add(key);
    JsonNode node = root.get(key);
    if (node == null || node.isNull()) {
      return node == null ? otherwise : 0;
    }
    double cap = number(key);
    if (!(cap > 0)) {
      throw InputException.in(file, key, "expected a positive number, found " + node, "");
    }
    return cap;
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

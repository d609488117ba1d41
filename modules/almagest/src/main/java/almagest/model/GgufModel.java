package almagest.model;

import almagest.format.Gguf;
import almagest.format.Json;
import almagest.format.Tensor;
import almagest.run.InputException;
import almagest.tensor.FloatMatrix;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A model in a GGUF file, told in the terms of a Hugging Face checkpoint: a configuration and
 * tensors by their Hugging Face names, so that the families need not know where they come from.
 * What llama.cpp's converter changes on the way in is undone: Llama's query and key rows are
 * interleaved there, GPT-NeoX's rows of one head lie apart, GPT-2's matrices are by output, and
 * Gemma's norms have their one added. Metadata of the architecture or a tensor that is not known is
 * refused by name.
 *
 * <p>Quantised weights stay quantised in the mapped file and are widened when a block runs.
 */
final class GgufModel {
  private static final Set<String> ARCHITECTURES =
      Set.of(
          "llama", "qwen2", "qwen3", "gemma", "gemma2", "gemma3", "phi3", "gpt2", "gptneox",
          "bert");

  private final Path file;
  private final Gguf gguf;
  private final String architecture;
  private final GgufNames names;
  private final Set<String> known = new TreeSet<>();

  /** Reads the metadata; refuses other architectures. */
  GgufModel(Path file) {
    this(file, Gguf.open(file));
  }

  static GgufModel read(Path file, MemorySegment memory) {
    return new GgufModel(file, Gguf.read(file, memory));
  }

  private GgufModel(Path file, Gguf gguf) {
    this.file = file;
    this.gguf = gguf;
    this.architecture = gguf.metadata("general.architecture", String.class);
    if (!ARCHITECTURES.contains(architecture)) {
      throw InputException.in(
          file,
          "general.architecture",
          "expected one of " + new TreeSet<>(ARCHITECTURES) + ", found " + architecture,
          "other architectures are not computed from GGUF");
    }
    this.names = GgufNames.of(architecture);
  }

  /** What {@code config.json} would say. */
  Config config() {
    ObjectNode config = Json.object();
    switch (architecture) {
      case "gpt2" -> gpt2(config);
      case "gptneox" -> gptNeoX(config);
      case "bert" -> bert(config);
      default -> llama(config);
    }
    config.put("vocab_size", rows("token_embd.weight"));
    if (gguf.metadata().get("tokenizer.ggml.bos_token_id") instanceof Long id) {
      config.put("bos_token_id", id);
    }
    if (!architecture.equals("bert")) {
      config.put("tie_word_embeddings", !gguf.has("output.weight"));
    }
    refuseTheRest();
    return Config.of(file, config);
  }

  /** Activation functions are not in the file: those of the published checkpoints. */
  private void gpt2(ObjectNode config) {
    config.put("model_type", "gpt2");
    config.put("n_embd", whole("embedding_length"));
    config.put("n_layer", whole("block_count"));
    config.put("n_head", whole("attention.head_count"));
    config.put("n_inner", whole("feed_forward_length"));
    config.put("n_positions", whole("context_length"));
    config.put("layer_norm_epsilon", number("attention.layer_norm_epsilon"));
    config.put("activation_function", "gelu_new");
    config.put(Gpt2.BY_OUTPUT, true);
  }

  private void gptNeoX(ObjectNode config) {
    stream(config, "gpt_neox");
    int width = headWidth();
    config.put("rotary_pct", (double) whole("rope.dimension_count", width) / width);
    config.put("rotary_emb_base", number("rope.freq_base", 10_000));
    config.put("layer_norm_eps", number("attention.layer_norm_epsilon"));
    config.put("use_parallel_residual", flag("use_parallel_residual", true));
    config.put("hidden_act", "gelu");
  }

  private void bert(ObjectNode config) {
    stream(config, "bert");
    config.put("type_vocab_size", rows("token_types.weight"));
    config.put("layer_norm_eps", number("attention.layer_norm_epsilon"));
    config.put("hidden_act", "gelu");
    if (flag("attention.causal", true)) {
      throw InputException.in(
          file, architecture + ".attention.causal", "expected false, found true", "");
    }
    known.add(architecture + ".pooling_type"); // what sentence vectors would be made of
  }

  /** The sizes of a model under the keys that most families have. */
  private void stream(ObjectNode config, String type) {
    config.put("model_type", type);
    config.put("hidden_size", whole("embedding_length"));
    config.put("num_hidden_layers", whole("block_count"));
    config.put("num_attention_heads", whole("attention.head_count"));
    config.put("intermediate_size", whole("feed_forward_length"));
    config.put("max_position_embeddings", whole("context_length"));
  }

  /** Llama and what descends from it. */
  private void llama(ObjectNode config) {
    int d = whole("embedding_length");
    int heads = whole("attention.head_count");
    stream(config, architecture.equals("gemma3") ? "gemma3_text" : architecture);
    config.put("num_key_value_heads", whole("attention.head_count_kv", heads));
    config.put("rms_norm_eps", number("attention.layer_norm_rms_epsilon"));
    config.put("rope_theta", number("rope.freq_base", 10_000));
    // Llama 3.1 and later scale frequencies one by one; the file holds factors in place of a rule.
    if (gguf.has("rope_freqs.weight")) {
      config.set(Rope.DIVISORS, Json.tree(gguf.tensor("rope_freqs.weight").floats()));
    }
    if (!architecture.equals("qwen2")) { // which always has them
      config.put("attention_bias", has("attn_q.bias"));
    }
    linearScaling(config);
    int width = headWidth(d / heads);
    if (isGemma()) {
      config.put("hidden_activation", "gelu_pytorch_tanh");
      config.put("head_dim", width);
    } else {
      config.put("hidden_act", "silu");
    }
    switch (architecture) {
      case "llama" -> {
        config.put("head_dim", width);
        config.put("mlp_bias", has("ffn_gate.bias"));
      }
      case "qwen3" -> config.put("head_dim", width);
      case "phi3" -> {
        known.add("phi3.rope.scaling.original_context_length"); // for factors, which are refused
        if (!Long.valueOf(0).equals(entry("attention.sliding_window"))) {
          config.put("sliding_window", whole("attention.sliding_window"));
        }
      }
      case "gemma2", "gemma3" -> {
        config.put("sliding_window", whole("attention.sliding_window"));
        config.put("query_pre_attn_scalar", isLargest() ? d / heads : width);
      }
      default -> {}
    }
    if (architecture.equals("gemma2")) {
      config.put("attn_logit_softcapping", number("attn_logit_softcapping"));
      config.put("final_logit_softcapping", number("final_logit_softcapping"));
    }
    if (architecture.equals("gemma3")) {
      config.put("rope_local_base_freq", 10_000);
      config.put("sliding_window_pattern", 6);
    }
  }

  /** The tensors under the names of a Hugging Face checkpoint. */
  Map<String, Tensor> weights() {
    Map<String, Tensor> weights = new TreeMap<>();
    gguf.tensors()
        .forEach((name, tensor) -> {
          if (!name.equals("rope_freqs.weight")) {
            weights.put(rename(name), restore(name, tensor));
          }
        });
    return weights;
  }

  /**
   * The tokenizer in the file, as {@code tokenizer.json} would say it; null for kinds not known.
   */
  @Nullable ObjectNode tokenizer() {
    return GgufTokenizer.of(file, gguf);
  }

  /** Whether the first block has a tensor, and so all of them. */
  private boolean has(String name) {
    return gguf.has("blk.0." + name);
  }

  private boolean isGemma() {
    return architecture.startsWith("gemma");
  }

  /** Gemma 2 and 3 of 27 billion scale queries by the width of the stream over the heads. */
  private boolean isLargest() {
    int layers = whole("block_count");
    return architecture.equals("gemma2") ? layers == 46 : layers == 62;
  }

  private int headWidth(int otherwise) {
    int rotated = whole("rope.dimension_count", otherwise);
    int width = whole("attention.key_length", architecture.equals("llama") ? rotated : otherwise);
    if (whole("attention.value_length", width) != width
        || whole("rope.dimension_count", width) != width) {
      throw InputException.in(
          file,
          architecture + ".attention.key_length",
          "expected keys, values and rotary positions of one width, found " + width + " and others",
          "");
    }
    return width;
  }

  private void linearScaling(ObjectNode config) {
    if (entry("rope.scaling.type") instanceof String type && !type.equals("none")) {
      if (!type.equals("linear")) {
        throw InputException.in(
            file, architecture + ".rope.scaling.type", "expected linear, found " + type, "");
      }
      config
          .putObject("rope_scaling")
          .put("rope_type", "linear")
          .put("factor", number("rope.scaling.factor"));
    }
  }

  private String rename(String name) {
    String known = names.inCheckpoint(name);
    if (known == null) {
      throw InputException.in(
          file, "tensor " + name, "not known for " + architecture + ", may change the result", "");
    }
    return known;
  }

  private Tensor restore(String name, Tensor tensor) {
    if (isGemma() && name.endsWith("norm.weight")) {
      float[] gain = tensor.floats();
      for (int i = 0; i < gain.length; i++) {
        gain[i] -= 1;
      }
      return Tensor.of(FloatMatrix.copyOf(gain, gain.length)).reshape(gain.length);
    }
    if (architecture.equals("llama") && (name.contains(".attn_q.") || name.contains(".attn_k."))) {
      int width = headWidth(0);
      if (width % 2 != 0 || rows(name) % width != 0 || rows(name) > Integer.MAX_VALUE) {
        throw InputException.in(
            file,
            "tensor " + name,
            "expected heads of " + width + " rows in halves, found " + tensor,
            "");
      }
      return tensor.rows(halves((int) rows(name), width));
    }
    if (architecture.equals("gptneox") && name.contains(".attn_qkv.")) {
      int heads = whole("attention.head_count");
      if (rows(name) != 3L * heads * headWidth()) {
        throw InputException.in(
            file,
            "tensor " + name,
            "expected queries, keys and values of " + heads + " heads, found " + tensor,
            "");
      }
      return tensor.rows(byHead(heads, headWidth()));
    }
    return tensor;
  }

  /** For each row of heads in halves (as in Hugging Face checkpoints) its place among pairs. */
  private static int[] halves(int rows, int width) {
    int[] order = new int[rows];
    for (int r = 0; r < rows; r++) {
      int inHead = r % width;
      int half = width / 2;
      order[r] = r - inHead + inHead % half * 2 + inHead / half;
    }
    return order;
  }

  private long rows(String name) {
    long[] shape = gguf.tensor(name).shape();
    if (shape.length == 0) {
      throw InputException.in(file, "tensor " + name, "expected rows, found one number", "");
    }
    return shape[0];
  }

  /** For each row of heads one after the other its place among all queries, keys and values. */
  private static int[] byHead(int heads, int width) {
    int[] order = new int[3 * heads * width];
    for (int r = 0; r < order.length; r++) {
      int head = r / (3 * width);
      int kind = r / width % 3;
      order[r] = (kind * heads + head) * width + r % width;
    }
    return order;
  }

  private int headWidth() {
    return whole("embedding_length") / whole("attention.head_count");
  }

  private @Nullable Object entry(String key) {
    known.add(architecture + "." + key);
    return gguf.metadata().get(architecture + "." + key);
  }

  private int whole(String key) {
    return whole(key, 0);
  }

  private int whole(String key, int otherwise) {
    Object value = entry(key);
    if (value == null && otherwise > 0) {
      return otherwise;
    }
    if (value instanceof Long n && n > 0 && n <= 100_000_000) {
      return n.intValue();
    }
    throw InputException.in(
        file,
        architecture + "." + key,
        "expected one whole number of at least 1, found " + shown(value),
        "");
  }

  private double number(String key) {
    return number(key, Double.NaN);
  }

  /** A float32 of the file as the shortest decimal that it stands for, as config.json has it. */
  private double number(String key, double otherwise) {
    Object value = entry(key);
    if (value == null && !Double.isNaN(otherwise)) {
      return otherwise;
    }
    if (value instanceof Double x && Double.isFinite(x)) {
      return Double.parseDouble(Float.toString(x.floatValue()));
    }
    throw InputException.in(
        file, architecture + "." + key, "expected a number, found " + shown(value), "");
  }

  private boolean flag(String key, boolean otherwise) {
    return entry(key) instanceof Boolean value ? value : otherwise;
  }

  private static String shown(@Nullable Object value) {
    return value == null ? "nothing" : value instanceof Number ? value.toString() : "another kind";
  }

  private void refuseTheRest() {
    known.add(architecture + ".vocab_size");
    for (String key : gguf.metadata().keySet()) {
      if (key.startsWith(architecture + ".") && !known.contains(key)) {
        throw InputException.in(file, key, "not known, may change the result", "");
      }
    }
  }
}

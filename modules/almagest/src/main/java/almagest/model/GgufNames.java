package almagest.model;

import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How the tensors of an architecture are called in a Hugging Face checkpoint. The names of
 * llama.cpp are the same for all architectures, {@code blk.0.attn_q.weight}.
 *
 * @param blocks what stands before a block's number
 * @param inBlock names within a block, without {@code .weight} or {@code .bias}
 * @param outside names of the others, likewise
 */
record GgufNames(String blocks, Map<String, String> inBlock, Map<String, String> outside) {
  private static final Pattern NAME = Pattern.compile("(?:blk\\.(\\d+)\\.)?(\\w+)\\.(weight|bias)");

  /** Of Llama and what descends from it. */
  private static final GgufNames LLAMA =
      new GgufNames(
          "model.layers.",
          Map.ofEntries(
              Map.entry("attn_norm", "input_layernorm"),
              Map.entry("attn_q", "self_attn.q_proj"),
              Map.entry("attn_k", "self_attn.k_proj"),
              Map.entry("attn_v", "self_attn.v_proj"),
              Map.entry("attn_output", "self_attn.o_proj"),
              Map.entry("attn_q_norm", "self_attn.q_norm"),
              Map.entry("attn_k_norm", "self_attn.k_norm"),
              Map.entry("ffn_norm", "post_attention_layernorm"),
              Map.entry("ffn_gate", "mlp.gate_proj"),
              Map.entry("ffn_up", "mlp.up_proj"),
              Map.entry("ffn_down", "mlp.down_proj")),
          Map.of(
              "token_embd", "model.embed_tokens",
              "output_norm", "model.norm",
              "output", "lm_head"));

  static GgufNames of(String architecture) {
    return switch (architecture) {
      case "gemma2", "gemma3" ->
          LLAMA.with(
              Map.of(
                  "post_attention_norm", "post_attention_layernorm",
                  "ffn_norm", "pre_feedforward_layernorm",
                  "post_ffw_norm", "post_feedforward_layernorm"));
      case "phi3" ->
          LLAMA.with(Map.of("attn_qkv", "self_attn.qkv_proj", "ffn_up", "mlp.gate_up_proj"));
      case "gpt2" ->
          new GgufNames(
              "transformer.h.",
              Map.of(
                  "attn_norm", "ln_1",
                  "attn_qkv", "attn.c_attn",
                  "attn_output", "attn.c_proj",
                  "ffn_norm", "ln_2",
                  "ffn_up", "mlp.c_fc",
                  "ffn_down", "mlp.c_proj"),
              Map.of(
                  "token_embd", "transformer.wte",
                  "position_embd", "transformer.wpe",
                  "output_norm", "transformer.ln_f",
                  "output", "lm_head"));
      case "gptneox" ->
          new GgufNames(
              "gpt_neox.layers.",
              Map.of(
                  "attn_norm", "input_layernorm",
                  "attn_qkv", "attention.query_key_value",
                  "attn_output", "attention.dense",
                  "ffn_norm", "post_attention_layernorm",
                  "ffn_up", "mlp.dense_h_to_4h",
                  "ffn_down", "mlp.dense_4h_to_h"),
              Map.of(
                  "token_embd", "gpt_neox.embed_in",
                  "output_norm", "gpt_neox.final_layer_norm",
                  "output", "embed_out"));
      case "bert" ->
          new GgufNames(
              "encoder.layer.",
              Map.of(
                  "attn_q", "attention.self.query",
                  "attn_k", "attention.self.key",
                  "attn_v", "attention.self.value",
                  "attn_output", "attention.output.dense",
                  "attn_output_norm", "attention.output.LayerNorm",
                  "ffn_up", "intermediate.dense",
                  "ffn_down", "output.dense",
                  "layer_output_norm", "output.LayerNorm"),
              Map.of(
                  "token_embd", "embeddings.word_embeddings",
                  "token_types", "embeddings.token_type_embeddings",
                  "position_embd", "embeddings.position_embeddings",
                  "token_embd_norm", "embeddings.LayerNorm"));
      default -> LLAMA;
    };
  }

  private GgufNames with(Map<String, String> others) {
    Map<String, String> all = new HashMap<>(inBlock);
    all.putAll(others);
    return new GgufNames(blocks, all, outside);
  }

  /** The name in a checkpoint; null for a tensor that the architecture has not. */
  @Nullable String inCheckpoint(String name) {
    Matcher m = NAME.matcher(name);
    if (!m.matches()) {
      return null;
    }
    String block = m.group(1);
    String part = (block == null ? outside : inBlock).get(m.group(2));
    return part == null
        ? null
        : (block == null ? "" : blocks + block + ".") + part + "." + m.group(3);
  }
}

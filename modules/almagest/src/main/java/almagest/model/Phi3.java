package almagest.model;

import almagest.model.Hook.Kind;
import almagest.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Phi-3 (Abdin et al. 2024, arXiv 2404.14219): as Llama with a sliding window; queries, keys and
 * values come from one product, gate and up from another. The long-context models, which rescale
 * their rotary frequencies, are refused.
 */
final class Phi3 implements Family {
  private final Weights weights;
  private final Sizes sizes;
  private final int d;
  private final int heads;
  private final int groups;
  private final int width;
  private final int inner;
  private final int window;
  private final double epsilon;
  private final Activation activation;
  private final Rope rope;
  private final Head head;

  Phi3(Config config, Weights weights) {
    this.weights = weights.withPrefixOf("embed_tokens.weight", "model.", "");
    d = config.positive("hidden_size");
    heads = config.positive("num_attention_heads");
    groups = config.headGroups(heads);
    width = config.headWidth(d, heads);
    inner = config.positive("intermediate_size");
    window = config.window(0);
    epsilon = config.number("rms_norm_eps", 1e-5);
    activation = Activation.named(config, "hidden_act");
    rope = Rope.read(config, width, weights.device());
    sizes = config.sizes(d, heads * width);
    head =
        Head.read(
            config, weights, this.weights, "embed_tokens.weight", "lm_head.weight", sizes, false);
    config.require("attention_bias", false);
    config.ignore("embd_pdrop", "resid_pdrop", "original_max_position_embeddings");
    config.refuseTheRest();
  }

  @Override
  public Sizes sizes() {
    return sizes;
  }

  @Override
  public Tensor embed(Tensor ids, @Nullable Tensor types, int first) {
    return weights.look("embed_tokens.weight", sizes.vocabulary(), d, ids);
  }

  @Override
  public Block block(int layer) {
    String name = "layers." + layer + ".";
    int queries = heads * width;
    int keys = groups * width;
    Norm beforeAttention = weights.rmsNorm(name + "input_layernorm", d, epsilon);
    Linear fused = weights.linear(name + "self_attn.qkv_proj", queries + 2 * keys, d, false);
    Linear output = weights.linear(name + "self_attn.o_proj", d, queries, false);
    Norm beforeMlp = weights.rmsNorm(name + "post_attention_layernorm", d, epsilon);
    Linear gateAndUp = weights.linear(name + "mlp.gate_up_proj", 2 * inner, d, false);
    Linear down = weights.linear(name + "mlp.down_proj", d, inner, false);
    Attention attention = Attention.causal(1 / Math.sqrt(width)).within(window);

    return (x, taps) -> {
      Tensor qkv = fused.of(beforeAttention.of(x)); // [b, t, (h + 2 g) k]
      Tensor q = rope.of(Attention.split(qkv.narrow(2, 0, queries), heads)); // [b, h, t, k]
      Tensor k = rope.of(Attention.split(qkv.narrow(2, queries, keys), groups)); // [b, g, t, k]
      Tensor v = Attention.split(qkv.narrow(2, queries + keys, keys), groups);
      Tensor z = taps.at(Kind.Z, Attention.join(attention.of(q, k, v))); // [b, t, h k]
      Tensor mid = x.plus(taps.at(Kind.ATTN_OUT, output.of(z))); // [b, t, d]
      Tensor both = gateAndUp.of(beforeMlp.of(mid)); // [b, t, 2 inner]
      Tensor gate = activation.inPlace(both.narrow(2, 0, inner));
      Tensor m = down.of(gate.timesInPlace(both.narrow(2, inner, inner)));
      return mid.plus(taps.at(Kind.MLP_OUT, m));
    };
  }

  @Override
  public Tensor finalNorm(Tensor x) {
    return weights.rmsNorm("norm", d, epsilon).of(x);
  }

  @Override
  public Tensor logits(Tensor normed) {
    return head.of(normed);
  }
}

package almagest.model;

import almagest.model.Hook.Kind;
import almagest.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Qwen 3 (Yang et al. 2025, arXiv 2505.09388): as Llama, with an RMSNorm over each query and key
 * head before it is rotated.
 */
final class Qwen3 implements Family {
  private final Weights weights;
  private final Sizes sizes;
  private final int d;
  private final int heads;
  private final int groups;
  private final int width;
  private final int inner;
  private final int[] windows;
  private final double epsilon;
  private final boolean bias;
  private final Activation activation;
  private final Rope rope;
  private final Head head;

  Qwen3(Config config, Weights weights) {
    this.weights = weights.withPrefixOf("embed_tokens.weight", "model.", "");
    d = config.positive("hidden_size");
    heads = config.positive("num_attention_heads");
    groups = config.headGroups(heads);
    width = config.headWidth(d, heads);
    inner = config.positive("intermediate_size");
    epsilon = config.number("rms_norm_eps", 1e-6);
    bias = config.flag("attention_bias", false);
    activation = Activation.named(config, "hidden_act");
    rope = Rope.read(config, width, weights.device());
    sizes = config.sizes(d, heads * width);
    windows = config.windowsOfQwen(sizes.layers());
    head =
        Head.read(
            config, weights, this.weights, "embed_tokens.weight", "lm_head.weight", sizes, false);
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
    Norm beforeAttention = weights.rmsNorm(name + "input_layernorm", d, epsilon);
    Linear query = weights.linear(name + "self_attn.q_proj", heads * width, d, bias);
    Linear key = weights.linear(name + "self_attn.k_proj", groups * width, d, bias);
    Linear value = weights.linear(name + "self_attn.v_proj", groups * width, d, bias);
    Linear output = weights.linear(name + "self_attn.o_proj", d, heads * width, bias);
    Norm ofQuery = weights.rmsNorm(name + "self_attn.q_norm", width, epsilon);
    Norm ofKey = weights.rmsNorm(name + "self_attn.k_norm", width, epsilon);
    Norm beforeMlp = weights.rmsNorm(name + "post_attention_layernorm", d, epsilon);
    GatedMlp mlp = GatedMlp.load(weights, name + "mlp", inner, d, false, activation);
    Attention attention = Attention.causal(1 / Math.sqrt(width)).within(windows[layer]);

    return (x, taps) -> {
      Tensor h = beforeAttention.of(x); // [b, t, d]
      Tensor q = rope.of(ofQuery.of(Attention.split(query.of(h), heads))); // [b, h, t, k]
      Tensor k = rope.of(ofKey.of(Attention.split(key.of(h), groups))); // [b, g, t, k]
      Tensor v = Attention.split(value.of(h), groups);
      Tensor z = taps.at(Kind.Z, Attention.join(attention.of(q, k, v))); // [b, t, h k]
      Tensor mid = x.plus(taps.at(Kind.ATTN_OUT, output.of(z))); // [b, t, d]
      return mid.plus(taps.at(Kind.MLP_OUT, mlp.of(beforeMlp.of(mid))));
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

package almagest.model;

import almagest.model.Hook.Kind;
import almagest.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Gemma 2 (Gemma Team 2024, arXiv 2408.00118): as Gemma, with a norm after each half as well as
 * before it, scores and logits soft-capped, a sliding window in every other layer (the first
 * slides), and queries scaled by a number of their own.
 */
final class Gemma2 implements Family {
  private final Weights weights;
  private final Sizes sizes;
  private final int d;
  private final int heads;
  private final int groups;
  private final int width;
  private final int inner;
  private final int[] windows;
  private final double scale;
  private final double scoreCap;
  private final double logitCap;
  private final double epsilon;
  private final boolean bias;
  private final Activation activation;
  private final Rope rope;
  private final Head head;

  Gemma2(Config config, Weights weights) {
    this.weights = weights.withPrefixOf("embed_tokens.weight", "model.", "");
    d = config.positive("hidden_size");
    heads = config.positive("num_attention_heads");
    groups = config.headGroups(heads);
    width = config.positive("head_dim", 256);
    inner = config.positive("intermediate_size");
    epsilon = config.number("rms_norm_eps", 1e-6);
    bias = config.flag("attention_bias", false);
    config.ignore("hidden_act"); // hidden_activation is what counts
    activation = Activation.named(config, "hidden_activation");
    scale = 1 / Math.sqrt(config.number("query_pre_attn_scalar", 256));
    scoreCap = config.cap("attn_logit_softcapping", 50);
    logitCap = config.cap("final_logit_softcapping", 30);
    rope = Rope.read(config, width, weights.device());
    sizes = config.sizes(d, heads * width);
    windows = config.windows(sizes.layers(), config.window(4096), layer -> layer % 2 == 0);
    head =
        Head.read(
            config, weights, this.weights, "embed_tokens.weight", "lm_head.weight", sizes, true);
    config.require("use_bidirectional_attention", false);
    config.refuseTheRest();
  }

  @Override
  public Sizes sizes() {
    return sizes;
  }

  @Override
  public Tensor embed(Tensor ids, @Nullable Tensor types, int first) {
    return weights
        .look("embed_tokens.weight", sizes.vocabulary(), d, ids)
        .timesInPlace((float) Math.sqrt(d));
  }

  @Override
  public Block block(int layer) {
    String name = "layers." + layer + ".";
    Norm beforeAttention = weights.rmsNormOnePlus(name + "input_layernorm", d, epsilon);
    // A bf16 rounding of queries or keys grows with the scores, which this family lets reach its
    // cap.
    Linear query = weights.exactLinear(name + "self_attn.q_proj", heads * width, d, bias);
    Linear key = weights.exactLinear(name + "self_attn.k_proj", groups * width, d, bias);
    Linear value = weights.linear(name + "self_attn.v_proj", groups * width, d, bias);
    Linear output = weights.linear(name + "self_attn.o_proj", d, heads * width, bias);
    Norm afterAttention = weights.rmsNormOnePlus(name + "post_attention_layernorm", d, epsilon);
    Norm beforeMlp = weights.rmsNormOnePlus(name + "pre_feedforward_layernorm", d, epsilon);
    GatedMlp mlp = GatedMlp.load(weights, name + "mlp", inner, d, false, activation);
    Norm afterMlp = weights.rmsNormOnePlus(name + "post_feedforward_layernorm", d, epsilon);
    Attention attention = Attention.causal(scale).within(windows[layer]).cappedAt(scoreCap);

    return (x, taps) -> {
      Tensor h = beforeAttention.of(x); // [b, t, d]
      Tensor q = rope.of(Attention.split(query.of(h), heads)); // [b, h, t, k]
      Tensor k = rope.of(Attention.split(key.of(h), groups)); // [b, g, t, k]
      Tensor v = Attention.split(value.of(h), groups);
      Tensor z = taps.at(Kind.Z, Attention.join(attention.of(q, k, v))); // [b, t, h k]
      Tensor mid = x.plus(taps.at(Kind.ATTN_OUT, afterAttention.of(output.of(z)))); // [b, t, d]
      return mid.plus(taps.at(Kind.MLP_OUT, afterMlp.of(mlp.of(beforeMlp.of(mid)))));
    };
  }

  @Override
  public Tensor finalNorm(Tensor x) {
    return weights.rmsNormOnePlus("norm", d, epsilon).of(x);
  }

  @Override
  public Tensor logits(Tensor normed) {
    Tensor logits = head.of(normed);
    return logitCap == 0 ? logits : logits.softcap(logitCap);
  }
}

package almagest.model;

import almagest.model.Hook.Kind;
import almagest.tensor.DType;
import almagest.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * OPT (Zhang et al. 2022, arXiv 2205.01068): learned positions of which the first two rows are
 * never used and which are counted from a text's first token, whatever padding stands before it;
 * LayerNorm before each half, ReLU. The 350-million model normalises after each half and is
 * refused.
 */
final class Opt implements Family {
  /** The position table begins with two rows that no token takes. */
  private static final int OFFSET = 2;

  private final Weights weights;
  private final Sizes sizes;
  private final int d;
  private final int heads;
  private final int inner;
  private final boolean bias;
  private final double epsilon = 1e-5;
  private final Activation activation;
  private final Head head;

  Opt(Config config, Weights weights) {
    this.weights = weights.withPrefixOf("embed_tokens.weight", "model.decoder.", "decoder.");
    d = config.positive("hidden_size");
    heads = config.divisorOf(d, "num_attention_heads");
    inner = config.positive("ffn_dim");
    bias = config.flag("enable_bias", true);
    activation = Activation.named(config, "activation_function");
    sizes = config.sizes(d, d);
    head =
        Head.read(
            config, weights, this.weights, "embed_tokens.weight", "lm_head.weight", sizes, true);
    config.require("word_embed_proj_dim", d);
    config.require("do_layer_norm_before", true);
    config.require("_remove_final_layer_norm", false);
    config.require("layer_norm_elementwise_affine", true);
    config.ignore("dropout", "activation_dropout", "layerdrop", "init_std", "prefix");
    config.refuseTheRest();
  }

  @Override
  public Sizes sizes() {
    return sizes;
  }

  @Override
  public Tensor embed(Tensor ids, @Nullable Tensor types, int first) {
    int t = ids.size(1);
    int rows = sizes.context() + OFFSET;
    return weights
        .look("embed_tokens.weight", sizes.vocabulary(), d, ids)
        .plusInPlace(weights.slice("embed_positions.weight", rows, d, OFFSET, t, DType.FLOAT32));
  }

  @Override
  public Block block(int layer) {
    String name = "layers." + layer + ".";
    Norm beforeAttention = weights.layerNorm(name + "self_attn_layer_norm", d, epsilon);
    Linear query = weights.linear(name + "self_attn.q_proj", d, d, bias);
    Linear key = weights.linear(name + "self_attn.k_proj", d, d, bias);
    Linear value = weights.linear(name + "self_attn.v_proj", d, d, bias);
    Linear output = weights.linear(name + "self_attn.out_proj", d, d, bias);
    Norm beforeMlp = weights.layerNorm(name + "final_layer_norm", d, epsilon);
    Linear up = weights.linear(name + "fc1", inner, d, bias);
    Linear down = weights.linear(name + "fc2", d, inner, bias);
    Attention attention = Attention.causal(Math.sqrt((double) heads / d));

    return (x, taps) -> {
      Tensor h = beforeAttention.of(x); // [b, t, d]
      Tensor q = Attention.split(query.of(h), heads); // [b, h, t, k]
      Tensor k = Attention.split(key.of(h), heads);
      Tensor v = Attention.split(value.of(h), heads);
      Tensor z = taps.at(Kind.Z, Attention.join(attention.of(q, k, v))); // [b, t, d]
      Tensor mid = x.plus(taps.at(Kind.ATTN_OUT, output.of(z)));
      Tensor m = down.of(activation.inPlace(up.of(beforeMlp.of(mid)))); // [b, t, d]
      return mid.plus(taps.at(Kind.MLP_OUT, m));
    };
  }

  @Override
  public Tensor finalNorm(Tensor x) {
    return weights.layerNorm("final_layer_norm", d, epsilon).of(x);
  }

  @Override
  public Tensor logits(Tensor normed) {
    return head.of(normed);
  }
}

package almagest.model;

import almagest.model.Hook.Kind;
import almagest.tensor.DType;
import almagest.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * GPT-2 (Radford et al. 2019): learned positions, LayerNorm before each half, matrices stored [in,
 * out], queries, keys and values in one product. Names with or without {@code transformer.} in
 * front.
 */
final class Gpt2 implements Family {
  /** Our own configuration key: whether matrices are stored [out, in], as in GGUF files. */
  static final String BY_OUTPUT = "almagest_matrices_by_output";

  private final Weights weights;
  private final Sizes sizes;
  private final int d;
  private final int heads;
  private final int inner;
  private final double epsilon;
  private final Activation activation;
  private final boolean scaled;
  private final boolean scaledByDepth;
  private final boolean byOutput;
  private final Head head;

  Gpt2(Config config, Weights weights) {
    this.weights = weights.withPrefixOf("wte.weight", "transformer.", "");
    d = config.positive("n_embd");
    heads = config.divisorOf(d, "n_head");
    inner = config.positive("n_inner", 4 * d);
    epsilon = config.number("layer_norm_epsilon", 1e-5);
    activation = Activation.named(config, "activation_function");
    sizes =
        new Sizes(
            config.positive("n_layer"),
            d,
            d,
            config.positive("n_positions"),
            config.positive("vocab_size"));
    head = Head.read(config, weights, this.weights, "wte.weight", "lm_head.weight", sizes, true);
    scaled = config.flag("scale_attn_weights", true);
    scaledByDepth = config.flag("scale_attn_by_inverse_layer_idx", false);
    byOutput = config.flag(BY_OUTPUT, false);
    config.require("add_cross_attention", false);
    config.ignore("attn_pdrop", "embd_pdrop", "resid_pdrop", "n_ctx", "reorder_and_upcast_attn");
    config.ignore("summary_activation", "summary_first_dropout", "summary_proj_to_labels");
    config.ignore("summary_type", "summary_use_proj");
    config.refuseTheRest();
  }

  @Override
  public Sizes sizes() {
    return sizes;
  }

  @Override
  public Tensor embed(Tensor ids, @Nullable Tensor types, int first) {
    int t = ids.size(1);
    return weights
        .look("wte.weight", sizes.vocabulary(), d, ids)
        .plusInPlace(weights.slice("wpe.weight", sizes.context(), d, first, t, DType.FLOAT32));
  }

  @Override
  public Block block(int layer) {
    String name = "h." + layer + ".";
    Norm beforeAttention = weights.layerNorm(name + "ln_1", d, epsilon);
    Linear fused = linear(name + "attn.c_attn", 3 * d, d);
    Linear output = linear(name + "attn.c_proj", d, d);
    Norm beforeMlp = weights.layerNorm(name + "ln_2", d, epsilon);
    Linear up = linear(name + "mlp.c_fc", inner, d);
    Linear down = linear(name + "mlp.c_proj", d, inner);
    double scale = scaled ? Math.sqrt((double) heads / d) : 1;
    Attention attention = Attention.causal(scaledByDepth ? scale / (layer + 1) : scale);

    return (x, taps) -> {
      Tensor qkv = fused.of(beforeAttention.of(x)); // [b, t, 3 d]
      Tensor q = Attention.split(qkv.narrow(2, 0, d), heads); // [b, h, t, k]
      Tensor k = Attention.split(qkv.narrow(2, d, d), heads);
      Tensor v = Attention.split(qkv.narrow(2, 2L * d, d), heads);
      Tensor z = taps.at(Kind.Z, Attention.join(attention.of(q, k, v))); // [b, t, d]
      Tensor mid = x.plus(taps.at(Kind.ATTN_OUT, output.of(z)));
      Tensor m = down.of(activation.inPlace(up.of(beforeMlp.of(mid)))); // [b, t, d]
      return mid.plus(taps.at(Kind.MLP_OUT, m));
    };
  }

  private Linear linear(String name, int out, int in) {
    return byOutput ? weights.linear(name, out, in, true) : weights.convolution(name, out, in);
  }

  @Override
  public Tensor finalNorm(Tensor x) {
    return weights.layerNorm("ln_f", d, epsilon).of(x);
  }

  @Override
  public Tensor logits(Tensor normed) {
    return head.of(normed);
  }
}

package almagest.model;

import almagest.model.Hook.Kind;
import almagest.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * GPT-NeoX (Black et al. 2022, arXiv 2204.06745), of which Pythia is made: attention and MLP read
 * the same state and are added together, a part of each head's dimensions is rotated, and queries,
 * keys and values of one head lie side by side in one product.
 */
final class GptNeoX implements Family {
  private final Weights weights;
  private final Sizes sizes;
  private final int d;
  private final int heads;
  private final int inner;
  private final double epsilon;
  private final boolean parallel;
  private final boolean bias;
  private final Activation activation;
  private final Rope rope;
  private final Head head;

  GptNeoX(Config config, Weights weights) {
    this.weights = weights.withPrefixOf("embed_in.weight", "gpt_neox.", "");
    d = config.positive("hidden_size");
    heads = config.divisorOf(d, "num_attention_heads");
    inner = config.positive("intermediate_size");
    epsilon = config.number("layer_norm_eps", 1e-5);
    parallel = config.flag("use_parallel_residual", true);
    bias = config.flag("attention_bias", true);
    activation = Activation.named(config, "hidden_act");
    rope = Rope.readNeoX(config, d / heads, weights.device());
    sizes = config.sizes(d, d);
    head =
        Head.read(
            config, weights, this.weights, "embed_in.weight", "embed_out.weight", sizes, false);
    config.require("is_decoder", false);
    config.ignore("attention_dropout", "hidden_dropout", "classifier_dropout");
    config.refuseTheRest();
  }

  @Override
  public Sizes sizes() {
    return sizes;
  }

  @Override
  public Tensor embed(Tensor ids, @Nullable Tensor types, int first) {
    return weights.look("embed_in.weight", sizes.vocabulary(), d, ids);
  }

  @Override
  public Block block(int layer) {
    String name = "layers." + layer + ".";
    int width = d / heads;
    Norm beforeAttention = weights.layerNorm(name + "input_layernorm", d, epsilon);
    Linear fused = weights.linear(name + "attention.query_key_value", 3 * d, d, bias);
    Linear output = weights.linear(name + "attention.dense", d, d, bias);
    Norm beforeMlp = weights.layerNorm(name + "post_attention_layernorm", d, epsilon);
    Linear up = weights.linear(name + "mlp.dense_h_to_4h", inner, d, true);
    Linear down = weights.linear(name + "mlp.dense_4h_to_h", d, inner, true);
    Attention attention = Attention.causal(1 / Math.sqrt(width));

    return (x, taps) -> {
      Tensor qkv = Attention.split(fused.of(beforeAttention.of(x)), heads); // [b, h, t, 3 k]
      Tensor q = rope.of(qkv.narrow(3, 0, width)); // [b, h, t, k]
      Tensor k = rope.of(qkv.narrow(3, width, width));
      Tensor v = qkv.narrow(3, 2L * width, width);
      Tensor z = taps.at(Kind.Z, Attention.join(attention.of(q, k, v))); // [b, t, d]
      Tensor mid = x.plus(taps.at(Kind.ATTN_OUT, output.of(z)));
      Tensor read = beforeMlp.of(parallel ? x : mid);
      Tensor m = down.of(activation.inPlace(up.of(read))); // [b, t, d]
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

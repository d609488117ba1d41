package almagest.model;

import almagest.model.Hook.Kind;
import almagest.tensor.DType;
import almagest.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * BERT (Devlin et al. 2019, arXiv 1810.04805): an encoder, attention in both directions, a
 * LayerNorm after each sum. Weights under the names of Hugging Face's {@code BertModel}, with or
 * without {@code bert.} in front.
 */
final class Bert implements Family {
  private final Weights weights;
  private final int layers;
  private final int d;
  private final int heads;
  private final int inner;
  private final int positions;
  private final int vocabulary;
  private final int types;
  private final double epsilon;
  private final Activation activation;

  Bert(Config config, Weights weights) {
    this.weights = weights.withPrefixOf("embeddings.word_embeddings.weight", "", "bert.");
    layers = config.positive("num_hidden_layers");
    d = config.positive("hidden_size");
    heads = config.divisorOf(d, "num_attention_heads");
    inner = config.positive("intermediate_size");
    positions = config.positive("max_position_embeddings");
    vocabulary = config.positive("vocab_size");
    types = config.positive("type_vocab_size");
    epsilon = config.number("layer_norm_eps", 1e-12);
    activation = Activation.named(config, "hidden_act");
    config.require("position_embedding_type", "absolute");
    config.require("is_decoder", false);
    config.require("add_cross_attention", false);
    config.ignore(
        "attention_probs_dropout_prob",
        "hidden_dropout_prob",
        "classifier_dropout",
        "gradient_checkpointing");
    config.ignore("tie_word_embeddings"); // no output matrix is read
    config.refuseTheRest();
  }

  @Override
  public Sizes sizes() {
    return new Sizes(layers, d, d, positions, vocabulary);
  }

  @Override
  public Tensor embed(Tensor ids, @Nullable Tensor segments, int first) {
    int t = ids.size(1);
    String type = "embeddings.token_type_embeddings.weight";
    String place = "embeddings.position_embeddings.weight";
    Tensor x = weights.look("embeddings.word_embeddings.weight", vocabulary, d, ids); // [b, t, d]
    x =
        x.plusInPlace(
            segments == null
                ? weights.slice(type, types, d, 0, 1, DType.FLOAT32)
                : weights.look(type, types, d, segments));
    x = x.plusInPlace(weights.slice(place, positions, d, first, t, DType.FLOAT32));
    return norm("embeddings.LayerNorm").of(x);
  }

  @Override
  public Block block(int layer) {
    String name = "encoder.layer." + layer + ".";
    Linear query = weights.linear(name + "attention.self.query", d, d, true);
    Linear key = weights.linear(name + "attention.self.key", d, d, true);
    Linear value = weights.linear(name + "attention.self.value", d, d, true);
    Linear output = weights.linear(name + "attention.output.dense", d, d, true);
    Norm afterAttention = norm(name + "attention.output.LayerNorm");
    Linear up = weights.linear(name + "intermediate.dense", inner, d, true);
    Linear down = weights.linear(name + "output.dense", d, inner, true);
    Norm afterMlp = norm(name + "output.LayerNorm");
    Attention attention = Attention.bidirectional(Math.sqrt(1.0 * heads / d));

    return (x, taps) -> {
      Tensor q = Attention.split(query.of(x), heads); // [b, h, t, k]
      Tensor k = Attention.split(key.of(x), heads);
      Tensor v = Attention.split(value.of(x), heads);
      Tensor z = taps.at(Kind.Z, Attention.join(attention.of(q, k, v))); // [b, t, d]
      Tensor a = taps.at(Kind.ATTN_OUT, output.of(z));
      Tensor mid = afterAttention.of(x.plus(a));
      Tensor m = taps.at(Kind.MLP_OUT, down.of(activation.inPlace(up.of(mid))));
      return afterMlp.of(mid.plus(m));
    };
  }

  private Norm norm(String name) {
    return Norm.layer(
        weights.vector(name + ".weight", d), weights.vector(name + ".bias", d), epsilon);
  }

  @Override
  public Tensor finalNorm(Tensor x) {
    return x; // each block ends with its norm
  }

  @Override
  public boolean hasLogits() {
    return false;
  }

  @Override
  public Tensor logits(Tensor normed) {
    throw new UnsupportedOperationException("an encoder has no next token");
  }

  @Override
  public Tensor readOut(Tensor directions) {
    return Head.tied(weights, "embeddings.word_embeddings.weight", sizes()).of(directions);
  }

  @Override
  public boolean hasTokenTypes() {
    return true;
  }
}

package almagest.model;

import almagest.tensor.Tensor;
import almagest.tensor.TensorScope;

/**
 * The matrix that turns the final state into logits: the embedding table again where it is tied, a
 * matrix of its own otherwise.
 */
final class Head {
  /** Rows of the vocabulary that are widened at a time when the table is stored narrower. */
  private static final int ROWS = 16_384;

  private final Weights weights;
  private final String name;
  private final int vocabulary;
  private final int d;

  private Head(Weights weights, String name, int vocabulary, int d) {
    this.weights = weights;
    this.name = name;
    this.vocabulary = vocabulary;
    this.d = d;
  }

  /**
   * Reads {@code tie_word_embeddings}: tied, the embedding table is used; otherwise a matrix of its
   * own, which must be there.
   *
   * @param all the weights by their full names
   * @param inside the weights as the family names them
   * @param table the embedding table's name inside
   * @param own the matrix's full name
   * @param tiedByDefault what holds when the configuration is silent
   */
  static Head read(
      Config config,
      Weights all,
      Weights inside,
      String table,
      String own,
      Sizes sizes,
      boolean tiedByDefault) {
    boolean tied = config.flag("tie_word_embeddings", tiedByDefault);
    return tied
        ? new Head(inside, table, sizes.vocabulary(), sizes.dModel())
        : new Head(all, own, sizes.vocabulary(), sizes.dModel());
  }

  /** An embedding table as the matrix. */
  static Head tied(Weights inside, String table, Sizes sizes) {
    return new Head(inside, table, sizes.vocabulary(), sizes.dModel());
  }

  /** [n, d] to [n, vocabulary]. */
  Tensor of(Tensor normed) {
    if (weights.isReady(name, vocabulary, d)) {
      return normed.linear(weights.matrix(name, vocabulary, d), null);
    }
    Tensor all = Tensor.empty(normed.device(), normed.type(), normed.size(0), vocabulary);
    for (int from = 0; from < vocabulary; from += ROWS) {
      int length = Math.min(ROWS, vocabulary - from);
      try (TensorScope _ = TensorScope.open()) {
        Tensor rows = weights.slice(name, vocabulary, d, from, length, weights.compute());
        all.narrow(1, from, length).setInPlace(normed.linear(rows, null));
      }
    }
    return all;
  }
}

package almagest.feature;

import almagest.tensor.SparseRows;

/** Takes the features of all tokens, in order, as they are encoded. */
@FunctionalInterface
public interface FeatureConsumer {
  /**
   * @param firstRow the row of the whole store that the first of these is
   * @param features [rows, d_sae]; whole documents, unless one is longer than a piece
   */
  void accept(long firstRow, SparseRows features);
}

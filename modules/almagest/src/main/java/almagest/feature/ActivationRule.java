package almagest.feature;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * How an SAE turns the products z = y W_enc of one activation y into the features that fire. Rules
 * are applied to blocks of features as the products come, so that a row of a million features is
 * never held whole.
 */
public sealed interface ActivationRule permits Relu, TopK, JumpRelu, Gated {
  /** The number of features that the rule's vectors are made for. */
  int features();

  /**
   * The name SAELens gives the architecture: {@code standard}, {@code topk}, {@code jumprelu} or
   * {@code gated}.
   */
  String architecture();

  /** An empty selection for one row. */
  Selection selection();

  /**
   * Adds what fires among features {@code from … from + count − 1}.
   *
   * @param z native memory that holds the products of one row
   * @param at the byte at which the product of feature {@code from} lies
   */
  void scan(MemorySegment z, long at, int from, int count, Selection into);

  /**
   * What products have to exceed; {@link Screen} leaves out those that do not.
   *
   * @param at [d_sae]; +∞ for a feature that never fires
   * @param slope [d_sae], null for a rule whose features do not compete
   * @param first before this feature too many exceed it for a search to pay
   */
  record Floor(float[] at, float @Nullable [] slope, long first) {}

  /**
   * A product z of feature j fires only if z &gt; at[j] + bound · slope[j], in real numbers, also
   * where {@link #scan} rounds what it compares. The bound is what an activation has to exceed
   * among those of its row.
   */
  Floor floor();

  /** What an activation has to exceed after those selected. */
  default float bound(Selection into) {
    return 0;
  }

  /** Ends a row: afterwards the selection has ascending features and their activations. */
  void finish(Selection selection);
}

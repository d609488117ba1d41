package almagest.model;

import almagest.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * An architecture with its configuration and weights: the equations of its forward pass. Shapes in
 * comments: b contexts of t tokens each, width d, h heads of width k. One file per family; what
 * differs between families is written out, not switched on by flags.
 */
interface Family {
  Sizes sizes();

  /** Whether token types are looked at. */
  default boolean hasTokenTypes() {
    return false;
  }

  /**
   * What enters block 0.
   *
   * @param ids [b, t] int32
   * @param types [b, t] int32, null for all zero
   * @param first the position of the first token; rotary positions are relative and look away
   * @return [b, t, d] float32
   */
  Tensor embed(Tensor ids, @Nullable Tensor types, int first);

  /** A block with its weights, which live as long as the scope that is open now. */
  Block block(int layer);

  /** The final norm: [b, t, d] to [b, t, d]. */
  Tensor finalNorm(Tensor x);

  /**
   * The unnormalised log-probabilities of the next token.
   *
   * @param normed [n, d] after the final norm
   * @return [n, vocabulary]
   */
  Tensor logits(Tensor normed);

  /**
   * Directions as vocabulary: the final norm without its bias, then the logits.
   *
   * @param directions [n, d]
   * @return [n, vocabulary]
   */
  default Tensor readOut(Tensor directions) {
    Tensor bias = finalNorm(directions.times(0));
    return logits(finalNorm(directions).plus(bias.times(-1)));
  }

  /** Whether {@link #logits} can be asked for. */
  default boolean hasLogits() {
    return true;
  }

  /** One block. */
  interface Block {
    /**
     * @param x the residual stream, [b, t, d]; left unchanged
     * @param taps hands every hook point inside the block over, and gives back what to go on with
     * @return the residual stream after the block, [b, t, d]
     */
    Tensor forward(Tensor x, Taps taps);
  }

  /** Where hook points are read and replaced. */
  interface Taps {
    Tensor at(Hook.Kind kind, Tensor value);
  }
}

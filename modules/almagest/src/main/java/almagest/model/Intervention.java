package almagest.model;

import almagest.tensor.FloatMatrix;

/**
 * Replaces what a hook point holds, and the forward pass goes on with it: a reconstruction instead
 * of an activation, zeros, a mean. Called from several threads at once.
 */
@FunctionalInterface
public interface Intervention {
  /**
   * @param values [contexts × length, width], overwritten in place
   * @param contexts the contexts whose rows these are, one after the other, as indices into the
   *     list that the forward pass was given; all have the same length
   */
  void replace(FloatMatrix values, int[] contexts);
}

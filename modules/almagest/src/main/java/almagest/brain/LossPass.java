package almagest.brain;

/** The weighted log-loss of all training rows and what its gradient needs. */
sealed interface LossPass permits RowKernel, ProductKernel {
  /**
   * @param coef weights for rows as they are, row-major [w, d]
   * @param intercept [w]
   * @param products receives Σ_i s_i (p_i − y_i) x_i, row-major [w, d]
   * @param sums receives Σ_i s_i (p_i − y_i) [w]
   * @return Σ_i s_i log-loss_i
   */
  double at(double[] coef, double[] intercept, double[] products, double[] sums);

  /** Relative rounding error of the loss. */
  double noise();

  /**
   * Turns the logits of a row into s (p − y), in place.
   *
   * @param z holds the w logits from {@code from} on
   * @param label 0 … classes − 1
   * @return s · log-loss
   */
  static double residual(double[] z, int from, int w, int label, double weight) {
    if (w == 1) {
      double logit = z[from];
      double signed = label == 1 ? logit : -logit;
      // ln(1 + e^−m) without overflow, and its derivative.
      double loss =
          signed > 0 ? Math.log1p(Math.exp(-signed)) : -signed + Math.log1p(Math.exp(signed));
      double p = 1 / (1 + Math.exp(-logit));
      z[from] = weight * (p - label);
      return weight * loss;
    }
    double own = z[from + label];
    double log = Softmax.of(z, from, w, z, from);
    for (int c = 0; c < w; c++) {
      z[from + c] *= weight;
    }
    z[from + label] -= weight;
    return weight * (log - own);
  }
}

package almagest.brain;

/** exp(z) / Σ exp(z), shifted by the largest logit so that nothing overflows. */
final class Softmax {
  private Softmax() {}

  /**
   * Writes the probabilities of {@code k} logits.
   *
   * @return ln Σ exp(z)
   */
  static double of(double[] z, int from, int k, double[] p, int to) {
    double top = z[from];
    for (int c = 1; c < k; c++) {
      top = Math.max(top, z[from + c]);
    }
    double sum = 0;
    for (int c = 0; c < k; c++) {
      double e = Math.exp(z[from + c] - top);
      p[to + c] = e;
      sum += e;
    }
    for (int c = 0; c < k; c++) {
      p[to + c] /= sum;
    }
    return top + Math.log(sum);
  }
}

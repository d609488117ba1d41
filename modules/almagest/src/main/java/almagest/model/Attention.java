package almagest.model;

import almagest.tensor.Tensor;

/**
 * Attention: softmax(cap(scale · Q Kᵀ) + mask) V.
 *
 * @param scale what scores are multiplied by
 * @param causal whether query i sees keys up to i only
 * @param window how many keys a causal query sees at most, itself included; 0 for all
 * @param softcap scores become c · tanh(score / c); 0 for none
 */
record Attention(double scale, boolean causal, int window, double softcap) {
  static Attention bidirectional(double scale) {
    return new Attention(scale, false, 0, 0);
  }

  static Attention causal(double scale) {
    return new Attention(scale, true, 0, 0);
  }

  /** The same, limited to the last {@code width} keys; 0 for no limit. */
  Attention within(int width) {
    return new Attention(scale, causal, width, softcap);
  }

  /** The same with soft-capped scores; 0 for none. */
  Attention cappedAt(double cap) {
    return new Attention(scale, causal, window, cap);
  }

  /**
   * @param q [b, h, t, k]
   * @param k [b, g, t, k], g dividing h: each key head serves h / g neighbouring query heads
   * @param v as {@code k}
   * @return [b, h, t, k]
   */
  Tensor of(Tensor q, Tensor k, Tensor v) {
    int t = q.size(2);
    int shared = q.size(1) / k.size(1);
    Tensor keys = repeat(k, shared);
    Tensor values = repeat(v, shared);
    boolean windowed = window > 0 && window < t;
    Tensor mask =
        windowed || (causal && softcap != 0) ? Tensor.causalMask(q.device(), t, window) : null;
    if (softcap == 0) {
      return q.attention(keys, values, mask, causal && mask == null, scale);
    }
    Tensor scores = q.matmul(keys.transpose(2, 3)).timesInPlace(scale).softcap(softcap);
    return (mask == null ? scores : scores.plusInPlace(mask)).softmax().matmul(values);
  }

  /** [b, t, h k] to [b, h, t, k]. */
  static Tensor split(Tensor x, int heads) {
    return x.reshape(x.size(0), x.size(1), heads, x.size(2) / heads).transpose(1, 2);
  }

  /** [b, h, t, k] to [b, t, h k]. */
  static Tensor join(Tensor x) {
    Tensor y = x.transpose(1, 2);
    return y.reshape(y.size(0), y.size(1), (long) y.size(2) * y.size(3));
  }

  /** [b, g, t, k] to [b, g n, t, k], each head n times in a row. */
  private static Tensor repeat(Tensor x, int n) {
    if (n == 1) {
      return x;
    }
    int b = x.size(0);
    int g = x.size(1);
    int t = x.size(2);
    int k = x.size(3);
    return x.reshape(b, g, 1, t, k).expand(b, g, n, t, k).reshape(b, (long) g * n, t, k);
  }
}

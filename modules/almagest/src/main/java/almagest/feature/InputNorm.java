package almagest.feature;

/**
 * What an SAE does to a row of activations before it encodes, and undoes after it decodes. Named as
 * SAELens' {@code normalize_activations}, where it has a name.
 */
public enum InputNorm {
  /** Nothing. */
  NONE("none"),

  /**
   * y = (x − μ) / (σ + 1e-5) with the row's mean μ and standard deviation σ (n − 1); back: r = y σ
   * + μ.
   */
  LAYER_NORM("layer_norm"),

  /** y = s x with s = √d_model / |x|; back: r = y / s. A zero row stays zero. */
  CONSTANT_NORM("constant_norm_rescale");

  private final String saeLensName;

  InputNorm(String saeLensName) {
    this.saeLensName = saeLensName;
  }

  String saeLensName() {
    return saeLensName;
  }

  /** Whether decoding has to know the row that was encoded. */
  boolean dependsOnRow() {
    return this != NONE;
  }

  /** How to go back: r = y · factor + shift. */
  record Back(float factor, float shift) {
    static final Back IDENTITY = new Back(1, 0);
  }

  /** Normalises a row in place. */
  Back apply(float[] x) {
    return switch (this) {
      case NONE -> Back.IDENTITY;
      case LAYER_NORM -> {
        double mean = 0;
        for (float v : x) {
          mean += v;
        }
        mean /= x.length;
        double squares = 0;
        for (float v : x) {
          squares += (v - mean) * (v - mean);
        }
        double sd = Math.sqrt(squares / (x.length - 1));
        for (int i = 0; i < x.length; i++) {
          x[i] = (float) ((x[i] - mean) / (sd + 1e-5));
        }
        yield new Back((float) sd, (float) mean);
      }
      case CONSTANT_NORM -> {
        double squares = 0;
        for (float v : x) {
          squares += (double) v * v;
        }
        double s = squares == 0 ? 1 : Math.sqrt(x.length / squares);
        for (int i = 0; i < x.length; i++) {
          x[i] = (float) (x[i] * s);
        }
        yield new Back((float) (1 / s), 0);
      }
    };
  }
}

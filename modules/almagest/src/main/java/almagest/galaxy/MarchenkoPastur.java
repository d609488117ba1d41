package almagest.galaxy;

/**
 * The law that the eigenvalues of the covariance of n independent standard normals in d dimensions
 * approach as both grow with γ = d / n fixed (Marčenko and Pastur, 1967): density √((λ₊ − λ)(λ −
 * λ₋)) / (2πγλ) between the edges λ± = (1 ± √γ)², and mass 1 − 1/γ at zero when γ &gt; 1.
 *
 * @param n rows (one less, when the mean has been taken off, fits better)
 * @param d columns
 */
public record MarchenkoPastur(int n, int d) {
  public MarchenkoPastur {
    if (n < 1 || d < 1) {
      throw new IllegalArgumentException("a cloud of shape [" + n + ", " + d + "]");
    }
  }

  public double gamma() {
    return (double) d / n;
  }

  /** The lower edge of the continuous part. */
  public double lowerEdge() {
    double side = 1 - Math.sqrt(gamma());
    return side * side;
  }

  public double upperEdge() {
    double side = 1 + Math.sqrt(gamma());
    return side * side;
  }

  public double massAtZero() {
    return Math.max(0, 1 - 1 / gamma());
  }

  /**
   * The quantiles 1 − (r − ½) / d, r = 1 … d: what ranked eigenvalues come out as, descending; 0
   * where the mass at zero reaches.
   */
  public double[] quantiles() {
    double total = Math.min(1, 1 / gamma());
    double[] values = new double[d];
    for (int r = 1; r <= d; r++) {
      double upper = (r - 0.5) / d;
      values[r - 1] = upper < total ? at(angle(total - upper)) : 0;
    }
    return values;
  }

  /** λ at an angle in [0, π]; the edges are at 0 and π. */
  private double at(double angle) {
    return 1 + gamma() - 2 * Math.sqrt(gamma()) * Math.cos(angle);
  }

  /**
   * The continuous mass below the angle. With λ = m − r cos t, m = 1 + γ, r = 2√γ, the density
   * becomes (2/π) sin²t / (m − r cos t), whose integral is elementary.
   */
  private double mass(double t) {
    double root = Math.sqrt(gamma());
    double m = 1 + gamma();
    double r = 2 * root;
    double turn = Math.atan2((1 + root) * Math.sin(t / 2), Math.abs(1 - root) * Math.cos(t / 2));
    return 2 / Math.PI * ((m * t + r * Math.sin(t)) - 2 * Math.abs(1 - gamma()) * turn) / (r * r);
  }

  private double angle(double mass) {
    double low = 0;
    double high = Math.PI;
    for (int i = 0; i < 100 && high - low > 1e-15; i++) {
      double middle = 0.5 * (low + high);
      if (mass(middle) < mass) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return 0.5 * (low + high);
  }
}

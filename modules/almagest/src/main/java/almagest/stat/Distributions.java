package almagest.stat;

/** Tails and quantiles of the distributions that intervals and tests are made of. */
public final class Distributions {
  private Distributions() {}

  /** P(Z ≤ z) of the standard normal. */
  public static double normalCdf(double z) {
    double tail = 0.5 * SpecialFunctions.regularizedGammaQ(0.5, 0.5 * z * z);
    return z > 0 ? 1 - tail : tail;
  }

  /**
   * The z with P(Z ≤ z) = p of the standard normal.
   *
   * @param p strictly between 0 and 1
   */
  public static double normalQuantile(double p) {
    inside(p);
    if (p > 0.5) {
      return -normalQuantile(1 - p);
    }
    return bisect(p, Distributions::normalCdf);
  }

  /** P(T ≤ t) of Student's t with {@code freedom} > 0 degrees of freedom. */
  public static double studentTCdf(double t, double freedom) {
    double tail =
        0.5
            * SpecialFunctions.regularizedBeta(
                freedom / (freedom + t * t), 0.5 * freedom, 0.5);
    return t > 0 ? 1 - tail : tail;
  }

  /**
   * The t with P(T ≤ t) = p of Student's t.
   *
   * @param p strictly between 0 and 1
   * @param freedom degrees of freedom, positive
   */
  public static double studentTQuantile(double p, double freedom) {
    inside(p);
    if (!(freedom > 0)) {
      throw new IllegalArgumentException("Student's t with " + freedom + " degrees of freedom");
    }
    if (p > 0.5) {
      return -studentTQuantile(1 - p, freedom);
    }
    return bisect(p, t -> studentTCdf(t, freedom));
  }

  /** P(X > x) of chi-square. */
  public static double chiSquareSurvival(double x, double freedom) {
    return SpecialFunctions.regularizedGammaQ(0.5 * freedom, 0.5 * x);
  }

  private interface Cdf {
    double at(double x);
  }

  /** The non-positive x with cdf(x) = p for p ≤ 1/2: to the last bit, in about 100 halvings. */
  private static double bisect(double p, Cdf cdf) {
    if (p == 0.5) {
      return 0;
    }
    double low = -1;
    while (cdf.at(low) > p) {
      low *= 2;
    }
    double high = 0;
    for (int i = 0; i < 200; i++) {
      double middle = 0.5 * (low + high);
      if (middle <= low || middle >= high) {
        break;
      }
      if (cdf.at(middle) < p) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return 0.5 * (low + high);
  }

  private static void inside(double p) {
    if (!(p > 0 && p < 1)) {
      throw new IllegalArgumentException("the quantile of " + p + ", expected between 0 and 1");
    }
  }
}

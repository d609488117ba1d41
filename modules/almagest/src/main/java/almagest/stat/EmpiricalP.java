package almagest.stat;

/**
 * The p-value of a Monte Carlo test: (1 + #{null at least as extreme}) / (B + 1) (Davison and
 * Hinkley 1997, section 4.2). It is valid for any B and never below 1/(B + 1), so it says no more
 * than the number of draws can carry; a count of standard deviations does not have that modesty.
 */
public final class EmpiricalP {
  private EmpiricalP() {}

  /** One-sided: how often the null reaches {@code observed} or more. NaN if observed is. */
  public static double upper(double observed, double[] nulls) {
    if (Double.isNaN(observed)) {
      return Double.NaN;
    }
    int extreme = 0;
    for (double v : nulls) {
      if (v >= observed) {
        extreme++;
      }
    }
    return (1.0 + extreme) / (nulls.length + 1.0);
  }

  /** One-sided: how often the null is {@code observed} or less. */
  public static double lower(double observed, double[] nulls) {
    double[] negated = new double[nulls.length];
    for (int i = 0; i < nulls.length; i++) {
      negated[i] = -nulls[i];
    }
    return upper(-observed, negated);
  }

  /** Twice the smaller of both sides, at most 1. */
  public static double twoSided(double observed, double[] nulls) {
    return Math.min(1, 2 * Math.min(upper(observed, nulls), lower(observed, nulls)));
  }
}

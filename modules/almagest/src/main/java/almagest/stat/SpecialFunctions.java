package almagest.stat;

import org.apache.commons.numbers.gamma.Digamma;
import org.apache.commons.numbers.gamma.LogGamma;
import org.apache.commons.statistics.distribution.TDistribution;

/** The few special functions that entropies and intervals need, by their names in the field. */
public final class SpecialFunctions {
  private SpecialFunctions() {}

  /**
   * The digamma function ψ(x) = d ln Γ / dx.
   *
   * @param x positive
   */
  public static double digamma(double x) {
    positive(x, "digamma");
    return Digamma.value(x);
  }

  /** ln of the volume π^(d/2) / Γ(d/2 + 1) of the unit ball in {@code d} ≥ 0 dimensions. */
  public static double logUnitBallVolume(int d) {
    if (d < 0) {
      throw new IllegalArgumentException("a ball in " + d + " dimensions");
    }
    return 0.5 * d * Math.log(Math.PI) - LogGamma.value(0.5 * d + 1);
  }

  /**
   * The t with P(T ≤ t) = p of Student's t.
   *
   * @param p strictly between 0 and 1
   * @param freedom degrees of freedom, positive
   */
  public static double studentTQuantile(double p, double freedom) {
    positive(freedom, "Student's t");
    if (!(p > 0 && p < 1)) {
      throw new IllegalArgumentException("the quantile of " + p + ", expected between 0 and 1");
    }
    TDistribution t = TDistribution.of(freedom);
    double x = t.inverseCumulativeProbability(p);
    // The library stops at 1e-9; two steps of Newton's method reach rounding.
    for (int i = 0; i < 2; i++) {
      x -= (t.cumulativeProbability(x) - p) / t.density(x);
    }
    return x;
  }

  private static void positive(double x, String function) {
    if (!(x > 0)) {
      throw new IllegalArgumentException(function + " of " + x + ", expected a positive number");
    }
  }
}

package almagest.stat;

import org.apache.commons.numbers.gamma.LogGamma;
import org.apache.commons.statistics.distribution.ChiSquaredDistribution;
import org.apache.commons.statistics.distribution.NormalDistribution;

/**
 * The likelihood-ratio test of independence of two labellings: G = 2 n MI is about chi-square with
 * (a − 1)(b − 1) degrees of freedom if the labels of different things are independent draws (Wilks
 * 1938). Features of one autoencoder are not, so even this is more than can be claimed; it is here
 * because it is what a permutation's count of standard deviations ought to be compared with. In
 * tables with expected counts below about 5 it rejects too often.
 *
 * @param statistic G
 * @param degreesOfFreedom (a − 1)(b − 1)
 * @param p upper tail; 0 where it is below the smallest double
 * @param normalEquivalent the standard normal deviate with the same two-sided p
 */
public record GTest(double statistic, int degreesOfFreedom, double p, double normalEquivalent) {

  /** Tests two labellings of the same things. */
  public static GTest of(int[] a, int[] b) {
    Contingency table = Contingency.of(a, b);
    int freedom = Math.max(0, table.rows() - 1) * Math.max(0, table.columns() - 1);
    double g = 2.0 * table.n() * table.mutualInformation();
    if (freedom == 0) {
      return new GTest(g, 0, 1, 0);
    }
    double p = ChiSquaredDistribution.of(freedom).survivalProbability(g);
    double z =
        p > 1e-290
            ? NormalDistribution.of(0, 1).inverseSurvivalProbability(p / 2)
            : deviate(logTail(g, freedom));
    return new GTest(g, freedom, p, z);
  }

  /** ln of the chi-square tail, from the first terms of its continued fraction, g ≫ freedom. */
  private static double logTail(double g, int freedom) {
    double s = freedom / 2.0;
    double x = g / 2;
    return (s - 1) * Math.log(x) - x - LogGamma.value(s) - Math.log1p((1 - s) / x);
  }

  /** z with ln(2 (1 − Φ(z))) = log, for very small tails, by fixed point. */
  private static double deviate(double log) {
    double z = Math.sqrt(-2 * log);
    for (int i = 0; i < 50; i++) {
      z =
          Math.sqrt(
              -2 * (log + Math.log(z) + 0.5 * Math.log(Math.PI / 2) + Math.log1p(1 / (z * z))));
    }
    return z;
  }
}

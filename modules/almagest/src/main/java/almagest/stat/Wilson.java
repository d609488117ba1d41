package almagest.stat;

import org.apache.commons.statistics.distribution.NormalDistribution;

/**
 * Wilson's score interval for a proportion (Wilson 1927), without continuity correction. It assumes
 * independent trials: chunks of one document are not, and then it is too narrow.
 */
public final class Wilson {
  private Wilson() {}

  /** The 95 % interval. */
  public static Interval interval(long successes, long trials) {
    return interval(successes, trials, 0.95);
  }

  /**
   * @return NaN ends for no trials
   * @throws IllegalArgumentException unless 0 ≤ successes ≤ trials and confidence lies in (0, 1)
   */
  public static Interval interval(long successes, long trials, double confidence) {
    if (successes < 0 || successes > trials || !(confidence > 0 && confidence < 1)) {
      throw new IllegalArgumentException(
          successes + " of " + trials + " at confidence " + confidence + " is no proportion");
    }
    if (trials == 0) {
      return Interval.UNKNOWN;
    }
    double z = NormalDistribution.of(0, 1).inverseCumulativeProbability(0.5 + confidence / 2);
    double n = trials;
    double p = successes / n;
    double centre = (p + z * z / (2 * n)) / (1 + z * z / n);
    double half = z / (1 + z * z / n) * Math.sqrt(p * (1 - p) / n + z * z / (4 * n * n));
    return new Interval(
        successes == 0 ? 0 : centre - half, successes == trials ? 1 : centre + half);
  }
}

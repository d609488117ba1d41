package almagest.stat;

import java.util.Locale;

/**
 * A statistic against draws of it under a null.
 *
 * @param kind what the null keeps and what it breaks, e.g. {@code "permuted labels"}
 * @param observed the statistic itself
 * @param mean of the draws
 * @param sd population standard deviation of the draws (divisor B, as published)
 * @param z (observed − mean) / sd, the "sigma" of the literature; it reads as a normal deviate only
 *     if the null is normal, it grows with the number of things tested, and its own error is about
 *     z/√(2B). NaN when sd is 0.
 * @param p one-sided empirical p-value, (1 + #{draws ≥ observed}) / (B + 1)
 * @param trials B
 * @param effect observed − mean: the size of the thing, in the statistic's own unit
 * @param values the draws [B]
 */
public record NullTest(
    String kind,
    double observed,
    double mean,
    double sd,
    double z,
    double p,
    int trials,
    double effect,
    double[] values) {

  /** Summarises draws; with no draws all but observed and p = 1 is NaN. */
  public static NullTest of(String kind, double observed, double[] values) {
    double mean = 0;
    for (double v : values) {
      mean += v;
    }
    mean /= values.length;
    double square = 0;
    for (double v : values) {
      square += (v - mean) * (v - mean);
    }
    double sd = Math.sqrt(square / values.length);
    return new NullTest(
        kind,
        observed,
        mean,
        sd,
        sd > 0 ? (observed - mean) / sd : Double.NaN,
        EmpiricalP.upper(observed, values),
        values.length,
        observed - mean,
        values);
  }

  /** What the numbers say, and what they do not, in a sentence for a reader. */
  public String meaning() {
    String size =
        String.format(
            Locale.ROOT,
            "%.3g against %.3g ± %.2g in %d draws of %s",
            observed,
            mean,
            sd,
            trials,
            kind);
    double least = 1 / (trials + 1.0);
    if (p > least) {
      return size
          + String.format(
              Locale.ROOT, ": %.0f draws reach it (p = %.2g).", p * (trials + 1) - 1, p);
    }
    return size
        + String.format(
            Locale.ROOT,
            ": no draw reaches it, which shows p ≤ %.2g and no more; %.0f standard deviations of"
                + " the draws is not a normal deviate, and grows with the number of things.",
            p,
            z);
  }
}

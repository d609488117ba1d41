package almagest.stat;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.util.Arrays;

/**
 * An interval that covers the true value with the stated confidence if the stated model holds.
 * Written to JSON as {@code [lo, hi]}.
 *
 * @param lo its lower end
 * @param hi its upper end
 */
@JsonFormat(shape = JsonFormat.Shape.ARRAY)
@JsonPropertyOrder({"lo", "hi"})
public record Interval(double lo, double hi) {
  /** Neither end known. */
  public static final Interval UNKNOWN = new Interval(Double.NaN, Double.NaN);

  public boolean contains(double value) {
    return lo <= value && value <= hi;
  }

  /**
   * The percentile interval of bootstrap or subsampling replicates: the empirical quantiles at (1 −
   * confidence)/2 and its complement, linear between order statistics. NaN replicates are left out.
   */
  public static Interval percentile(double[] replicates, double confidence) {
    double[] sorted = Arrays.stream(replicates).filter(v -> !Double.isNaN(v)).sorted().toArray();
    double tail = (1 - confidence) / 2;
    return sorted.length == 0
        ? UNKNOWN
        : new Interval(quantile(sorted, tail), quantile(sorted, 1 - tail));
  }

  /** The quantile of ascending values, linear between order statistics (type 7). */
  static double quantile(double[] sorted, double q) {
    double at = q * (sorted.length - 1);
    int below = (int) Math.floor(at);
    int above = Math.min(sorted.length - 1, below + 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }
}

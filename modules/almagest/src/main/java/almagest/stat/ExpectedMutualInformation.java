package almagest.stat;

import java.util.Arrays;

/**
 * The exact mean of the mutual information over all labellings with the same cluster sizes (Vinh,
 * Epps and Bailey 2010, equation 24a): E = Σ_ij Σ_m m/n ln(n m / (a_i b_j)) P(m), with m
 * hypergeometric.
 *
 * <p>The terms depend on the sizes alone, so equal sizes are counted once: with a thousand clusters
 * of about sixteen things there are some thirty distinct sizes, and a thousandth of the work. The
 * probabilities run outwards from the mode by their ratio and are normalised by their sum, which
 * keeps them right to a few ulps; tables of log-factorials lose a digit for every digit of n ln n.
 */
final class ExpectedMutualInformation {
  /** Probabilities below this share of the mode's are beyond what a double sum can see. */
  private static final double NEGLIGIBLE = 1e-22;

  private ExpectedMutualInformation() {}

  /**
   * @param rowSums sizes of the clusters of one labelling, each at least 1, adding up to n
   * @param columnSums those of the other
   * @return nats
   */
  static double of(int[] rowSums, int[] columnSums, int n) {
    if (rowSums.length <= 1 || columnSums.length <= 1) {
      return 0;
    }
    int[][] rows = distinct(rowSums);
    int[][] columns = distinct(columnSums);
    double sum = 0;
    for (int[] row : rows) {
      for (int[] column : columns) {
        sum += (double) row[1] * column[1] * cell(row[0], column[0], n);
      }
    }
    return sum;
  }

  /** The distinct values, ascending, each with how often it occurs. */
  private static int[][] distinct(int[] sums) {
    int[] sorted = sums.clone();
    Arrays.sort(sorted);
    int[][] groups = new int[sorted.length][];
    int count = 0;
    for (int s : sorted) {
      if (count > 0 && groups[count - 1][0] == s) {
        groups[count - 1][1]++;
      } else {
        groups[count++] = new int[] {s, 1};
      }
    }
    return Arrays.copyOf(groups, count);
  }

  private static double cell(int a, int b, int n) {
    int low = Math.max(0, a + b - n);
    int high = Math.min(a, b);
    int mode = (int) ((a + 1L) * (b + 1L) / (n + 2L));
    mode = Math.min(high, Math.max(low, mode));
    double constant = Math.log(n) - Math.log(a) - Math.log(b);
    double weight = 1;
    double total = 1;
    double value = term(mode, constant);
    for (int m = mode; m < high && weight > NEGLIGIBLE; ) {
      weight *= (double) (a - m) * (b - m) / ((m + 1.0) * ((double) n - a - b + m + 1));
      m++;
      total += weight;
      value += weight * term(m, constant);
    }
    weight = 1;
    for (int m = mode; m > low && weight > NEGLIGIBLE; ) {
      weight *= (double) m * ((double) n - a - b + m) / ((double) (a - m + 1) * (b - m + 1));
      m--;
      total += weight;
      value += weight * term(m, constant);
    }
    return value / total / n;
  }

  private static double term(int m, double constant) {
    return m == 0 ? 0 : m * (Math.log(m) + constant);
  }
}

package almagest.stat;

import org.apache.commons.statistics.distribution.ChiSquaredDistribution;

/**
 * Pearson's test of independence in a table of counts, without continuity correction. Empty rows
 * and columns are left out. It assumes independent observations; for chunks, which come several to
 * a document, the p-value is too small, and the effect size is what to read.
 *
 * @param statistic Σ (n_ij − e_ij)² / e_ij
 * @param degreesOfFreedom (rows − 1)(columns − 1) of what is not empty
 * @param p the upper tail of the chi-square distribution; 1 when there is nothing to test
 * @param cramersV √(statistic / n / (min(rows, columns) − 1)), from 0 to 1; NaN when there is only
 *     one row or column. Biased upwards in small tables.
 */
public record ChiSquare(double statistic, int degreesOfFreedom, double p, double cramersV) {

  /**
   * @param table counts [row][column]
   */
  public static ChiSquare of(long[][] table) {
    int columns = table.length == 0 ? 0 : table[0].length;
    double[] rowSums = new double[table.length];
    double[] columnSums = new double[columns];
    double total = 0;
    for (int r = 0; r < table.length; r++) {
      for (int c = 0; c < columns; c++) {
        rowSums[r] += table[r][c];
        columnSums[c] += table[r][c];
        total += table[r][c];
      }
    }
    double statistic = 0;
    for (int r = 0; r < table.length; r++) {
      for (int c = 0; c < columns; c++) {
        if (rowSums[r] > 0 && columnSums[c] > 0) {
          double expected = rowSums[r] * columnSums[c] / total;
          double off = table[r][c] - expected;
          statistic += off * off / expected;
        }
      }
    }
    int usedRows = positive(rowSums);
    int usedColumns = positive(columnSums);
    int freedom = Math.max(0, usedRows - 1) * Math.max(0, usedColumns - 1);
    if (freedom == 0) {
      return new ChiSquare(0, 0, 1, Double.NaN);
    }
    return new ChiSquare(
        statistic,
        freedom,
        ChiSquaredDistribution.of(freedom).survivalProbability(statistic),
        Math.sqrt(statistic / total / (Math.min(usedRows, usedColumns) - 1)));
  }

  private static int positive(double[] sums) {
    int count = 0;
    for (double s : sums) {
      if (s > 0) {
        count++;
      }
    }
    return count;
  }
}

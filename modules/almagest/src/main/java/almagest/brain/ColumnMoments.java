package almagest.brain;

import almagest.run.Workers;
import almagest.tensor.FloatMatrix;

/**
 * Mean and population variance of each column over some rows, in double by sums about the first
 * row.
 *
 * @param mean [d]
 * @param variance [d], divisor n
 */
record ColumnMoments(double[] mean, double[] variance) {
  private static final int PIECES = 32;

  static ColumnMoments of(FloatMatrix x, int[] rows, Workers workers) {
    int d = x.columns();
    int n = rows.length;
    int pieces = Math.min(PIECES, n);
    float[] origin = x.row(rows[0]);
    double[] mean = new double[d];
    double[] variance = new double[d];
    for (double[][] part :
        workers.map(
            pieces,
            p -> {
              double[] sum = new double[d];
              double[] square = new double[d];
              float[] row = new float[d];
              for (int i = (int) ((long) n * p / pieces);
                  i < (int) ((long) n * (p + 1) / pieces);
                  i++) {
                x.copyRow(rows[i], row);
                for (int j = 0; j < d; j++) {
                  double off = (double) row[j] - origin[j];
                  sum[j] += off;
                  square[j] += off * off;
                }
              }
              return new double[][] {sum, square};
            })) {
      for (int j = 0; j < d; j++) {
        mean[j] += part[0][j];
        variance[j] += part[1][j];
      }
    }
    for (int j = 0; j < d; j++) {
      double offset = mean[j] / n;
      mean[j] = origin[j] + offset;
      variance[j] = Math.max(0, variance[j] / n - offset * offset);
    }
    return new ColumnMoments(mean, variance);
  }
}

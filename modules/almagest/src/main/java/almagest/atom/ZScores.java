package almagest.atom;

import almagest.tensor.DoubleMatrix;

/** Columns brought to mean 0 and population standard deviation 1. */
final class ZScores {
  private ZScores() {}

  /**
   * Each column minus its mean over its population standard deviation; a constant column becomes 0.
   */
  static DoubleMatrix of(DoubleMatrix x) {
    int n = x.rows();
    double[] mean = new double[x.columns()];
    for (int i = 0; i < n; i++) {
      double[] row = x.row(i);
      for (int j = 0; j < mean.length; j++) {
        mean[j] += row[j] / n;
      }
    }
    double[] sd = new double[mean.length];
    for (int i = 0; i < n; i++) {
      double[] row = x.row(i);
      for (int j = 0; j < mean.length; j++) {
        sd[j] += (row[j] - mean[j]) * (row[j] - mean[j]) / n;
      }
    }
    DoubleMatrix out = DoubleMatrix.zeros(n, mean.length);
    for (int i = 0; i < n; i++) {
      double[] row = x.row(i);
      for (int j = 0; j < mean.length; j++) {
        row[j] = sd[j] == 0 ? 0 : (row[j] - mean[j]) / Math.sqrt(sd[j]);
      }
      out.setRow(i, row);
    }
    return out;
  }
}

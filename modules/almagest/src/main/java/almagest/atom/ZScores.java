package almagest.atom;

import almagest.tensor.DoubleMatrix;

/** Columns brought to mean 0 and population standard deviation 1. */
final class ZScores {
  private ZScores() {}

  /**
   * Each column minus its mean over its population standard deviation; a constant column becomes 0.
   */
  static DoubleMatrix of(DoubleMatrix x) {
    double[] sd = ClassMeans.columnSd(x);
    double[] mean = new double[x.columns()];
    for (int i = 0; i < x.rows(); i++) {
      double[] row = x.row(i);
      for (int j = 0; j < mean.length; j++) {
        mean[j] += row[j] / x.rows();
      }
    }
    DoubleMatrix out = DoubleMatrix.zeros(x.rows(), x.columns());
    for (int i = 0; i < x.rows(); i++) {
      double[] row = x.row(i);
      for (int j = 0; j < mean.length; j++) {
        row[j] = (row[j] - mean[j]) / sd[j];
      }
      out.setRow(i, row);
    }
    return out;
  }
}

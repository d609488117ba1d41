package almagest.atom;

import almagest.run.InputException;
import almagest.tensor.DoubleMatrix;

/**
 * Means by class.
 *
 * @param means [classes, d]
 * @param count [classes], each at least 1
 */
record ClassMeans(DoubleMatrix means, int[] count) {
  /**
   * @param x [n, d]
   * @param labels [n], classes 0 … C − 1
   * @throws InputException with fewer than two classes or an empty one
   */
  static ClassMeans of(DoubleMatrix x, int[] labels) {
    if (labels.length != x.rows()) {
      throw new IllegalArgumentException(labels.length + " labels for " + x.rows() + " rows");
    }
    int classes = 0;
    for (int y : labels) {
      classes = Math.max(classes, y + 1);
    }
    int[] count = new int[classes];
    double[][] sums = new double[classes][x.columns()];
    for (int i = 0; i < labels.length; i++) {
      count[labels[i]]++;
      double[] row = x.row(i);
      double[] sum = sums[labels[i]];
      for (int j = 0; j < row.length; j++) {
        if (!Double.isFinite(row[j])) {
          throw new InputException(
              "LDA: row " + i + ", column " + j + " is " + row[j] + ", expected a finite number");
        }
        sum[j] += row[j];
      }
    }
    if (classes < 2) {
      throw new InputException("LDA needs at least two classes (relations), found " + classes);
    }
    DoubleMatrix means = DoubleMatrix.zeros(classes, x.columns());
    for (int g = 0; g < classes; g++) {
      if (count[g] == 0) {
        throw new InputException("LDA: class " + g + " of " + classes + " has no rows");
      }
      for (int j = 0; j < x.columns(); j++) {
        means.set(g, j, sums[g][j] / count[g]);
      }
    }
    return new ClassMeans(means, count);
  }

  /** Each row minus its class's mean, a new matrix. */
  DoubleMatrix centred(DoubleMatrix x, int[] labels) {
    DoubleMatrix out = DoubleMatrix.zeros(x.rows(), x.columns());
    for (int i = 0; i < labels.length; i++) {
      double[] row = x.row(i);
      for (int j = 0; j < row.length; j++) {
        row[j] -= means.get(labels[i], j);
      }
      out.setRow(i, row);
    }
    return out;
  }

  /** Population standard deviation of each column; 1 where a column is constant. */
  static double[] columnSd(DoubleMatrix x) {
    int d = x.columns();
    double[] mean = new double[d];
    double[] sd = new double[d];
    for (int i = 0; i < x.rows(); i++) {
      double[] row = x.row(i);
      for (int j = 0; j < d; j++) {
        mean[j] += row[j] / x.rows();
      }
    }
    for (int i = 0; i < x.rows(); i++) {
      double[] row = x.row(i);
      for (int j = 0; j < d; j++) {
        sd[j] += (row[j] - mean[j]) * (row[j] - mean[j]) / x.rows();
      }
    }
    for (int j = 0; j < d; j++) {
      sd[j] = sd[j] == 0 ? 1 : Math.sqrt(sd[j]);
    }
    return sd;
  }
}

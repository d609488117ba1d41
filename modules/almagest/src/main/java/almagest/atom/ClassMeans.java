package almagest.atom;

import almagest.run.InputException;
import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.Points;
import java.util.Arrays;

/**
 * Means by class.
 *
 * @param means [classes][d]
 * @param count [classes], each at least 1
 */
record ClassMeans(double[][] means, int[] count) {
  /** Rows summed as one piece, and centred as one block. */
  private static final int PIECE = 1024;

  /**
   * @param x [n, d]
   * @param labels [n], classes 0 … C − 1
   * @throws InputException with fewer than two classes, an empty one, or a value that is no number
   */
  static ClassMeans of(Points x, int[] labels, Workers workers) {
    if (labels.length != x.rows()) {
      throw new IllegalArgumentException(labels.length + " labels for " + x.rows() + " rows");
    }
    int d = x.columns();
    int classes = 0;
    for (int y : labels) {
      classes = Math.max(classes, y + 1);
    }
    if (classes < 2) {
      throw new InputException("LDA needs at least two classes (relations), found " + classes);
    }
    int[] count = new int[classes];
    for (int y : labels) {
      count[y]++;
    }
    for (int g = 0; g < classes; g++) {
      if (count[g] == 0) {
        throw new InputException("LDA: class " + g + " of " + classes + " has no rows");
      }
    }
    double[][] means = new double[classes][d];
    for (double[][] sums :
        workers.map((labels.length + PIECE - 1) / PIECE, p -> sums(x, labels, count.length, p))) {
      for (int g = 0; g < classes; g++) {
        for (int j = 0; j < d; j++) {
          means[g][j] += sums[g][j] / count[g];
        }
      }
    }
    return new ClassMeans(means, count);
  }

  private static double[][] sums(Points x, int[] labels, int classes, int piece) {
    int d = x.columns();
    double[][] sums = new double[classes][d];
    double[] row = new double[d];
    for (int i = piece * PIECE; i < Math.min(labels.length, (piece + 1) * PIECE); i++) {
      x.copyRow(i, row);
      double[] sum = sums[labels[i]];
      double zero = 0;
      for (int j = 0; j < d; j++) {
        sum[j] += row[j];
        zero += row[j] * 0;
      }
      if (zero != 0) {
        throw new InputException(
            "LDA: row " + i + " holds NaN or infinity, expected finite numbers");
      }
    }
    return sums;
  }

  int classes() {
    return count.length;
  }

  /** Class frequencies. */
  double[] priors() {
    double n = Arrays.stream(count).sum();
    return Arrays.stream(count).mapToDouble(k -> k / n).toArray();
  }

  /** The mean of all rows [d]: of the class means, weighted by {@link #priors}. */
  double[] mean() {
    double[] priors = priors();
    double[] mean = new double[means[0].length];
    for (int g = 0; g < priors.length; g++) {
      for (int j = 0; j < mean.length; j++) {
        mean[j] += priors[g] * means[g][j];
      }
    }
    return mean;
  }

  /** The class means as a matrix [classes, d]. */
  DoubleMatrix matrix() {
    DoubleMatrix m = DoubleMatrix.zeros(means.length, means[0].length);
    for (int g = 0; g < means.length; g++) {
      m.setRow(g, means[g]);
    }
    return m;
  }

  /** Each row minus its class's mean, a new matrix. */
  DoubleMatrix centred(Points x, int[] labels, Workers workers) {
    DoubleMatrix out = DoubleMatrix.zeros(x.rows(), x.columns());
    centre(x, labels, 0, x.rows(), out, workers);
    return out;
  }

  /**
   * Rows {@code from} … {@code to} minus their classes' means, to the first rows of {@code out}.
   */
  void centre(Points x, int[] labels, int from, int to, DoubleMatrix out, Workers workers) {
    int step = 128;
    workers.run(
        (to - from + step - 1) / step,
        p -> {
          double[] row = new double[x.columns()];
          for (int i = from + p * step; i < Math.min(to, from + (p + 1) * step); i++) {
            x.copyRow(i, row);
            double[] mean = means[labels[i]];
            for (int j = 0; j < row.length; j++) {
              row[j] -= mean[j];
            }
            out.setRow(i - from, row);
          }
        });
  }
}

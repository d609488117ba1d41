package almagest.feature;

import almagest.run.InputException;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import java.util.List;

/**
 * The mean of activations and the factor that makes their mean square 1 per dimension.
 *
 * @param mean μ, [d_model]
 * @param scale s = √(d_model / mean |x − μ|²)
 */
record Centre(float[] mean, float scale) {
  static final int ROWS = 4096;

  /** Over all rows, in double, in pieces of a fixed size. */
  static Centre of(ActivationSource source, Workers workers) {
    int d = source.dModel();
    if (source.tokens() == 0) {
      throw new InputException("there are no activations to train on");
    }
    double[] mean = mean(source, workers);
    double squares = 0;
    for (double part : workers.map(pieces(source), p -> squares(source, p, mean))) {
      squares += part;
    }
    double variance = squares / source.tokens();
    if (!(variance > 0) || Double.isInfinite(variance)) {
      throw new InputException(
          "the activations have variance " + variance + ", expected a positive number");
    }
    float[] rounded = new float[d];
    for (int i = 0; i < d; i++) {
      rounded[i] = (float) mean[i];
    }
    return new Centre(rounded, (float) Math.sqrt(d / variance));
  }

  /** The mean row, [d_model]. */
  static double[] mean(ActivationSource source, Workers workers) {
    int d = source.dModel();
    List<double[]> sums =
        workers.map(
            pieces(source),
            p -> {
              double[] sum = new double[d];
              float[] row = new float[d];
              FloatMatrix rows = piece(source, p);
              for (int r = 0; r < rows.rows(); r++) {
                rows.copyRow(r, row);
                for (int i = 0; i < d; i++) {
                  sum[i] += row[i];
                }
              }
              return sum;
            });
    double[] mean = new double[d];
    for (double[] sum : sums) {
      for (int i = 0; i < d; i++) {
        mean[i] += sum[i];
      }
    }
    for (int i = 0; i < d; i++) {
      mean[i] /= source.tokens();
    }
    return mean;
  }

  private static double squares(ActivationSource source, int p, double[] mean) {
    FloatMatrix rows = piece(source, p);
    float[] row = new float[mean.length];
    double squares = 0;
    for (int r = 0; r < rows.rows(); r++) {
      rows.copyRow(r, row);
      for (int i = 0; i < row.length; i++) {
        double c = row[i] - mean[i];
        squares += c * c;
      }
    }
    return squares;
  }

  static int pieces(ActivationSource source) {
    return Math.toIntExact((source.tokens() + ROWS - 1) / ROWS);
  }

  /** The p-th run of rows, copied. */
  static FloatMatrix piece(ActivationSource source, int p) {
    long from = (long) p * ROWS;
    FloatMatrix rows = FloatMatrix.zeros(Math.min(ROWS, source.tokens() - from), source.dModel());
    source.copyRows(from, rows);
    return rows;
  }
}

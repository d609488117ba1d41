package almagest.brain;

import almagest.run.Workers;
import almagest.tensor.FloatMatrix;

/**
 * A fitted logistic regression, in the coordinates of the rows it was given.
 *
 * @param classes the distinct labels of the training rows, ascending
 * @param columns d, the columns of a row
 * @param coef row-major [w, d]: w = 1 for two classes (the logit of the larger one), 0 for one
 *     class, else one row per class
 * @param intercept [w]; for three classes or more shifted to sum 0
 * @param objective ½‖W‖² + C Σ s_i log-loss_i at the end, W in the coordinates of the penalty
 * @param iterations of the solver
 * @param gradient the largest component of the gradient, divided by C Σ s_i
 */
public record LogisticFit(
    int[] classes,
    int columns,
    double[] coef,
    double[] intercept,
    double objective,
    int iterations,
    double gradient) {
  private static final int PIECE = 256;

  /** Logits, row-major [rows, w]. */
  double[] logits(FloatMatrix x, Workers workers) {
    if (x.columns() != columns) {
      throw new IllegalArgumentException(
          "the fit knows rows of " + columns + " columns, found " + x.columns());
    }
    int w = intercept.length;
    int rows = x.rowsAsInt();
    double[] logits = new double[Math.multiplyExact(rows, w)];
    workers.runRanges(
        rows,
        PIECE,
        (from, to) -> {
          float[] row = new float[columns];
          for (int i = from; i < to; i++) {
            x.copyRow(i, row);
            for (int c = 0; c < w; c++) {
              double sum = intercept[c];
              for (int j = 0; j < columns; j++) {
                sum += coef[c * columns + j] * row[j];
              }
              logits[i * w + c] = sum;
            }
          }
        });
    return logits;
  }

  /** The most probable class of every row; ties to the lower label. */
  public int[] predict(FloatMatrix x, Workers workers) {
    double[] logits = logits(x, workers);
    int w = intercept.length;
    int[] guess = new int[x.rowsAsInt()];
    for (int i = 0; i < guess.length; i++) {
      int best = 0;
      if (w == 1) {
        best = logits[i] > 0 ? 1 : 0;
      } else {
        for (int c = 1; c < w; c++) {
          if (logits[i * w + c] > logits[i * w + best]) {
            best = c;
          }
        }
      }
      guess[i] = classes[best];
    }
    return guess;
  }

  /** The probability of every class, row-major [rows, classes]. */
  public double[] probabilities(FloatMatrix x, Workers workers) {
    double[] logits = logits(x, workers);
    int w = intercept.length;
    int k = classes.length;
    int rows = x.rowsAsInt();
    double[] p = new double[rows * k];
    for (int i = 0; i < rows; i++) {
      if (k == 1) {
        p[i] = 1;
      } else if (w == 1) {
        p[2 * i] = 1 / (1 + Math.exp(logits[i]));
        p[2 * i + 1] = 1 / (1 + Math.exp(-logits[i]));
      } else {
        Softmax.of(logits, i * w, w, p, i * k);
      }
    }
    return p;
  }
}

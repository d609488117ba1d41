package almagest.brain;

import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Logistic regression with an L2 penalty: minimises ½‖W‖² + C Σ_i s_i log-loss_i over weights W and
 * free intercepts; binary with one weight vector for two classes, softmax with one per class for
 * more. At C = 1, unit weights and raw rows this is what scikit-learn's {@code LogisticRegression}
 * minimises by default, solved more tightly.
 *
 * <p>Cost: about thirty passes over the rows. Up to {@value RowKernel#WIDEST} weight vectors a pass
 * reads every row once and works in double; more go through float32 matrix products.
 */
public final class LogisticRegression {
  private LogisticRegression() {}

  /**
   * @param c C, the weight of the losses against the penalty; positive
   * @param balanced whether a row of class k weighs n / (classes · n_k), so that classes weigh
   *     alike
   * @param standardised whether the penalty applies to columns scaled to mean 0 and variance 1 over
   *     the training rows; a constant column then has weight 0
   * @param tolerance ends when no component of the gradient, divided by C Σ s_i, is larger
   * @param maxIterations ends anyway after so many steps
   */
  public record Options(
      double c, boolean balanced, boolean standardised, double tolerance, int maxIterations) {
    /** Raw rows, C = 1, as the published analysis; a tighter end than the library's 1e-4. */
    public static final Options PUBLISHED = new Options(1, false, false, 1e-5, 1000);

    public Options {
      if (!(c > 0) || !(tolerance > 0) || maxIterations < 1) {
        throw new IllegalArgumentException(
            "C, tolerance and iterations must be positive: " + c + ", " + tolerance);
      }
    }

    public Options withC(double value) {
      return new Options(value, balanced, standardised, tolerance, maxIterations);
    }

    public Options withTolerance(double value) {
      return new Options(c, balanced, standardised, value, maxIterations);
    }
  }

  /** Fits to all rows of {@code x}. */
  public static LogisticFit fit(FloatMatrix x, int[] y, Options options, Workers workers) {
    boolean[] all = new boolean[y.length];
    Arrays.fill(all, true);
    return fit(x, y, all, options, null, workers);
  }

  /**
   * Fits to some of the rows.
   *
   * @param x [n, d], finite
   * @param y a label per row, any ints
   * @param train which rows to fit to
   * @param start a fit of the same classes to begin from, or null
   * @throws IllegalArgumentException when sizes differ or no row is to be fitted
   */
  public static LogisticFit fit(
      FloatMatrix x,
      int[] y,
      boolean[] train,
      Options options,
      @Nullable LogisticFit start,
      Workers workers) {
    int n = x.rowsAsInt();
    if (y.length != n || train.length != n) {
      throw new IllegalArgumentException(
          n + " rows, " + y.length + " labels, " + train.length + " choices");
    }
    int[] rows = new int[n];
    int used = 0;
    for (int i = 0; i < n; i++) {
      if (train[i]) {
        rows[used++] = i;
      }
    }
    int[] chosen = Arrays.copyOf(rows, used);
    if (used == 0) {
      throw new IllegalArgumentException("no rows to fit to");
    }
    int[] classes = Arrays.stream(chosen).map(i -> y[i]).sorted().distinct().toArray();
    if (classes.length == 1) {
      return new LogisticFit(classes, x.columns(), new double[0], new double[0], 0, 0, 0);
    }
    return new LogisticProblem(x, y, chosen, classes, options, workers).solve(start);
  }
}

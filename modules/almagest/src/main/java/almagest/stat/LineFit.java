package almagest.stat;

/**
 * A straight line through points by ordinary least squares. The interval is honest only when the
 * residuals are independent and of one size; eigenvalues in order, for one, are neither.
 *
 * @param n points
 * @param slope of y on x
 * @param intercept at x = 0
 * @param standardError of the slope; NaN for n = 2
 * @param halfWidth95 Student's t (n − 2 degrees) at 0.975 times the standard error; NaN for n = 2
 * @param rSquared the share of the (weighted) variance of y that the line explains; NaN when y is
 *     constant
 */
public record LineFit(
    int n,
    double slope,
    double intercept,
    double standardError,
    double halfWidth95,
    double rSquared) {

  /**
   * @param x at least two different values
   * @param y as many
   */
  public static LineFit of(double[] x, double[] y) {
    double[] weights = new double[x.length];
    java.util.Arrays.fill(weights, 1);
    return weighted(x, y, weights);
  }

  /**
   * Weighted least squares: weights are relative precisions and are scaled to sum to n.
   *
   * @param weights not negative, with at least two positive at different x
   */
  public static LineFit weighted(double[] x, double[] y, double[] weights) {
    int n = x.length;
    if (y.length != n || weights.length != n || n < 2) {
      throw new IllegalArgumentException(
          "a line through " + n + " x, " + y.length + " y, " + weights.length + " weights");
    }
    double total = 0;
    double meanX = 0;
    double meanY = 0;
    for (int i = 0; i < n; i++) {
      total += weights[i];
      meanX += weights[i] * x[i];
      meanY += weights[i] * y[i];
    }
    meanX /= total;
    meanY /= total;
    double xx = 0;
    double xy = 0;
    double yy = 0;
    for (int i = 0; i < n; i++) {
      double w = weights[i] * n / total;
      xx += w * (x[i] - meanX) * (x[i] - meanX);
      xy += w * (x[i] - meanX) * (y[i] - meanY);
      yy += w * (y[i] - meanY) * (y[i] - meanY);
    }
    if (!(xx > 0)) {
      throw new IllegalArgumentException("a line through points of one x");
    }
    double slope = xy / xx;
    double intercept = meanY - slope * meanX;
    double residual = 0;
    for (int i = 0; i < n; i++) {
      double e = y[i] - meanY - slope * (x[i] - meanX);
      residual += weights[i] * n / total * e * e;
    }
    double error = n > 2 ? Math.sqrt(residual / (n - 2) / xx) : Double.NaN;
    double half = n > 2 ? SpecialFunctions.studentTQuantile(0.975, n - 2) * error : Double.NaN;
    return new LineFit(n, slope, intercept, error, half, yy > 0 ? 1 - residual / yy : Double.NaN);
  }
}

package almagest.stat;

/**
 * Ordinary least squares of y on several regressors and a constant. Its intervals suppose
 * independent errors of one size.
 *
 * @param n observations
 * @param coefficients one a regressor, then the constant
 * @param standardErrors of them; NaN when there are no degrees of freedom left
 * @param halfWidths95 Student's t times the standard errors
 * @param residualSquares the residual sum of squares
 * @param rSquared NaN when y is constant
 */
public record LeastSquares(
    int n,
    double[] coefficients,
    double[] standardErrors,
    double[] halfWidths95,
    double residualSquares,
    double rSquared) {

  /**
   * @param x [n][p], n ≥ p + 1
   * @param y [n]
   * @throws ArithmeticException when the regressors are collinear, or one is constant
   */
  public static LeastSquares of(double[][] x, double[] y) {
    int n = y.length;
    int p = n == 0 ? 0 : x[0].length;
    if (x.length != n || n < p + 1) {
      throw new IllegalArgumentException(
          n + " observations for " + p + " regressors and a constant");
    }
    double[] mean = new double[p];
    double meanY = 0;
    for (int i = 0; i < n; i++) {
      meanY += y[i] / n;
      for (int j = 0; j < p; j++) {
        mean[j] += x[i][j] / n;
      }
    }
    double[][] inverse = new double[p][p];
    double[] xy = new double[p];
    double[] scale = new double[p];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < p; j++) {
        scale[j] += (x[i][j] - mean[j]) * (x[i][j] - mean[j]);
      }
    }
    for (int j = 0; j < p; j++) {
      scale[j] = Math.sqrt(scale[j]);
      if (!(scale[j] > 0)) {
        throw new ArithmeticException("regressor " + j + " is constant");
      }
    }
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < p; j++) {
        double v = (x[i][j] - mean[j]) / scale[j];
        xy[j] += v * (y[i] - meanY);
        for (int k = 0; k < p; k++) {
          inverse[j][k] += v * (x[i][k] - mean[k]) / scale[k];
        }
      }
    }
    invert(inverse);
    double[] coefficients = new double[p + 1];
    double constant = meanY;
    for (int j = 0; j < p; j++) {
      for (int k = 0; k < p; k++) {
        coefficients[j] += inverse[j][k] * xy[k];
      }
      coefficients[j] /= scale[j];
      constant -= coefficients[j] * mean[j];
    }
    coefficients[p] = constant;
    double residual = 0;
    double total = 0;
    for (int i = 0; i < n; i++) {
      double e = y[i] - constant;
      for (int j = 0; j < p; j++) {
        e -= coefficients[j] * x[i][j];
      }
      residual += e * e;
      total += (y[i] - meanY) * (y[i] - meanY);
    }
    int freedom = n - p - 1;
    double variance = freedom > 0 ? residual / freedom : Double.NaN;
    double t = freedom > 0 ? SpecialFunctions.studentTQuantile(0.975, freedom) : Double.NaN;
    double[] errors = new double[p + 1];
    double ofConstant = 1.0 / n;
    for (int j = 0; j < p; j++) {
      errors[j] = Math.sqrt(variance * inverse[j][j]) / scale[j];
      for (int k = 0; k < p; k++) {
        ofConstant += mean[j] / scale[j] * inverse[j][k] * mean[k] / scale[k];
      }
    }
    errors[p] = Math.sqrt(variance * ofConstant);
    double[] half = new double[p + 1];
    for (int j = 0; j <= p; j++) {
      half[j] = t * errors[j];
    }
    return new LeastSquares(
        n, coefficients, errors, half, residual, total > 0 ? 1 - residual / total : Double.NaN);
  }

  /** Gauss and Jordan with pivots on the diagonal, in place, of a correlation matrix. */
  private static void invert(double[][] a) {
    int p = a.length;
    for (int j = 0; j < p; j++) {
      double pivot = a[j][j];
      if (!(pivot > 1e-12)) {
        throw new ArithmeticException("the regressors are collinear at " + j);
      }
      a[j][j] = 1;
      for (int k = 0; k < p; k++) {
        a[j][k] /= pivot;
      }
      for (int i = 0; i < p; i++) {
        if (i != j) {
          double factor = a[i][j];
          a[i][j] = 0;
          for (int k = 0; k < p; k++) {
            a[i][k] -= factor * a[j][k];
          }
        }
      }
    }
  }
}

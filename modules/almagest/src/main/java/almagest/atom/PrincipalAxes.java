package almagest.atom;

import almagest.linalg.Blas;
import almagest.linalg.Lapack;
import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;

/** Principal components of a few thousand rows. */
final class PrincipalAxes {
  private PrincipalAxes() {}

  /**
   * Each column minus its mean over its population standard deviation; a constant column becomes 0.
   */
  static DoubleMatrix zScored(DoubleMatrix x) {
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

  /**
   * Scores on the first {@code count} principal components of centred data; the sign of a component
   * makes its largest loading positive.
   *
   * @return [n, count]
   */
  static DoubleMatrix scores(DoubleMatrix centred, int count, Workers workers) {
    int d = centred.columns();
    int kept = Math.min(count, d);
    Lapack.Eigen eigen =
        Lapack.symmetricRange(Blas.gram(centred, workers).toArray(), d, d - kept, d - 1);
    DoubleMatrix axes = DoubleMatrix.zeros(d, kept);
    for (int c = 0; c < kept; c++) {
      double[] v = eigen.vectors()[kept - 1 - c];
      double extreme = 0;
      for (double e : v) {
        extreme = Math.abs(e) > Math.abs(extreme) ? e : extreme;
      }
      for (int j = 0; j < d; j++) {
        axes.set(j, c, extreme < 0 ? -v[j] : v[j]);
      }
    }
    return Blas.multiply(centred, axes, workers);
  }
}

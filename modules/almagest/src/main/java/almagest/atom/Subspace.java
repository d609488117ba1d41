package almagest.atom;

import almagest.tensor.DoubleMatrix;
import java.util.ArrayList;
import java.util.List;

/** Orthonormal bases of what few directions span. */
final class Subspace {
  /** A direction whose part outside the others is shorter than this share of it adds none. */
  private static final double DEPENDENT = 1e-10;

  private Subspace() {}

  /**
   * An orthonormal basis of the rows' span, by Gram and Schmidt with every step repeated.
   *
   * @param rows [m, d], m small
   * @return at most m vectors [d]
   */
  static List<double[]> orthonormal(DoubleMatrix rows) {
    List<double[]> basis = new ArrayList<>();
    for (int i = 0; i < rows.rows(); i++) {
      double[] v = rows.row(i);
      double before = norm(v);
      for (int pass = 0; pass < 2; pass++) {
        for (double[] q : basis) {
          double along = dot(q, v);
          for (int j = 0; j < v.length; j++) {
            v[j] -= along * q[j];
          }
        }
      }
      double left = norm(v);
      if (left > DEPENDENT * before) {
        for (int j = 0; j < v.length; j++) {
          v[j] /= left;
        }
        basis.add(v);
      }
    }
    return basis;
  }

  static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int j = 0; j < a.length; j++) {
      sum += a[j] * b[j];
    }
    return sum;
  }

  static double norm(double[] v) {
    return Math.sqrt(dot(v, v));
  }
}

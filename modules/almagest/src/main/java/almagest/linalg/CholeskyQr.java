package almagest.linalg;

import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * Orthonormal columns by two rounds of Cholesky QR on scaled columns (Yamamoto et al., "Roundoff
 * error analysis of the CholeskyQR2 algorithm", 2015): all the work is matrix products.
 */
final class CholeskyQr {
  private static final int PIECE = 2048;

  /** A pivot below this, of columns of unit length, leaves too few digits. */
  private static final double LEAST_PIVOT = 1e-10;

  private CholeskyQr() {}

  /**
   * Makes the columns of y orthonormal.
   *
   * @return R [b × b] with y before = y after · R; empty, and y unchanged, when the columns are too
   *     nearly dependent
   */
  static double[] orthonormalise(DoubleMatrix y, Workers workers) {
    int b = y.columns();
    double[] gram = gram(y, workers);
    double[] length = new double[b];
    double longest = 0;
    for (int j = 0; j < b; j++) {
      length[j] = Math.sqrt(gram[j * b + j]);
      longest = Math.max(longest, length[j]);
    }
    for (int j = 0; j < b; j++) {
      if (!(length[j] > 1e-13 * longest)) {
        return new double[0];
      }
    }
    for (int i = 0; i < b; i++) {
      for (int j = 0; j < b; j++) {
        gram[i * b + j] /= length[i] * length[j];
      }
    }
    double[] first = cholesky(gram, b);
    if (first.length == 0) {
      return first;
    }
    for (int i = 0; i < b; i++) {
      for (int j = 0; j < b; j++) {
        first[i * b + j] *= length[j];
      }
    }
    divide(y, first, workers);
    double[] second = cholesky(gram(y, workers), b);
    if (second.length == 0) {
      throw new IllegalStateException("columns lost their rank between two rounds");
    }
    divide(y, second, workers);
    return multiply(second, first, b);
  }

  private static double[] gram(DoubleMatrix y, Workers workers) {
    int b = y.columns();
    List<double[]> parts =
        workers.map(
            (y.rows() + PIECE - 1) / PIECE,
            p -> {
              DoubleMatrix rows = y.slice(p * PIECE, Math.min(y.rows(), (p + 1) * PIECE));
              DoubleMatrix part = DoubleMatrix.zeros(b, b);
              Blas.dgemm(
                  true,
                  false,
                  b,
                  b,
                  rows.rows(),
                  1,
                  rows.data(),
                  b,
                  rows.data(),
                  b,
                  0,
                  part.data(),
                  b);
              return part.data().toArray(ValueLayout.JAVA_DOUBLE);
            });
    return TallMatrix.sum(parts);
  }

  /** R, upper, with RᵀR = g; empty when a pivot is too small. */
  private static double[] cholesky(double[] g, int b) {
    double[] r = new double[b * b];
    for (int j = 0; j < b; j++) {
      for (int i = 0; i <= j; i++) {
        double v = g[i * b + j];
        for (int p = 0; p < i; p++) {
          v -= r[p * b + i] * r[p * b + j];
        }
        if (i < j) {
          r[i * b + j] = v / r[i * b + i];
        } else if (v > LEAST_PIVOT) {
          r[j * b + j] = Math.sqrt(v);
        } else {
          return new double[0];
        }
      }
    }
    return r;
  }

  /** y := y R⁻¹. */
  private static void divide(DoubleMatrix y, double[] r, Workers workers) {
    int b = y.columns();
    double[] inverse = new double[b * b];
    for (int j = 0; j < b; j++) {
      inverse[j * b + j] = 1 / r[j * b + j];
      for (int i = j - 1; i >= 0; i--) {
        double v = 0;
        for (int p = i + 1; p <= j; p++) {
          v -= r[i * b + p] * inverse[p * b + j];
        }
        inverse[i * b + j] = v / r[i * b + i];
      }
    }
    DoubleMatrix right = DoubleMatrix.copyOf(inverse, b);
    workers.run(
        (y.rows() + PIECE - 1) / PIECE,
        p -> {
          DoubleMatrix rows = y.slice(p * PIECE, Math.min(y.rows(), (p + 1) * PIECE));
          DoubleMatrix out = DoubleMatrix.zeros(rows.rows(), b);
          Blas.dgemm(
              false,
              false,
              rows.rows(),
              b,
              b,
              1,
              rows.data(),
              b,
              right.data(),
              b,
              0,
              out.data(),
              b);
          rows.data().copyFrom(out.data());
        });
  }

  private static double[] multiply(double[] a, double[] c, int b) {
    double[] product = new double[b * b];
    for (int i = 0; i < b; i++) {
      for (int p = i; p < b; p++) {
        for (int j = p; j < b; j++) {
          product[i * b + j] += a[i * b + p] * c[p * b + j];
        }
      }
    }
    return product;
  }
}

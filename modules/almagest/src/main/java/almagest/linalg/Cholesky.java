package almagest.linalg;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import almagest.tensor.DoubleMatrix;
import java.lang.foreign.FunctionDescriptor;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/** The factor L of a symmetric positive definite matrix A = L Lᵀ, float64. */
public final class Cholesky {
  /** Our matrices are row-major and symmetric, so LAPACK may take them for its own order. */
  private static final int COLUMN_MAJOR = 102;

  private static final byte LOWER = 'L';
  private static final byte NOT_UNIT = 'N';

  private static final MethodHandle DPOTRF =
      OpenBlas.function(
          "LAPACKE_dpotrf",
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_BYTE, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle DTRTRI =
      OpenBlas.function(
          "LAPACKE_dtrtri",
          FunctionDescriptor.of(
              JAVA_INT, JAVA_INT, JAVA_BYTE, JAVA_BYTE, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle DTRTRS =
      OpenBlas.function(
          "LAPACKE_dtrtrs",
          FunctionDescriptor.of(
              JAVA_INT, JAVA_INT, JAVA_BYTE, JAVA_BYTE, JAVA_BYTE, JAVA_INT, JAVA_INT, ADDRESS,
              JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle DSYGST =
      OpenBlas.function(
          "LAPACKE_dsygst",
          FunctionDescriptor.of(
              JAVA_INT, JAVA_INT, JAVA_INT, JAVA_BYTE, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS,
              JAVA_INT));

  private final DoubleMatrix factor;

  private Cholesky(DoubleMatrix factor) {
    this.factor = factor;
  }

  /**
   * Factors a matrix. O(n³ / 3).
   *
   * @param a [n, n], symmetric; left unchanged
   * @return empty when it is not positive definite to rounding
   */
  public static Optional<Cholesky> of(DoubleMatrix a) {
    int n = a.rows();
    if (a.columns() != n) {
      throw new IllegalArgumentException("not square: [" + n + ", " + a.columns() + "]");
    }
    DoubleMatrix l = DoubleMatrix.zeros(n, n);
    l.data().copyFrom(a.data());
    int info =
        n == 0
            ? 0
            : Lapack.solver(n, () -> (int) DPOTRF.invokeExact(COLUMN_MAJOR, LOWER, n, l.data(), n));
    return info == 0 ? Optional.of(new Cholesky(l)) : Optional.empty();
  }

  public int size() {
    return factor.rows();
  }

  /** L⁻¹ b for each row b of {@code rows} [m, n]; a new matrix. */
  public DoubleMatrix forward(DoubleMatrix rows) {
    return solve(rows, (byte) 'N');
  }

  /** L⁻ᵀ b for each row b of {@code rows} [m, n]; a new matrix. */
  public DoubleMatrix backward(DoubleMatrix rows) {
    return solve(rows, (byte) 'T');
  }

  private DoubleMatrix solve(DoubleMatrix rows, byte transpose) {
    int n = size();
    int m = rows.rows();
    DoubleMatrix x = DoubleMatrix.zeros(m, n);
    x.data().copyFrom(rows.data());
    if (m == 0 || n == 0) {
      return x;
    }
    Lapack.check(
        "dtrtrs",
        Lapack.solver(() ->
            (int)
                DTRTRS.invokeExact(
                    COLUMN_MAJOR,
                    LOWER,
                    transpose,
                    NOT_UNIT,
                    n,
                    m,
                    factor.data(),
                    n,
                    x.data(),
                    n)));
    return x;
  }

  /**
   * W = L⁻ᵀ, upper triangular, so that Wᵀ A W = I: rows with covariance A become white when
   * multiplied by W. O(n³ / 3).
   */
  public DoubleMatrix whitening() {
    int n = size();
    DoubleMatrix w = DoubleMatrix.zeros(n, n);
    w.data().copyFrom(factor.data());
    Lapack.check(
        "dtrtri",
        Lapack.solver(
            n, () -> (int) DTRTRI.invokeExact(COLUMN_MAJOR, LOWER, NOT_UNIT, n, w.data(), n)));
    // Row i of ours is column i of LAPACK's; what lies before the diagonal was never touched.
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < i; j++) {
        w.set(i, j, 0);
      }
    }
    return w;
  }

  /** The trace of A⁻¹, so that no eigenvalue of A is below its reciprocal. O(n³ / 3). */
  public double inverseTrace() {
    DoubleMatrix w = whitening();
    double trace = 0;
    for (int i = 0; i < size(); i++) {
      for (double v : w.row(i)) {
        trace += v * v;
      }
    }
    return trace;
  }

  /** L⁻¹ B L⁻ᵀ for symmetric B [n, n]; a new matrix, both triangles. O(n³). */
  public DoubleMatrix whiten(DoubleMatrix b) {
    int n = size();
    DoubleMatrix c = DoubleMatrix.zeros(n, n);
    c.data().copyFrom(b.data());
    Lapack.check(
        "dsygst",
        Lapack.solver(() ->
            (int) DSYGST.invokeExact(COLUMN_MAJOR, 1, LOWER, n, c.data(), n, factor.data(), n)));
    Gram.mirror(c);
    return c;
  }
}

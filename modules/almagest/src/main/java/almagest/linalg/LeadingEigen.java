package almagest.linalg;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * All eigenvalues of a symmetric matrix and the eigenvectors of the largest few from one reduction
 * to tridiagonal form, which is where the time goes: dsytrd, then dsterf for the values and dstemr
 * with dormtr for the vectors.
 */
final class LeadingEigen {
  private static final int COLUMN_MAJOR = 102;
  private static final byte LOWER = 'L';

  /** Up to this size a second thread gains nothing; callers may then decompose several at once. */
  private static final int SMALL = 600;

  private static final MethodHandle DSYTRD =
      OpenBlas.function(
          "LAPACKE_dsytrd",
          FunctionDescriptor.of(
              JAVA_INT, JAVA_INT, JAVA_BYTE, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, ADDRESS,
              ADDRESS));
  private static final MethodHandle DSTERF =
      OpenBlas.function(
          "LAPACKE_dsterf", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
  private static final MethodHandle DSTEMR =
      OpenBlas.function(
          "LAPACKE_dstemr",
          FunctionDescriptor.of(
              JAVA_INT,
              JAVA_INT,
              JAVA_BYTE,
              JAVA_BYTE,
              JAVA_INT,
              ADDRESS,
              ADDRESS,
              JAVA_DOUBLE,
              JAVA_DOUBLE,
              JAVA_INT,
              JAVA_INT,
              ADDRESS,
              ADDRESS,
              ADDRESS,
              JAVA_INT,
              JAVA_INT,
              ADDRESS,
              ADDRESS));
  private static final MethodHandle DORMTR =
      OpenBlas.function(
          "LAPACKE_dormtr",
          FunctionDescriptor.of(
              JAVA_INT, JAVA_INT, JAVA_BYTE, JAVA_BYTE, JAVA_BYTE, JAVA_INT, JAVA_INT, ADDRESS,
              JAVA_INT, ADDRESS, ADDRESS, JAVA_INT));

  private LeadingEigen() {}

  /**
   * The decomposition.
   *
   * @param values all n, ascending
   * @param vectors [count][n], of the largest eigenvalues, ascending
   */
  record Result(double[] values, double[][] vectors) {}

  /**
   * @param matrix [n × n], symmetric; left unchanged
   * @param count how many eigenvectors, 0 … n
   */
  static Result of(double[] matrix, int n, int count) {
    if (n == 0) {
      return new Result(new double[0], new double[0][]);
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment a = arena.allocate(JAVA_DOUBLE, (long) n * n);
      MemorySegment.copy(matrix, 0, a, JAVA_DOUBLE, 0, n * n);
      return inPlace(a, n, count);
    }
  }

  /**
   * As {@link #of}, without a copy.
   *
   * @param a [n × n] native, overwritten
   */
  static Result inPlace(MemorySegment a, int n, int count) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment d = arena.allocate(JAVA_DOUBLE, n);
      MemorySegment e = arena.allocate(JAVA_DOUBLE, n);
      MemorySegment tau = arena.allocate(JAVA_DOUBLE, n);
      Lapack.check(
          "dsytrd",
          solver(n, () -> (int) DSYTRD.invokeExact(COLUMN_MAJOR, LOWER, n, a, n, d, e, tau)));
      MemorySegment values = arena.allocate(JAVA_DOUBLE, n).copyFrom(d);
      MemorySegment off = arena.allocate(JAVA_DOUBLE, n).copyFrom(e);
      Lapack.check("dsterf", solver(n, () -> (int) DSTERF.invokeExact(n, values, off)));
      double[][] vectors = new double[count][n];
      if (count > 0) {
        MemorySegment z = vectors(arena, n, count, a, d, e, tau);
        for (int j = 0; j < count; j++) {
          MemorySegment.copy(z, JAVA_DOUBLE, (long) j * n * Double.BYTES, vectors[j], 0, n);
        }
      }
      return new Result(values.toArray(JAVA_DOUBLE), vectors);
    }
  }

  private static int solver(int n, Lapack.Call call) {
    return n <= SMALL ? Lapack.alone(call) : Lapack.solver(call);
  }

  private static MemorySegment vectors(
      Arena arena,
      int n,
      int count,
      MemorySegment a,
      MemorySegment d,
      MemorySegment e,
      MemorySegment tau) {
    MemorySegment w = arena.allocate(JAVA_DOUBLE, n);
    MemorySegment z = arena.allocate(JAVA_DOUBLE, (long) n * count);
    MemorySegment found = arena.allocate(JAVA_INT);
    MemorySegment support = arena.allocate(JAVA_INT, 2L * count);
    MemorySegment accurate = arena.allocate(JAVA_INT);
    accurate.set(JAVA_INT, 0, 1);
    Lapack.check(
        "dstemr",
        solver(
            n,
            () ->
                (int)
                    DSTEMR.invokeExact(
                        COLUMN_MAJOR,
                        (byte) 'V',
                        (byte) 'I',
                        n,
                        d,
                        e,
                        0.0,
                        0.0,
                        n - count + 1,
                        n,
                        found,
                        w,
                        z,
                        n,
                        count,
                        support,
                        accurate)));
    Lapack.check(
        "dormtr",
        solver(
            n,
            () ->
                (int)
                    DORMTR.invokeExact(
                        COLUMN_MAJOR, LOWER, LOWER, (byte) 'N', n, count, a, n, tau, z, n)));
    return z;
  }
}

package almagest.linalg;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.FloatMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** Dense decompositions in float64, through LAPACK. */
public final class Lapack {
  private static final int ROW_MAJOR = 101;

  /** Below so many rows a second thread costs more than it does. */
  private static final int SMALL = 192;

  private static final MethodHandle DSYEVD =
      OpenBlas.function(
          "LAPACKE_dsyevd",
          FunctionDescriptor.of(
              JAVA_INT, JAVA_INT, JAVA_BYTE, JAVA_BYTE, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS));
  private static final MethodHandle DSYEVR =
      OpenBlas.function(
          "LAPACKE_dsyevr",
          FunctionDescriptor.of(
              JAVA_INT,
              JAVA_INT,
              JAVA_BYTE,
              JAVA_BYTE,
              JAVA_BYTE,
              JAVA_INT,
              ADDRESS,
              JAVA_INT,
              JAVA_DOUBLE,
              JAVA_DOUBLE,
              JAVA_INT,
              JAVA_INT,
              JAVA_DOUBLE,
              ADDRESS,
              ADDRESS,
              ADDRESS,
              JAVA_INT,
              ADDRESS));

  private static final MethodHandle DSTERF =
      OpenBlas.function(
          "LAPACKE_dsterf", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));

  private Lapack() {}

  /**
   * The eigenvalues, ascending, of a symmetric tridiagonal matrix. O(n²).
   *
   * @param diagonal [n]
   * @param off [n − 1] beside it
   */
  public static double[] tridiagonal(double[] diagonal, double[] off) {
    int n = diagonal.length;
    if (off.length != Math.max(0, n - 1)) {
      throw new IllegalArgumentException(
          "a diagonal of " + n + " needs " + (n - 1) + " values beside it, found " + off.length);
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment d = arena.allocate(JAVA_DOUBLE, Math.max(1, n));
      MemorySegment e = arena.allocate(JAVA_DOUBLE, Math.max(1, n));
      MemorySegment.copy(diagonal, 0, d, JAVA_DOUBLE, 0, n);
      MemorySegment.copy(off, 0, e, JAVA_DOUBLE, 0, off.length);
      check("dsterf", alone(() -> (int) DSTERF.invokeExact(n, d, e)));
      return d.asSlice(0, (long) n * Double.BYTES).toArray(JAVA_DOUBLE);
    }
  }

  /**
   * Eigenvalues and eigenvectors of a symmetric matrix.
   *
   * @param values ascending
   * @param vectors one row per eigenvalue [count, n], unit length; their sign is whatever the
   *     solver gave. Empty when not asked for.
   */
  public record Eigen(double[] values, double[][] vectors) {}

  /**
   * All eigenvalues of a symmetric matrix, and its eigenvectors on request. O(n³).
   *
   * @param matrix [n × n]; only its upper triangle is read; left unchanged
   */
  public static Eigen symmetric(double[] matrix, int n, boolean vectors) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment a = copy(arena, matrix, n);
      MemorySegment w = arena.allocate(JAVA_DOUBLE, Math.max(1, n));
      // Row-major upper is column-major lower; LAPACKE transposes on the way in and out.
      int info =
          solver(
              n,
              () ->
                  (int)
                      DSYEVD.invokeExact(
                          ROW_MAJOR, (byte) (vectors ? 'V' : 'N'), (byte) 'U', n, a, n, w));
      check("dsyevd", info);
      double[][] rows = new double[vectors ? n : 0][n];
      for (int i = 0; i < rows.length; i++) {
        for (int j = 0; j < n; j++) {
          rows[i][j] = a.getAtIndex(JAVA_DOUBLE, (long) j * n + i);
        }
      }
      return new Eigen(w.asSlice(0, (long) n * Double.BYTES).toArray(JAVA_DOUBLE), rows);
    }
  }

  /**
   * The eigenpairs with ranks {@code first} … {@code last} (0-based, ascending eigenvalues,
   * inclusive) of a symmetric matrix.
   *
   * @param matrix [n × n]; only its upper triangle is read; left unchanged
   */
  public static Eigen symmetricRange(double[] matrix, int n, int first, int last) {
    if (first < 0 || last < first || last >= n) {
      throw new IllegalArgumentException(
          "ranks " + first + " to " + last + " of " + n + " eigenvalues");
    }
    int count = last - first + 1;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment a = copy(arena, matrix, n);
      MemorySegment w = arena.allocate(JAVA_DOUBLE, n);
      MemorySegment z = arena.allocate(JAVA_DOUBLE, (long) n * count);
      MemorySegment found = arena.allocate(JAVA_INT);
      MemorySegment support = arena.allocate(JAVA_INT, 2L * Math.max(1, count));
      int info =
          solver(
              n,
              () ->
                  (int)
                      DSYEVR.invokeExact(
                          ROW_MAJOR,
                          (byte) 'V',
                          (byte) 'I',
                          (byte) 'U',
                          n,
                          a,
                          n,
                          0.0,
                          0.0,
                          first + 1,
                          last + 1,
                          0.0,
                          found,
                          w,
                          z,
                          count,
                          support));
      check("dsyevr", info);
      double[][] rows = new double[count][n];
      for (int i = 0; i < count; i++) {
        for (int j = 0; j < n; j++) {
          rows[i][j] = z.getAtIndex(JAVA_DOUBLE, (long) j * count + i);
        }
      }
      return new Eigen(w.asSlice(0, (long) count * Double.BYTES).toArray(JAVA_DOUBLE), rows);
    }
  }

  /**
   * All eigenvalues of a symmetric matrix and the eigenvectors of the largest {@code count}, both
   * ascending. O(n³), in the matrix's own memory.
   *
   * @param matrix [n, n]; overwritten
   */
  public static Eigen largest(DoubleMatrix matrix, int count, Workers workers) {
    if (matrix.rows() != matrix.columns() || count < 0 || count > matrix.rows()) {
      throw new IllegalArgumentException(
          count + " eigenvectors of [" + matrix.rows() + ", " + matrix.columns() + "]");
    }
    LeadingEigen.Result result = LeadingEigen.inPlace(matrix.data(), matrix.rows(), count, workers);
    return new Eigen(result.values(), result.vectors());
  }

  /**
   * All eigenvalues, ascending, to about 10⁻⁶ of the largest: half the time of {@link #largest}.
   *
   * @param matrix [n, n], at least 1 row; only its upper triangle is read; overwritten
   */
  public static double[] narrowValues(FloatMatrix matrix) {
    if (matrix.rows() != matrix.columns() || matrix.rows() == 0) {
      throw new IllegalArgumentException(
          "eigenvalues of [" + matrix.rows() + ", " + matrix.columns() + "]");
    }
    return LeadingEigen.narrowValues(matrix.data(), matrix.columns());
  }

  private static MemorySegment copy(Arena arena, double[] matrix, int n) {
    if (matrix.length != (long) n * n) {
      throw new IllegalArgumentException(
          "a [" + n + ", " + n + "] matrix has not " + matrix.length + " values");
    }
    MemorySegment a = arena.allocate(JAVA_DOUBLE, Math.max(1, (long) n * n));
    MemorySegment.copy(matrix, 0, a, ValueLayout.JAVA_DOUBLE, 0, matrix.length);
    return a;
  }

  /** A native call that returns LAPACK's info. */
  interface Call {
    int invoke() throws Throwable;
  }

  /** As many threads as a matrix of n rows is worth; as n decides, bits depend on nothing else. */
  static int solver(int n, Call call) {
    return n < SMALL ? alone(call) : solver(call);
  }

  static int solver(Call call) {
    OpenBlas.THREADS.writeLock().lock();
    try {
      OpenBlas.setThreads(OpenBlas.SOLVER_THREADS);
      return call.invoke();
    } catch (Throwable e) {
      throw OpenBlas.failed(e);
    } finally {
      OpenBlas.setThreads(1);
      OpenBlas.THREADS.writeLock().unlock();
    }
  }

  /** A call that uses one thread, several of which may run at once. */
  static int alone(Call call) {
    OpenBlas.THREADS.readLock().lock();
    try {
      return call.invoke();
    } catch (Throwable e) {
      throw OpenBlas.failed(e);
    } finally {
      OpenBlas.THREADS.readLock().unlock();
    }
  }

  static void check(String routine, int info) {
    if (info != 0) {
      throw new ArithmeticException(
          routine
              + " failed with info "
              + info
              + (info > 0 ? " (no convergence: NaN or infinity in the matrix?)" : ""));
    }
  }
}

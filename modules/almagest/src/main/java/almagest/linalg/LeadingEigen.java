package almagest.linalg;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;

/**
 * All eigenvalues of a symmetric matrix and the eigenvectors of the largest few from one reduction
 * to tridiagonal form, which is where the time goes: dsytrd, then dsterf for the values and, beside
 * it, dstemr for the vectors, at most {@value #MOST} at a time, each on one thread; dormtr turns
 * them all back. Vectors of one piece are orthogonal by the method; those of different pieces are
 * checked, and should eigenvalues that all but coincide lie in two pieces, all vectors are made in
 * one.
 */
final class LeadingEigen {
  private static final int COLUMN_MAJOR = 102;
  private static final byte LOWER = 'L';

  /** Up to this size a second thread gains nothing; callers may then decompose several at once. */
  private static final int SMALL = 600;

  private static final FunctionDescriptor REDUCTION =
      FunctionDescriptor.of(
          JAVA_INT, JAVA_INT, JAVA_BYTE, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, ADDRESS, ADDRESS);
  private static final MethodHandle DSYTRD = OpenBlas.function("LAPACKE_dsytrd", REDUCTION);
  private static final MethodHandle SSYTRD = OpenBlas.function("LAPACKE_ssytrd", REDUCTION);
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

  /** Eigenvectors of one call: enough for the processor's full rate, and work for two threads. */
  private static final int MOST = 256;

  private static final int LEAST = 32;

  /** Inner products of unit vectors beyond this are no rounding. */
  private static final double ORTHOGONAL = 1e-11;

  private static final Workers ALONE = new Workers(1);

  private LeadingEigen() {}

  /**
   * The decomposition.
   *
   * @param values all n, ascending
   * @param vectors [count][n], of the largest eigenvalues, ascending
   */
  record Result(double[] values, double[][] vectors) {}

  /**
   * All eigenvalues, ascending.
   *
   * @param matrix [n × n], symmetric; left unchanged
   */
  static double[] values(double[] matrix, int n) {
    if (n == 0) {
      return new double[0];
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment a = arena.allocate(JAVA_DOUBLE, (long) n * n);
      MemorySegment.copy(matrix, 0, a, JAVA_DOUBLE, 0, n * n);
      return inPlace(a, n, 0, ALONE).values();
    }
  }

  /**
   * All eigenvalues, ascending, of a matrix that is reduced in float32: half the time, and good to
   * about 10⁻⁶ of the largest.
   *
   * @param a [n × n] native float32, its upper triangle row by row; overwritten; at least 1 row
   */
  static double[] narrowValues(MemorySegment a, int n) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment d = arena.allocate(JAVA_FLOAT, n);
      MemorySegment e = arena.allocate(JAVA_FLOAT, n);
      MemorySegment tau = arena.allocate(JAVA_FLOAT, n);
      Lapack.check(
          "ssytrd",
          solver(n, () -> (int) SSYTRD.invokeExact(COLUMN_MAJOR, LOWER, n, a, n, d, e, tau)));
      double[] diagonal = new double[n];
      double[] off = new double[n - 1];
      Arrays.setAll(diagonal, i -> d.getAtIndex(JAVA_FLOAT, i));
      Arrays.setAll(off, i -> e.getAtIndex(JAVA_FLOAT, i));
      return Lapack.tridiagonal(diagonal, off);
    }
  }

  /**
   * Decomposes a symmetric matrix.
   *
   * @param a [n × n] native, overwritten; at least 1 row
   * @param count how many eigenvectors, 0 … n
   */
  static Result inPlace(MemorySegment a, int n, int count, Workers workers) {
    try (Arena arena = count > 0 ? Arena.ofShared() : Arena.ofConfined()) {
      Tridiagonal t = reduced(arena, a, n);
      double[] values = new double[n];
      Runnable all = () -> values(t, values);
      if (count == 0) {
        all.run();
        return new Result(values, new double[0][]);
      }
      return new Result(values, leading(arena, t, count, all, workers).vectors);
    }
  }

  /**
   * The largest eigenvalues alone and their eigenvectors.
   *
   * @param a [n × n] native, overwritten; at least 1 row
   * @param count how many, 1 … n
   * @return as many values as vectors
   */
  static Result largest(MemorySegment a, int n, int count, Workers workers) {
    try (Arena arena = Arena.ofShared()) {
      return leading(arena, reduced(arena, a, n), count, () -> {}, workers);
    }
  }

  private static Tridiagonal reduced(Arena arena, MemorySegment a, int n) {
    MemorySegment d = arena.allocate(JAVA_DOUBLE, n);
    MemorySegment e = arena.allocate(JAVA_DOUBLE, n);
    MemorySegment tau = arena.allocate(JAVA_DOUBLE, n);
    Lapack.check(
        "dsytrd",
        solver(n, () -> (int) DSYTRD.invokeExact(COLUMN_MAJOR, LOWER, n, a, n, d, e, tau)));
    return new Tridiagonal(n, a, d, e, tau);
  }

  /** What dsytrd leaves: the reflections below the diagonal of a, and the reduced matrix. */
  private record Tridiagonal(
      int n, MemorySegment a, MemorySegment d, MemorySegment e, MemorySegment tau) {}

  private static void values(Tridiagonal t, double[] into) {
    try (Arena arena = Arena.ofConfined()) {
      // Both are overwritten.
      MemorySegment values = arena.allocate(JAVA_DOUBLE, t.n).copyFrom(t.d);
      MemorySegment off = arena.allocate(JAVA_DOUBLE, t.n).copyFrom(t.e);
      Lapack.check("dsterf", Lapack.alone(() -> (int) DSTERF.invokeExact(t.n, values, off)));
      MemorySegment.copy(values, JAVA_DOUBLE, 0, into, 0, t.n);
    }
  }

  /**
   * The largest eigenvectors and their values, both ascending; something else that takes one thread
   * is done beside that.
   *
   * @param count at least 1
   */
  private static Result leading(
      Arena arena, Tridiagonal t, int count, Runnable beside, Workers workers) {
    int n = t.n;
    int size = Math.min(MOST, Math.max(LEAST, (count + 1) / 2));
    double[] values = new double[count];
    MemorySegment z = arena.allocate((long) n * count * Double.BYTES, 64);
    pieces(t, z, values, size, beside, workers);
    if (!orthogonal(z, n, count, size)) {
      pieces(t, z, values, count, () -> {}, workers);
    }
    // All at once: dormtr writes into the reflections while it works, so no two calls may share
    // them.
    Lapack.check(
        "dormtr",
        solver(
            n,
            () ->
                (int)
                    DORMTR.invokeExact(
                        COLUMN_MAJOR, LOWER, LOWER, (byte) 'N', n, count, t.a, n, t.tau, z, n)));
    double[][] vectors = new double[count][];
    for (int j = 0; j < count; j++) {
      vectors[j] = columns(z, n, j, j + 1).toArray(JAVA_DOUBLE);
    }
    return new Result(values, vectors);
  }

  private static MemorySegment columns(MemorySegment z, int n, int from, int to) {
    return z.asSlice((long) from * n * Double.BYTES, (long) (to - from) * n * Double.BYTES);
  }

  /**
   * Fills in eigenvectors of the tridiagonal matrix, the largest ones first, {@code size} at a
   * time.
   */
  private static void pieces(
      Tridiagonal t, MemorySegment z, double[] values, int size, Runnable beside, Workers workers) {
    int count = values.length;
    workers.run(
        1 + (count + size - 1) / size,
        p -> {
          if (p == 0) {
            beside.run();
            return;
          }
          int to = count - (p - 1) * size;
          piece(t, z, values, Math.max(0, to - size), to);
        });
  }

  /** Whether the vectors of every piece are orthogonal to those of the others. */
  private static boolean orthogonal(MemorySegment z, int n, int count, int size) {
    try (Arena arena = Arena.ofConfined()) {
      // From the end on, as pieces are cut.
      for (int to = count - size; to > 0; to -= size) {
        int from = Math.max(0, to - size);
        DoubleMatrix products = DoubleMatrix.zeros(arena, to - from, count - to);
        Blas.dgemm(
            false,
            true,
            to - from,
            count - to,
            n,
            1,
            columns(z, n, from, to),
            n,
            columns(z, n, to, count),
            n,
            0,
            products.data(),
            count - to);
        for (double product : products.toArray()) {
          if (!(Math.abs(product) < ORTHOGONAL)) {
            return false;
          }
        }
      }
      return true;
    }
  }

  private static int solver(int n, Lapack.Call call) {
    return n <= SMALL ? Lapack.alone(call) : Lapack.solver(call);
  }

  /** Eigenvectors {@code from} … {@code to}, exclusive, of the wanted ones. */
  private static void piece(Tridiagonal t, MemorySegment z, double[] values, int from, int to) {
    int n = t.n;
    int first = n - values.length + from + 1;
    int count = to - from;
    MemorySegment vectors = columns(z, n, from, to);
    try (Arena arena = Arena.ofConfined()) {
      // Both are overwritten.
      MemorySegment d = arena.allocate(JAVA_DOUBLE, n).copyFrom(t.d);
      MemorySegment e = arena.allocate(JAVA_DOUBLE, n).copyFrom(t.e);
      MemorySegment w = arena.allocate(JAVA_DOUBLE, n);
      MemorySegment found = arena.allocate(JAVA_INT);
      MemorySegment support = arena.allocate(JAVA_INT, 2L * count);
      MemorySegment accurate = arena.allocate(JAVA_INT);
      accurate.set(JAVA_INT, 0, 1);
      Lapack.check(
          "dstemr",
          Lapack.alone(() ->
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
                      first,
                      first + count - 1,
                      found,
                      w,
                      vectors,
                      n,
                      count,
                      support,
                      accurate)));
      MemorySegment.copy(w, JAVA_DOUBLE, 0, values, from, count);
    }
  }
}

package almagest.linalg;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.FloatMatrix;
import almagest.tensor.Points;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Matrix products. All matrices are row-major; every product is cut into tiles that do not depend
 * on the number of threads.
 */
public final class Blas {
  private static final int ROW_MAJOR = 101;
  private static final int NO_TRANSPOSE = 111;
  private static final int TRANSPOSE = 112;
  private static final int UPPER = 121;

  /**
   * Rows of the result per tile: large enough to spread the packing of the right side, small enough
   * to balance threads.
   */
  private static final int TILE = 512;

  private static final MethodHandle SGEMM =
      OpenBlas.function(
          "cblas_sgemm",
          OpenBlas.procedure(
              JAVA_INT,
              JAVA_INT,
              JAVA_INT,
              JAVA_INT,
              JAVA_INT,
              JAVA_INT,
              JAVA_FLOAT,
              ADDRESS,
              JAVA_INT,
              ADDRESS,
              JAVA_INT,
              JAVA_FLOAT,
              ADDRESS,
              JAVA_INT));
  private static final MethodHandle DGEMM =
      OpenBlas.function(
          "cblas_dgemm",
          OpenBlas.procedure(
              JAVA_INT,
              JAVA_INT,
              JAVA_INT,
              JAVA_INT,
              JAVA_INT,
              JAVA_INT,
              JAVA_DOUBLE,
              ADDRESS,
              JAVA_INT,
              ADDRESS,
              JAVA_INT,
              JAVA_DOUBLE,
              ADDRESS,
              JAVA_INT));

  private static final MethodHandle SSYRK =
      OpenBlas.function(
          "cblas_ssyrk",
          OpenBlas.procedure(
              JAVA_INT,
              JAVA_INT,
              JAVA_INT,
              JAVA_INT,
              JAVA_INT,
              JAVA_FLOAT,
              ADDRESS,
              JAVA_INT,
              JAVA_FLOAT,
              ADDRESS,
              JAVA_INT));
  private static final MethodHandle DSYRK =
      OpenBlas.function(
          "cblas_dsyrk",
          OpenBlas.procedure(
              JAVA_INT,
              JAVA_INT,
              JAVA_INT,
              JAVA_INT,
              JAVA_INT,
              JAVA_DOUBLE,
              ADDRESS,
              JAVA_INT,
              JAVA_DOUBLE,
              ADDRESS,
              JAVA_INT));

  private Blas() {}

  /**
   * One float32 product in the calling thread: C := alpha · op(A) op(B) + beta · C.
   *
   * @param m rows of op(A) and C
   * @param n columns of op(B) and C
   * @param k columns of op(A)
   * @param a row-major with {@code lda} floats a row; likewise b, c. Native memory.
   */
  public static void sgemm(
      boolean transposeA,
      boolean transposeB,
      int m,
      int n,
      int k,
      float alpha,
      MemorySegment a,
      int lda,
      MemorySegment b,
      int ldb,
      float beta,
      MemorySegment c,
      int ldc) {
    if (m == 0 || n == 0) {
      return;
    }
    check(a, transposeA ? k : m, transposeA ? m : k, lda, Float.BYTES, "A");
    check(b, transposeB ? n : k, transposeB ? k : n, ldb, Float.BYTES, "B");
    check(c, m, n, ldc, Float.BYTES, "C");
    OpenBlas.THREADS.readLock().lock();
    try {
      SGEMM.invokeExact(
          ROW_MAJOR,
          transposeA ? TRANSPOSE : NO_TRANSPOSE,
          transposeB ? TRANSPOSE : NO_TRANSPOSE,
          m,
          n,
          k,
          alpha,
          a,
          lda,
          b,
          ldb,
          beta,
          c,
          ldc);
    } catch (Throwable e) {
      throw OpenBlas.failed(e);
    } finally {
      OpenBlas.THREADS.readLock().unlock();
    }
  }

  /** As {@link #sgemm} in float64. */
  public static void dgemm(
      boolean transposeA,
      boolean transposeB,
      int m,
      int n,
      int k,
      double alpha,
      MemorySegment a,
      int lda,
      MemorySegment b,
      int ldb,
      double beta,
      MemorySegment c,
      int ldc) {
    if (m == 0 || n == 0) {
      return;
    }
    check(a, transposeA ? k : m, transposeA ? m : k, lda, Double.BYTES, "A");
    check(b, transposeB ? n : k, transposeB ? k : n, ldb, Double.BYTES, "B");
    check(c, m, n, ldc, Double.BYTES, "C");
    OpenBlas.THREADS.readLock().lock();
    try {
      DGEMM.invokeExact(
          ROW_MAJOR,
          transposeA ? TRANSPOSE : NO_TRANSPOSE,
          transposeB ? TRANSPOSE : NO_TRANSPOSE,
          m,
          n,
          k,
          alpha,
          a,
          lda,
          b,
          ldb,
          beta,
          c,
          ldc);
    } catch (Throwable e) {
      throw OpenBlas.failed(e);
    } finally {
      OpenBlas.THREADS.readLock().unlock();
    }
  }

  /**
   * Half of a float32 product in the calling thread, that on and above the diagonal: C := op(A)
   * op(A)ᵀ + beta · C.
   *
   * @param n rows of op(A) and C
   * @param k columns of op(A)
   * @param a row-major with {@code lda} floats a row; likewise c. Native memory.
   */
  static void ssyrk(
      boolean transpose,
      int n,
      int k,
      MemorySegment a,
      int lda,
      float beta,
      MemorySegment c,
      int ldc) {
    check(a, transpose ? k : n, transpose ? n : k, lda, Float.BYTES, "A");
    check(c, n, n, ldc, Float.BYTES, "C");
    int how = transpose ? TRANSPOSE : NO_TRANSPOSE;
    OpenBlas.THREADS.readLock().lock();
    try {
      SSYRK.invokeExact(ROW_MAJOR, UPPER, how, n, k, 1f, a, lda, beta, c, ldc);
    } catch (Throwable e) {
      throw OpenBlas.failed(e);
    } finally {
      OpenBlas.THREADS.readLock().unlock();
    }
  }

  /** As {@link #ssyrk} in float64. */
  static void dsyrk(
      boolean transpose,
      int n,
      int k,
      MemorySegment a,
      int lda,
      double beta,
      MemorySegment c,
      int ldc) {
    check(a, transpose ? k : n, transpose ? n : k, lda, Double.BYTES, "A");
    check(c, n, n, ldc, Double.BYTES, "C");
    int how = transpose ? TRANSPOSE : NO_TRANSPOSE;
    OpenBlas.THREADS.readLock().lock();
    try {
      DSYRK.invokeExact(ROW_MAJOR, UPPER, how, n, k, 1.0, a, lda, beta, c, ldc);
    } catch (Throwable e) {
      throw OpenBlas.failed(e);
    } finally {
      OpenBlas.THREADS.readLock().unlock();
    }
  }

  /** A Bᵀ for A [m, k] and B [n, k]: the product of every row with every row. */
  public static void multiplyTransposed(
      FloatMatrix a, FloatMatrix b, FloatMatrix into, Workers workers) {
    multiply(a, b, true, into, workers);
  }

  /** A B for A [m, k] and B [k, n]. */
  public static void multiply(FloatMatrix a, FloatMatrix b, FloatMatrix into, Workers workers) {
    multiply(a, b, false, into, workers);
  }

  /** A B for A [m, k] and B [k, n] in float64; a new matrix. */
  public static DoubleMatrix multiply(DoubleMatrix a, DoubleMatrix b, Workers workers) {
    int k = a.columns();
    int n = b.columns();
    if (b.rows() != k) {
      throw new IllegalArgumentException(
          "cannot multiply [%d, %d] by [%d, %d]".formatted(a.rows(), k, b.rows(), n));
    }
    DoubleMatrix into = DoubleMatrix.zeros(a.rows(), n);
    workers.run(
        (a.rows() + TILE - 1) / TILE,
        t -> {
          int from = t * TILE;
          int to = Math.min(a.rows(), from + TILE);
          dgemm(
              false,
              false,
              to - from,
              n,
              k,
              1,
              a.slice(from, to).data(),
              Math.max(1, k),
              b.data(),
              Math.max(1, n),
              0,
              into.slice(from, to).data(),
              Math.max(1, n));
        });
    return into;
  }

  /**
   * (X − origin) B in float64, widening a block of rows at a time; a new matrix.
   *
   * @param x [n, d]
   * @param origin [d], taken off every row
   * @param b [d, k]
   * @return [n, k]
   */
  public static DoubleMatrix multiply(Points x, double[] origin, DoubleMatrix b, Workers workers) {
    int d = x.columns();
    int k = b.columns();
    if (b.rows() != d || origin.length != d) {
      throw new IllegalArgumentException(
          "cannot multiply [%d, %d] less [%d] by [%d, %d]"
              .formatted(x.rows(), d, origin.length, b.rows(), k));
    }
    DoubleMatrix into = DoubleMatrix.zeros(x.rows(), k);
    multiply(x, origin, b, into, workers);
    return into;
  }

  /** As {@link #multiply(Points, double[], DoubleMatrix, Workers)} into a matrix [n, k]. */
  static void multiply(
      Points x, double[] origin, DoubleMatrix b, DoubleMatrix into, Workers workers) {
    int d = x.columns();
    int k = b.columns();
    if (into.rows() != x.rows() || into.columns() != k) {
      throw new IllegalArgumentException(
          "cannot put [%d, %d] into [%d, %d]".formatted(x.rows(), k, into.rows(), into.columns()));
    }
    workers.run(
        k == 0 ? 0 : (x.rows() + TILE - 1) / TILE,
        t -> {
          int from = t * TILE;
          int to = Math.min(x.rows(), from + TILE);
          try (Arena arena = Arena.ofConfined()) {
            DoubleMatrix wide = DoubleMatrix.zeros(arena, to - from, d);
            Gram.widen(x, from, 0, to - from, origin, wide);
            dgemm(
                false,
                false,
                to - from,
                k,
                d,
                1,
                wide.data(),
                Math.max(1, d),
                b.data(),
                k,
                0,
                into.slice(from, to).data(),
                k);
          }
        });
  }

  private static void multiply(
      FloatMatrix a, FloatMatrix b, boolean transposeB, FloatMatrix into, Workers workers) {
    int k = a.columns();
    int n = transposeB ? b.rowsAsInt() : b.columns();
    if ((transposeB ? b.columns() : b.rows()) != k
        || into.rows() != a.rows()
        || into.columns() != n) {
      throw new IllegalArgumentException(
          "cannot multiply [%d, %d] by [%d, %d]%s into [%d, %d]"
              .formatted(
                  a.rows(),
                  k,
                  b.rows(),
                  b.columns(),
                  transposeB ? " transposed" : "",
                  into.rows(),
                  into.columns()));
    }
    int tiles = Math.toIntExact((a.rows() + TILE - 1) / TILE);
    workers.run(
        tiles,
        t -> {
          long from = (long) t * TILE;
          long to = Math.min(a.rows(), from + TILE);
          sgemm(
              false,
              transposeB,
              (int) (to - from),
              n,
              k,
              1f,
              a.slice(from, to).data(),
              k,
              b.data(),
              b.columns(),
              0f,
              into.slice(from, to).data(),
              n);
        });
  }

  private static void check(
      MemorySegment s, int rows, int columns, int stride, int bytes, String name) {
    long needed = rows == 0 ? 0 : ((long) (rows - 1) * stride + columns) * bytes;
    if (!s.isNative() || stride < Math.max(1, columns) || s.byteSize() < needed) {
      throw new IllegalArgumentException(
          "matrix %s [%d, %d] with stride %d needs %d native bytes, found %d"
              .formatted(name, rows, columns, stride, needed, s.byteSize()));
    }
  }
}

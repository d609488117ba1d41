package almagest.linalg;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * A running sum of xᵀ x [d, d] over blocks of rows, in float64: half the work of a product, since
 * only tiles on and above the diagonal are computed. Tiles do not depend on the number of threads.
 */
public final class Gram {
  private static final int ROW_MAJOR = 101;
  private static final int UPPER = 121;
  private static final int TRANSPOSE = 112;

  /** Columns a tile: wide enough for the processor's full rate, many enough for several threads. */
  private static final int TILE = 384;

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

  private final int d;
  private final DoubleMatrix sum;

  /** An empty sum over rows of {@code d} columns. */
  public Gram(int d) {
    this.d = d;
    this.sum = DoubleMatrix.zeros(d, d);
  }

  /** xᵀ x [d, d] of all rows of a matrix at once. */
  public static DoubleMatrix of(DoubleMatrix x, Workers workers) {
    Gram gram = new Gram(x.columns());
    gram.add(x, workers);
    return gram.matrix();
  }

  /** Adds the products of a block of rows [m, d]. */
  public void add(DoubleMatrix block, Workers workers) {
    if (block.columns() != d) {
      throw new IllegalArgumentException(block.columns() + " columns, expected " + d);
    }
    if (block.rows() == 0 || d == 0) {
      return;
    }
    int tiles = (d + TILE - 1) / TILE;
    workers.run(
        tiles * (tiles + 1) / 2,
        t -> {
          int row = 0;
          int left = t;
          while (left >= tiles - row) {
            left -= tiles - row;
            row++;
          }
          tile(block, row, row + left);
        });
  }

  private void tile(DoubleMatrix block, int row, int column) {
    int i = row * TILE;
    int j = column * TILE;
    int m = Math.min(TILE, d - i);
    MemorySegment a = block.data().asSlice((long) i * Double.BYTES);
    MemorySegment c = sum.data().asSlice(((long) i * d + j) * Double.BYTES);
    if (row != column) {
      MemorySegment b = block.data().asSlice((long) j * Double.BYTES);
      Blas.dgemm(true, false, m, Math.min(TILE, d - j), block.rows(), 1, a, d, b, d, 1, c, d);
      return;
    }
    OpenBlas.THREADS.readLock().lock();
    try {
      DSYRK.invokeExact(ROW_MAJOR, UPPER, TRANSPOSE, m, block.rows(), 1.0, a, d, 1.0, c, d);
    } catch (Throwable e) {
      throw OpenBlas.failed(e);
    } finally {
      OpenBlas.THREADS.readLock().unlock();
    }
  }

  /** The sum so far, both triangles; a new matrix. */
  public DoubleMatrix matrix() {
    DoubleMatrix full = DoubleMatrix.zeros(d, d);
    full.data().copyFrom(sum.data());
    mirror(full);
    return full;
  }

  /**
   * Copies the upper triangle of a square matrix to its lower one, in blocks that fit the cache.
   */
  static void mirror(DoubleMatrix square) {
    int n = square.rows();
    int block = 64;
    for (int bi = 0; bi < n; bi += block) {
      for (int bj = bi; bj < n; bj += block) {
        for (int i = bi; i < Math.min(n, bi + block); i++) {
          for (int j = Math.max(i + 1, bj); j < Math.min(n, bj + block); j++) {
            square.set(j, i, square.get(i, j));
          }
        }
      }
    }
  }
}

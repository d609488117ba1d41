package almagest.linalg;

import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.FloatMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A running sum of x xᵀ [d, d] over blocks of columns, multiplied in float32 and summed over blocks
 * in float64: twice as fast as {@link Gram}, and good to about 10⁻⁶ of the lengths of the two rows.
 * For draws of a null, whose own spread is far larger.
 */
public final class NarrowGram {
  private static final int TILE = 384;

  private final int d;
  private final DoubleMatrix sum;

  /** An empty sum, in an arena, for blocks of {@code d} rows. */
  public NarrowGram(Arena arena, int d) {
    this.d = d;
    this.sum = DoubleMatrix.zeros(arena, d, d);
  }

  /** Adds the products of the rows of a block [d, m]. */
  public void add(FloatMatrix block, Workers workers) {
    if (block.rows() != d) {
      throw new IllegalArgumentException(block.rows() + " rows, expected " + d);
    }
    int m = block.columns();
    if (m == 0) {
      return;
    }
    int across = (d + TILE - 1) / TILE;
    workers.run(
        across * (across + 1) / 2,
        t -> {
          int row = 0;
          int left = t;
          while (left >= across - row) {
            left -= across - row;
            row++;
          }
          tile(block, row * TILE, (row + left) * TILE);
        });
  }

  private void tile(FloatMatrix block, int i, int j) {
    int rows = Math.min(TILE, d - i);
    int columns = Math.min(TILE, d - j);
    int m = block.columns();
    try (Arena arena = Arena.ofConfined()) {
      FloatMatrix product = FloatMatrix.zeros(arena, rows, columns);
      MemorySegment g = product.data();
      Blas.sgemm(
          false,
          true,
          rows,
          columns,
          m,
          1f,
          block.slice(i, i + rows).data(),
          m,
          block.slice(j, j + columns).data(),
          m,
          0f,
          g,
          columns);
      for (int r = 0; r < rows; r++) {
        long from = (long) r * columns * Float.BYTES;
        long to = ((long) (i + r) * d + j) * Double.BYTES;
        for (int c = 0; c < columns; c++) {
          long at = to + (long) c * Double.BYTES;
          double known = sum.data().get(ValueLayout.JAVA_DOUBLE, at);
          float more = g.get(ValueLayout.JAVA_FLOAT, from + (long) c * Float.BYTES);
          sum.data().set(ValueLayout.JAVA_DOUBLE, at, known + more);
        }
      }
    }
  }

  /**
   * The sum itself [d, d], not a copy; of what lies below the diagonal only parts are filled in.
   */
  public DoubleMatrix upper() {
    return sum;
  }
}

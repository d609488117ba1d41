package almagest.linalg;

import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.FloatMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A running sum of x xᵀ [d, d] over blocks of points, multiplied in float32 and summed over blocks
 * in float64: twice as fast as {@link Gram}, and good to about 10⁻⁶ of the lengths of the two rows.
 * For draws of a null, whose own spread is far larger.
 */
public final class NarrowGram {
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
    add(block, false, block.columns(), workers);
  }

  /** Adds the products of the columns of a block [m, d]. */
  public void addColumns(FloatMatrix block, Workers workers) {
    if (block.columns() != d) {
      throw new IllegalArgumentException(block.columns() + " columns, expected " + d);
    }
    add(block, true, block.rowsAsInt(), workers);
  }

  private void add(FloatMatrix block, boolean columns, int m, Workers workers) {
    if (m == 0) {
      return;
    }
    int width = Gram.width(d);
    int across = (d + width - 1) / width;
    workers.runPairs(across, (a, b) -> tile(block, columns, m, a * width, b * width, width));
  }

  private void tile(FloatMatrix block, boolean columns, int m, int i, int j, int width) {
    int high = Math.min(width, d - i);
    int wide = Math.min(width, d - j);
    int stride = block.columns();
    long step = (columns ? 1L : stride) * Float.BYTES;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment g = FloatMatrix.zeros(arena, high, wide).data();
      MemorySegment left = block.data().asSlice(i * step);
      if (i == j) {
        Blas.ssyrk(columns, high, m, left, stride, 0f, g, high);
      } else {
        MemorySegment right = block.data().asSlice(j * step);
        Blas.sgemm(columns, !columns, high, wide, m, 1f, left, stride, right, stride, 0f, g, wide);
      }
      for (int r = 0; r < high; r++) {
        long from = (long) r * wide * Float.BYTES;
        long to = ((long) (i + r) * d + j) * Double.BYTES;
        for (int c = i == j ? r : 0; c < wide; c++) {
          long at = to + (long) c * Double.BYTES;
          double known = sum.data().get(ValueLayout.JAVA_DOUBLE, at);
          float more = g.get(ValueLayout.JAVA_FLOAT, from + (long) c * Float.BYTES);
          sum.data().set(ValueLayout.JAVA_DOUBLE, at, known + more);
        }
      }
    }
  }

  /** The sum itself [d, d], not a copy; below the diagonal it is 0. */
  public DoubleMatrix upper() {
    return sum;
  }
}

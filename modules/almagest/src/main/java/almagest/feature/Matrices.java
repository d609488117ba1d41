package almagest.feature;

import almagest.tensor.FloatMatrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Rearrangements of dense matrices that reading and writing SAEs needs. */
final class Matrices {
  private static final int TILE = 32;

  private Matrices() {}

  /** The transpose, in new memory. */
  static FloatMatrix transpose(FloatMatrix from) {
    int rows = from.rowsAsInt();
    int columns = from.columns();
    FloatMatrix to = FloatMatrix.zeros(columns, rows);
    for (int r0 = 0; r0 < rows; r0 += TILE) {
      for (int c0 = 0; c0 < columns; c0 += TILE) {
        for (int r = r0; r < Math.min(rows, r0 + TILE); r++) {
          for (int c = c0; c < Math.min(columns, c0 + TILE); c++) {
            to.set(c, r, from.get(r, c));
          }
        }
      }
    }
    return to;
  }

  /**
   * Some columns of a matrix as rows, in memory that is there.
   *
   * @param from [rows, columns], at any address
   * @param first of the columns
   * @param into room for [count, rows]
   */
  static void transpose(FloatMatrix from, int first, int count, MemorySegment into) {
    int rows = from.rowsAsInt();
    // Rows that lie a power of two apart share a set of the cache, so a few are copied away first.
    float[][] few = new float[TILE / 2][count];
    for (int r0 = 0; r0 < rows; r0 += few.length) {
      int n = Math.min(few.length, rows - r0);
      for (int i = 0; i < n; i++) {
        long start = ((long) (r0 + i) * from.columns() + first) * Float.BYTES;
        MemorySegment.copy(from.data(), ValueLayout.JAVA_FLOAT_UNALIGNED, start, few[i], 0, count);
      }
      for (int c = 0; c < count; c++) {
        long at = ((long) c * rows + r0) * Float.BYTES;
        for (int i = 0; i < n; i++) {
          into.set(Kernels.FLOAT, at + (long) i * Float.BYTES, few[i][c]);
        }
      }
    }
  }

  /** A copy with every value multiplied by {@code factor}. */
  static FloatMatrix scaled(FloatMatrix from, float factor) {
    FloatMatrix to = FloatMatrix.zeros(from.rows(), from.columns());
    float[] row = new float[from.columns()];
    for (long r = 0; r < from.rows(); r++) {
      from.copyRow(r, row);
      for (int i = 0; i < row.length; i++) {
        row[i] *= factor;
      }
      to.setRow(r, row);
    }
    return to;
  }
}

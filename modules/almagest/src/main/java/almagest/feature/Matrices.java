package almagest.feature;

import almagest.tensor.FloatMatrix;

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

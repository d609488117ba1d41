package almagest.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * A dense float64 matrix [rows, columns], row-major, in native memory, for what is decomposed or
 * summed. A view: slices share memory.
 */
public final class DoubleMatrix {
  private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE_UNALIGNED;

  private final MemorySegment data;
  private final int rows;
  private final int columns;

  private DoubleMatrix(MemorySegment data, int rows, int columns) {
    this.data = data;
    this.rows = rows;
    this.columns = columns;
  }

  /** A zero matrix whose memory lives as long as something refers to it. */
  public static DoubleMatrix zeros(int rows, int columns) {
    if (rows < 0 || columns < 0) {
      throw new IllegalArgumentException("negative shape [" + rows + ", " + columns + "]");
    }
    return new DoubleMatrix(
        NativeMemory.allocate((long) rows * columns * Double.BYTES), rows, columns);
  }

  /** A zero matrix in an arena. */
  public static DoubleMatrix zeros(Arena arena, int rows, int columns) {
    if (rows < 0 || columns < 0) {
      throw new IllegalArgumentException("negative shape [" + rows + ", " + columns + "]");
    }
    return new DoubleMatrix(
        arena.allocate((long) rows * columns * Double.BYTES, 64), rows, columns);
  }

  /** A copy of {@code values} [rows × columns], row-major. */
  public static DoubleMatrix copyOf(double[] values, int columns) {
    int rows = columns == 0 ? 0 : values.length / columns;
    if ((long) rows * columns != values.length) {
      throw new IllegalArgumentException(values.length + " values do not make rows of " + columns);
    }
    DoubleMatrix m = zeros(rows, columns);
    MemorySegment.copy(values, 0, m.data, DOUBLE, 0, values.length);
    return m;
  }

  /** Float32 values widened, exactly. */
  public static DoubleMatrix copyOf(FloatMatrix values) {
    DoubleMatrix m = zeros(values.rowsAsInt(), values.columns());
    float[] row = new float[values.columns()];
    for (int r = 0; r < m.rows; r++) {
      values.copyRow(r, row);
      for (int c = 0; c < row.length; c++) {
        m.set(r, c, row[c]);
      }
    }
    return m;
  }

  public int rows() {
    return rows;
  }

  public int columns() {
    return columns;
  }

  /** The memory, rows × columns × 8 bytes. */
  public MemorySegment data() {
    return data;
  }

  public double get(int row, int column) {
    return data.get(DOUBLE, offset(row, column));
  }

  public void set(int row, int column, double value) {
    data.set(DOUBLE, offset(row, column), value);
  }

  private long offset(int row, int column) {
    Objects.checkIndex(column, columns);
    return ((long) Objects.checkIndex(row, rows) * columns + column) * Double.BYTES;
  }

  /** A view of rows {@code from} (inclusive) to {@code to} (exclusive). */
  public DoubleMatrix slice(int from, int to) {
    Objects.checkFromToIndex(from, to, rows);
    long stride = (long) columns * Double.BYTES;
    return new DoubleMatrix(data.asSlice(from * stride, (to - from) * stride), to - from, columns);
  }

  /** A row as a new array. */
  public double[] row(int row) {
    double[] values = new double[columns];
    MemorySegment.copy(data, DOUBLE, offset(row, 0), values, 0, columns);
    return values;
  }

  /** Overwrites a row. */
  public void setRow(int row, double[] values) {
    MemorySegment.copy(values, 0, data, DOUBLE, offset(row, 0), columns);
  }

  /** All values, row-major. */
  public double[] toArray() {
    double[] values = new double[Math.multiplyExact(rows, columns)];
    MemorySegment.copy(data, DOUBLE, 0, values, 0, values.length);
    return values;
  }
}

package almagest.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Objects;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * A dense float32 matrix [rows, columns], row-major, in native or mapped memory. Rows may number
 * more than 2^31 / columns. A view: copies nothing and owns nothing; writing through a view of
 * read-only memory throws.
 */
public final class FloatMatrix {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final VectorSpecies<Double> WIDE = DoubleVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Float> NARROW =
      VectorSpecies.of(float.class, VectorShape.forBitSize(Math.max(64, WIDE.vectorBitSize() / 2)));

  private final MemorySegment data;
  private final long rows;
  private final int columns;

  private FloatMatrix(MemorySegment data, long rows, int columns) {
    this.data = data;
    this.rows = rows;
    this.columns = columns;
  }

  /** A zero matrix whose memory lives as long as something refers to it. */
  public static FloatMatrix zeros(long rows, int columns) {
    return new FloatMatrix(NativeMemory.allocate(bytes(rows, columns)), rows, columns);
  }

  /** A zero matrix in an arena. */
  public static FloatMatrix zeros(Arena arena, long rows, int columns) {
    return new FloatMatrix(arena.allocate(bytes(rows, columns), 64), rows, columns);
  }

  /**
   * A view of memory that holds little-endian float32.
   *
   * @throws IllegalArgumentException when the segment's size is not rows × columns × 4
   */
  public static FloatMatrix view(MemorySegment data, long rows, int columns) {
    if (data.byteSize() != bytes(rows, columns)) {
      throw new IllegalArgumentException(
          "a ["
              + rows
              + ", "
              + columns
              + "] float matrix has "
              + bytes(rows, columns)
              + " bytes, the memory "
              + data.byteSize());
    }
    return new FloatMatrix(data, rows, columns);
  }

  /** A copy of {@code values} [rows × columns], row-major, in native memory. */
  public static FloatMatrix copyOf(float[] values, int columns) {
    int rows = columns == 0 ? 0 : values.length / columns;
    if ((long) rows * columns != values.length) {
      throw new IllegalArgumentException(values.length + " values do not make rows of " + columns);
    }
    FloatMatrix m = zeros(rows, columns);
    MemorySegment.copy(values, 0, m.data, FLOAT, 0, values.length);
    return m;
  }

  private static long bytes(long rows, int columns) {
    if (rows < 0 || columns < 0) {
      throw new IllegalArgumentException("negative shape [" + rows + ", " + columns + "]");
    }
    return Math.multiplyExact(Math.multiplyExact(rows, (long) columns), Float.BYTES);
  }

  public long rows() {
    return rows;
  }

  /** The number of rows as an int, for code that keeps something per row. */
  public int rowsAsInt() {
    return Math.toIntExact(rows);
  }

  public int columns() {
    return columns;
  }

  /** The memory, rows × columns × 4 bytes. */
  public MemorySegment data() {
    return data;
  }

  public float get(long row, int column) {
    return data.get(FLOAT, offset(row, column));
  }

  public void set(long row, int column, float value) {
    data.set(FLOAT, offset(row, column), value);
  }

  private long offset(long row, int column) {
    Objects.checkIndex(column, columns);
    return (Objects.checkIndex(row, rows) * columns + column) * Float.BYTES;
  }

  /** A view of rows {@code from} (inclusive) to {@code to} (exclusive). */
  public FloatMatrix slice(long from, long to) {
    Objects.checkFromToIndex(from, to, rows);
    return new FloatMatrix(
        data.asSlice(from * columns * Float.BYTES, (to - from) * columns * Float.BYTES),
        to - from,
        columns);
  }

  /** Copies a row into {@code into}, from its start. */
  public void copyRow(long row, float[] into) {
    MemorySegment.copy(data, FLOAT, offset(row, 0), into, 0, columns);
  }

  /** Copies a row, widened, into {@code into} from index {@code at} on. */
  public void widenRow(long row, double[] into, int at) {
    long offset = Objects.checkIndex(row, rows) * columns * Float.BYTES;
    int c = 0;
    for (; c + WIDE.length() <= columns; c += WIDE.length()) {
      FloatVector.fromMemorySegment(
              NARROW, data, offset + (long) c * Float.BYTES, ByteOrder.LITTLE_ENDIAN)
          .convertShape(VectorOperators.F2D, WIDE, 0)
          .reinterpretAsDoubles()
          .intoArray(into, at + c);
    }
    for (; c < columns; c++) {
      into[at + c] = data.get(FLOAT, offset + (long) c * Float.BYTES);
    }
  }

  /** A row as a new array. */
  public float[] row(long row) {
    float[] values = new float[columns];
    copyRow(row, values);
    return values;
  }

  /** Overwrites a row from the start of {@code values}. */
  public void setRow(long row, float[] values) {
    MemorySegment.copy(values, 0, data, FLOAT, offset(row, 0), columns);
  }

  /** All values in a heap array, row-major; only for matrices under 2^31 values. */
  public float[] toArray() {
    float[] values = new float[Math.toIntExact(rows * columns)];
    MemorySegment.copy(data, FLOAT, 0, values, 0, values.length);
    return values;
  }
}

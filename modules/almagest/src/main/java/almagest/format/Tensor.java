package almagest.format;

import almagest.run.InputException;
import almagest.tensor.FloatMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;

/**
 * An array of any kind and shape as it lies in a file: a view of mapped memory, row-major, little
 * endian. The mapping lives as long as something refers to it. Values are widened on demand; only
 * float32 is handed out without a copy.
 */
public final class Tensor {
  static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

  private final String place;
  private final ElementType type;
  private final long[] shape;
  private final long count;
  private final MemorySegment data;

  /**
   * @param place the file and the name of the tensor in it, for messages
   * @param shape empty for a scalar; no dimension negative
   * @param data exactly as many bytes as type and shape need
   */
  Tensor(String place, ElementType type, long[] shape, MemorySegment data) {
    this.place = place;
    this.type = type;
    this.shape = shape.clone();
    this.count = count(shape);
    this.data = data;
    if (type.bytes(count) != data.byteSize()) {
      throw new IllegalArgumentException(
          place
              + ": "
              + type
              + Arrays.toString(shape)
              + " needs "
              + type.bytes(count)
              + " bytes, the memory has "
              + data.byteSize());
    }
  }

  /** float32 values from the heap, e.g. to be written; {@code shape} may be left out for 1-D. */
  public static Tensor of(float[] values, long... shape) {
    MemorySegment data = MemorySegment.ofArray(values);
    return new Tensor("memory", ElementType.F32, shapeOr(values.length, shape), bytesOf(data));
  }

  /** int32 values from the heap. */
  public static Tensor of(int[] values, long... shape) {
    MemorySegment data = MemorySegment.ofArray(values);
    return new Tensor("memory", ElementType.I32, shapeOr(values.length, shape), bytesOf(data));
  }

  /** int64 values from the heap. */
  public static Tensor of(long[] values, long... shape) {
    MemorySegment data = MemorySegment.ofArray(values);
    return new Tensor("memory", ElementType.I64, shapeOr(values.length, shape), bytesOf(data));
  }

  /**
   * A view of a matrix's values, row-major float32, under another shape.
   *
   * @param shape of as many elements as the matrix has
   */
  public static Tensor of(FloatMatrix matrix, long... shape) {
    return new Tensor("memory", ElementType.F32, shape, matrix.data());
  }

  /** A view of a matrix, [rows, columns] float32. */
  public static Tensor of(FloatMatrix matrix) {
    return new Tensor(
        "memory", ElementType.F32, new long[] {matrix.rows(), matrix.columns()}, matrix.data());
  }

  private static long[] shapeOr(int length, long[] shape) {
    return shape.length == 0 ? new long[] {length} : shape;
  }

  private static MemorySegment bytesOf(MemorySegment data) {
    return data.asReadOnly();
  }

  /**
   * The number of elements of a shape.
   *
   * @throws ArithmeticException when a dimension is negative or the product does not fit a long
   */
  static long count(long[] shape) {
    long count = 1;
    boolean empty = false;
    for (long s : shape) {
      if (s < 0) {
        throw new ArithmeticException("negative dimension " + s);
      }
      if (s == 0) {
        empty = true;
      } else {
        count = Math.multiplyExact(count, s);
      }
    }
    return empty ? 0 : count;
  }

  public ElementType type() {
    return type;
  }

  /** A copy of the shape; empty for a scalar. */
  public long[] shape() {
    return shape.clone();
  }

  public int rank() {
    return shape.length;
  }

  /** The number of elements. */
  public long count() {
    return count;
  }

  /** The memory as it lies in the file. */
  public MemorySegment data() {
    return data;
  }

  /** Where the tensor comes from, for messages. */
  public String place() {
    return place;
  }

  /**
   * The values as a matrix [product of all dimensions but the last, last dimension]; a vector is
   * one row, a scalar [1, 1]. float32 is a view of the file, everything else is widened into new
   * memory (float64 and integers are rounded).
   */
  public FloatMatrix matrix() {
    long last = shape.length == 0 ? 1 : shape[shape.length - 1];
    if (last > Integer.MAX_VALUE) {
      throw new InputException(
          place + ": rows of " + last + " values, expected at most " + Integer.MAX_VALUE);
    }
    long rows = last == 0 ? 0 : count / last;
    if (type == ElementType.F32 && data.isNative()) {
      return FloatMatrix.view(data, rows, (int) last);
    }
    FloatMatrix wide = FloatMatrix.zeros(rows, (int) last);
    float[] row = new float[(int) last];
    for (long r = 0; r < rows; r++) {
      widen(r * last, row, 0, (int) last);
      wide.setRow(r, row);
    }
    return wide;
  }

  /**
   * The transpose [columns, rows] of a 2-D tensor as float32 in new memory.
   *
   * @throws InputException when the tensor is not 2-D
   */
  public FloatMatrix transposedMatrix() {
    if (shape.length != 2) {
      throw new InputException(
          place + ": expected two dimensions, found the shape " + Arrays.toString(shape));
    }
    return transpose(matrix());
  }

  private static FloatMatrix transpose(FloatMatrix from) {
    int rows = Math.toIntExact(from.rows());
    int columns = from.columns();
    FloatMatrix to = FloatMatrix.zeros(columns, rows);
    int tile = 32;
    for (int r0 = 0; r0 < rows; r0 += tile) {
      int r1 = Math.min(rows, r0 + tile);
      for (int c0 = 0; c0 < columns; c0 += tile) {
        int c1 = Math.min(columns, c0 + tile);
        for (int r = r0; r < r1; r++) {
          for (int c = c0; c < c1; c++) {
            to.set(c, r, from.get(r, c));
          }
        }
      }
    }
    return to;
  }

  /**
   * The transpose [columns, rows] of a 2-D tensor in new memory, elements stored as they are.
   *
   * @throws InputException when the tensor is not 2-D
   */
  public Tensor transposed() {
    if (shape.length != 2) {
      throw new InputException(
          place + ": expected two dimensions, found the shape " + Arrays.toString(shape));
    }
    long rows = shape[0];
    long columns = shape[1];
    MemorySegment to = Arena.ofAuto().allocate(Math.max(1, data.byteSize()), 64);
    to = to.asSlice(0, data.byteSize());
    long tile = 32;
    for (long r0 = 0; r0 < rows; r0 += tile) {
      for (long c0 = 0; c0 < columns; c0 += tile) {
        for (long r = r0; r < Math.min(rows, r0 + tile); r++) {
          for (long c = c0; c < Math.min(columns, c0 + tile); c++) {
            move(r * columns + c, to, c * rows + r);
          }
        }
      }
    }
    return new Tensor(place + " transposed", type, new long[] {columns, rows}, to);
  }

  private void move(long from, MemorySegment to, long at) {
    switch (type.bytes()) {
      case 8 -> to.set(LONG, at * 8, data.get(LONG, from * 8));
      case 4 -> to.set(INT, at * 4, data.get(INT, from * 4));
      case 2 -> to.set(SHORT, at * 2, data.get(SHORT, from * 2));
      default -> to.set(BYTE, at, data.get(BYTE, from));
    }
  }

  /** All values in row-major order, widened or rounded to float; fewer than 2^31 of them. */
  public float[] floats() {
    float[] values = new float[countAsInt()];
    widen(0, values, 0, values.length);
    return values;
  }

  /** All values in row-major order, widened to double; fewer than 2^31 of them. */
  public double[] doubles() {
    double[] values = new double[countAsInt()];
    if (type == ElementType.F64) {
      MemorySegment.copy(data, DOUBLE, 0, values, 0, values.length);
    } else if (type.isFloating()) {
      float[] narrow = floats();
      for (int i = 0; i < values.length; i++) {
        values[i] = narrow[i];
      }
    } else {
      for (int i = 0; i < values.length; i++) {
        values[i] = integer(i);
      }
    }
    return values;
  }

  /** The same memory under another shape with as many elements. */
  public Tensor reshape(long... other) {
    if (count(other) != count) {
      throw new IllegalArgumentException(
          place + ": " + Arrays.toString(shape) + " cannot become " + Arrays.toString(other));
    }
    return new Tensor(place, type, other, data);
  }

  /**
   * The slices along the first dimension in another order, of the same kind and in new memory; also
   * for quantised kinds, whose rows are whole blocks.
   *
   * @param order for each slice of the result, which of this tensor's it is
   */
  public Tensor rows(int[] order) {
    if (shape.length == 0 || (shape[0] > 0 && data.byteSize() % shape[0] != 0)) {
      throw new IllegalArgumentException(place + ": " + this + " has no rows");
    }
    long row = shape[0] == 0 ? 0 : data.byteSize() / shape[0];
    MemorySegment to = Arena.ofAuto().allocate(Math.multiplyExact(row, (long) order.length), 64);
    for (int i = 0; i < order.length; i++) {
      Objects.checkIndex(order[i], shape[0]);
      MemorySegment.copy(data, order[i] * row, to, i * row, row);
    }
    long[] other = shape.clone();
    other[0] = order.length;
    return new Tensor(place, type, other, to);
  }

  /** The one value of a scalar or of a tensor with a single element. */
  public float scalar() {
    if (count != 1) {
      throw new InputException(
          place + ": expected a single value, found the shape " + Arrays.toString(shape));
    }
    return floats()[0];
  }

  /**
   * All values of an integer or boolean tensor.
   *
   * @throws InputException for a floating kind, and for unsigned 64-bit values over 2^63 − 1
   */
  public long[] longs() {
    if (type.isFloating()) {
      throw new InputException(place + ": expected integers, found " + type);
    }
    long[] values = new long[countAsInt()];
    if (type == ElementType.I64) {
      MemorySegment.copy(data, LONG, 0, values, 0, values.length);
      return values;
    }
    for (int i = 0; i < values.length; i++) {
      values[i] = integer(i);
      if (type == ElementType.U64 && values[i] < 0) {
        throw new InputException(place + ": element " + i + " is above 2^63 − 1");
      }
    }
    return values;
  }

  /**
   * Copies integers from {@code first} on, in row-major order.
   *
   * @throws InputException for a floating kind
   */
  public void copyIntegers(long first, long[] into, int at, int many) {
    if (type.isFloating()) {
      throw new InputException(place + ": expected integers, found " + type);
    }
    if (type == ElementType.I64) {
      MemorySegment.copy(data, LONG, first * Long.BYTES, into, at, many);
    } else if (type == ElementType.I32) {
      for (int i = 0; i < many; i++) {
        into[at + i] = data.get(INT, (first + i) * Integer.BYTES);
      }
    } else {
      for (int i = 0; i < many; i++) {
        into[at + i] = integer(first + i);
      }
    }
  }

  /** As {@link #longs}, refused when a value does not fit an int. */
  public int[] ints() {
    if (type == ElementType.I32) {
      int[] values = new int[countAsInt()];
      MemorySegment.copy(data, INT, 0, values, 0, values.length);
      return values;
    }
    long[] wide = longs();
    int[] values = new int[wide.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (int) wide[i];
      if (values[i] != wide[i]) {
        throw new InputException(
            place + ": element " + i + " is " + wide[i] + ", expected a 32-bit integer");
      }
    }
    return values;
  }

  /** The values of a kind of at most 16 bits. */
  short[] shorts() {
    short[] values = new short[countAsInt()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (short) integer(i);
    }
    return values;
  }

  private int countAsInt() {
    if (count > Integer.MAX_VALUE - 8) {
      throw new InputException(place + ": " + count + " values are too many for one array");
    }
    return (int) count;
  }

  private long integer(long i) {
    return switch (type) {
      case I64, U64 -> data.get(LONG, i * 8);
      case I32 -> data.get(INT, i * 4);
      case U32 -> data.get(INT, i * 4) & 0xffff_ffffL;
      case I16 -> data.get(SHORT, i * 2);
      case U16 -> data.get(SHORT, i * 2) & 0xffff;
      case I8 -> data.get(BYTE, i);
      case U8, BOOL -> data.get(BYTE, i) & 0xff;
      default -> throw new IllegalStateException("no integer kind: " + type);
    };
  }

  /**
   * Widens or rounds a range of values to float.
   *
   * @param from the first element, in row-major order
   * @param into gets {@code length} values from index {@code at} on
   */
  public void widen(long from, float[] into, int at, int length) {
    switch (type) {
      case F32 -> MemorySegment.copy(data, FLOAT, from * 4, into, at, length);
      case F16 -> {
        for (int i = 0; i < length; i++) {
          into[at + i] = Float.float16ToFloat(data.get(SHORT, (from + i) * 2));
        }
      }
      case BF16 -> {
        for (int i = 0; i < length; i++) {
          into[at + i] = Float.intBitsToFloat(data.get(SHORT, (from + i) * 2) << 16);
        }
      }
      case F64 -> {
        for (int i = 0; i < length; i++) {
          into[at + i] = (float) data.get(DOUBLE, (from + i) * 8);
        }
      }
      case F8_E4M3 -> {
        for (int i = 0; i < length; i++) {
          into[at + i] = float8(data.get(BYTE, from + i), 3, 7, false);
        }
      }
      case F8_E5M2 -> {
        for (int i = 0; i < length; i++) {
          into[at + i] = float8(data.get(BYTE, from + i), 2, 15, true);
        }
      }
      case I64, I32, I16, I8, U64, U32, U16, U8, BOOL -> {
        for (int i = 0; i < length; i++) {
          into[at + i] = integer(from + i);
        }
      }
      case Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K ->
          Quantised.widen(type, data, from, into, at, length);
    }
  }

  /**
   * The 8-bit floats of Micikevicius et al. (2022, arXiv 2209.05433): E5M2 has IEEE infinities,
   * E4M3 has none and a single NaN pattern.
   */
  private static float float8(byte bits, int mantissaBits, int bias, boolean ieee) {
    int magnitude = bits & 0x7f;
    int exponent = magnitude >> mantissaBits;
    int mantissa = magnitude & ((1 << mantissaBits) - 1);
    int top = 0x7f >> mantissaBits;
    float value;
    if (ieee && exponent == top) {
      value = mantissa == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
    } else if (!ieee && magnitude == 0x7f) {
      value = Float.NaN;
    } else if (exponent == 0) {
      value = Math.scalb((float) mantissa, 1 - bias - mantissaBits);
    } else {
      value = Math.scalb((float) (mantissa + (1 << mantissaBits)), exponent - bias - mantissaBits);
    }
    return bits < 0 ? -value : value;
  }

  /** Kind and shape, e.g. {@code F32[384, 1536]}. */
  @Override
  public String toString() {
    return type + Arrays.toString(shape);
  }
}

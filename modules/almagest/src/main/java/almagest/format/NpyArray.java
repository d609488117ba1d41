package almagest.format;

import almagest.run.InputException;
import almagest.tensor.DoubleMatrix;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * A numpy array in the heap: C order, one of the element kinds below. For arrays that may be large,
 * or whose errors should name the file, use {@link Tensor}.
 *
 * @param shape empty for a scalar
 * @param values a {@code float[]}, {@code double[]}, {@code byte[]} (int8 and bool), {@code
 *     short[]}, {@code int[]} or {@code long[]} with as many elements as the shape says
 */
public record NpyArray(int[] shape, Object values) {
  public NpyArray {
    long expected = 1;
    for (int s : shape) {
      expected *= s;
    }
    int length = java.lang.reflect.Array.getLength(values);
    if (expected != length) {
      throw new IllegalArgumentException(
          "shape " + Arrays.toString(shape) + " does not hold " + length + " values");
    }
  }

  public static NpyArray of(float[] values, int... shape) {
    return new NpyArray(shape.length == 0 ? new int[] {values.length} : shape, values);
  }

  public static NpyArray of(double[] values, int... shape) {
    return new NpyArray(shape.length == 0 ? new int[] {values.length} : shape, values);
  }

  public static NpyArray of(int[] values, int... shape) {
    return new NpyArray(shape.length == 0 ? new int[] {values.length} : shape, values);
  }

  public static NpyArray of(long[] values, int... shape) {
    return new NpyArray(shape.length == 0 ? new int[] {values.length} : shape, values);
  }

  public static NpyArray of(short[] values, int... shape) {
    return new NpyArray(shape.length == 0 ? new int[] {values.length} : shape, values);
  }

  /**
   * A copy of a tensor's values. float16 and bfloat16 become float, unsigned integers the next
   * wider signed kind.
   *
   * @throws InputException when there are 2^31 elements or more
   */
  public static NpyArray of(Tensor tensor) {
    long[] wide = tensor.shape();
    int[] shape = new int[wide.length];
    for (int i = 0; i < shape.length; i++) {
      if (wide[i] > Integer.MAX_VALUE) {
        throw new InputException(
            tensor.place() + ": the shape " + Arrays.toString(wide) + " is too large for the heap");
      }
      shape[i] = (int) wide[i];
    }
    return new NpyArray(
        shape,
        switch (tensor.type()) {
          case F64 -> tensor.doubles();
          case I64, U64, U32 -> tensor.longs();
          case I32, U16 -> tensor.ints();
          case I16, U8 -> tensor.shorts();
          case I8, BOOL -> tensor.data().toArray(Tensor.BYTE);
          default -> tensor.floats();
        });
  }

  /** The array as a tensor, without a copy. */
  public Tensor tensor() {
    long[] wide = Arrays.stream(shape).asLongStream().toArray();
    return switch (values) {
      case float[] v -> new Tensor("array", ElementType.F32, wide, MemorySegment.ofArray(v));
      case double[] v -> new Tensor("array", ElementType.F64, wide, MemorySegment.ofArray(v));
      case long[] v -> new Tensor("array", ElementType.I64, wide, MemorySegment.ofArray(v));
      case int[] v -> new Tensor("array", ElementType.I32, wide, MemorySegment.ofArray(v));
      case short[] v -> new Tensor("array", ElementType.I16, wide, MemorySegment.ofArray(v));
      case byte[] v -> new Tensor("array", ElementType.I8, wide, MemorySegment.ofArray(v));
      default -> throw new IllegalStateException("no numpy kind for " + values.getClass());
    };
  }

  /** A matrix rounded to float32, [rows, columns]. */
  public static NpyArray narrowed(DoubleMatrix matrix) {
    double[] wide = matrix.toArray();
    float[] values = new float[wide.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) wide[i];
    }
    return of(values, matrix.rows(), matrix.columns());
  }

  public static NpyArray scalar(long value) {
    return new NpyArray(new int[0], new long[] {value});
  }

  /** Any kind widened to double. */
  public double[] doubles() {
    return switch (values) {
      case double[] v -> v;
      case float[] v -> {
        double[] w = new double[v.length];
        for (int i = 0; i < v.length; i++) {
          w[i] = v[i];
        }
        yield w;
      }
      default -> Arrays.stream(longs()).asDoubleStream().toArray();
    };
  }

  /** Floating kinds as float (doubles are rounded). */
  public float[] floats() {
    if (values instanceof float[] v) {
      return v;
    }
    double[] d = doubles();
    float[] f = new float[d.length];
    for (int i = 0; i < d.length; i++) {
      f[i] = (float) d[i];
    }
    return f;
  }

  /**
   * Integer kinds widened to long.
   *
   * @throws InputException for a floating kind
   */
  public long[] longs() {
    return switch (values) {
      case long[] v -> v;
      case int[] v -> Arrays.stream(v).asLongStream().toArray();
      case short[] v -> {
        long[] w = new long[v.length];
        for (int i = 0; i < v.length; i++) {
          w[i] = v[i];
        }
        yield w;
      }
      case byte[] v -> {
        long[] w = new long[v.length];
        for (int i = 0; i < v.length; i++) {
          w[i] = v[i];
        }
        yield w;
      }
      default ->
          throw new InputException(
              "an array: expected integers, found " + values.getClass().getSimpleName());
    };
  }

  /**
   * Integer kinds as int.
   *
   * @throws InputException for a floating kind or a value outside int
   */
  public int[] ints() {
    if (values instanceof int[] v) {
      return v;
    }
    long[] l = longs();
    int[] w = new int[l.length];
    for (int i = 0; i < l.length; i++) {
      w[i] = (int) l[i];
      if (w[i] != l[i]) {
        throw new InputException("an array: expected 32-bit integers, found " + l[i]);
      }
    }
    return w;
  }
}

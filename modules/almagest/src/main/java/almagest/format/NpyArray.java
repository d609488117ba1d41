package almagest.format;

import java.util.Arrays;

/**
 * A numpy array in memory: C order, one of the element kinds below.
 *
 * @param shape empty for a scalar
 * @param values a {@code float[]}, {@code double[]}, {@code byte[]} (int8, uint8 and bool), {@code
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
   * @throws IllegalArgumentException for a floating kind
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
          throw new IllegalArgumentException(
              "expected integers, found " + values.getClass().getSimpleName());
    };
  }

  /** Integer kinds as int; a value outside int is an ArithmeticException. */
  public int[] ints() {
    if (values instanceof int[] v) {
      return v;
    }
    long[] l = longs();
    int[] w = new int[l.length];
    for (int i = 0; i < l.length; i++) {
      w[i] = Math.toIntExact(l[i]);
    }
    return w;
  }
}

package almagest.galaxy;

import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import almagest.tensor.Points;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.IntFunction;
import java.util.random.RandomGenerator;

/** Clouds with every coordinate lying in one stretch of memory: [d, n] in float32. */
final class Columns {
  /** Points of one piece of work. */
  private static final int PIECE = 512;

  /** Points that are turned at a time: so many float32 make a cache line. */
  private static final int LINE = 16;

  private static final long LOW = 0xffffffffL;

  private Columns() {}

  /** Gives the coordinates of a point. */
  interface Source {
    void point(int i, double[] row);
  }

  /**
   * Fills columns from points.
   *
   * @param source the points of a piece by its number; they are asked for in order
   */
  static void fill(FloatMatrix columns, IntFunction<Source> source, Workers workers) {
    int d = columns.rowsAsInt();
    int n = columns.columns();
    workers.run(
        (n + PIECE - 1) / PIECE,
        piece -> {
          Source points = source.apply(piece);
          double[] row = new double[d];
          float[] turned = new float[d * LINE];
          int end = Math.min(n, (piece + 1) * PIECE);
          for (int first = piece * PIECE; first < end; first += LINE) {
            int count = Math.min(LINE, end - first);
            for (int i = 0; i < count; i++) {
              points.point(first + i, row);
              for (int c = 0; c < d; c++) {
                turned[c * LINE + i] = (float) row[c];
              }
            }
            for (int c = 0; c < d; c++) {
              long at = ((long) c * n + first) * Float.BYTES;
              MemorySegment.copy(
                  turned, c * LINE, columns.data(), ValueLayout.JAVA_FLOAT, at, count);
            }
          }
        });
  }

  /** Puts the values of one coordinate into a random order. */
  static void shuffle(FloatMatrix columns, int column, RandomGenerator random) {
    float[] values = columns.row(column);
    int i = values.length - 1;
    for (; i > 1; i -= 2) {
      // Both halves of a random number serve: the share of 2³² that they are of is the index.
      long bits = random.nextLong();
      swap(values, i, index(bits >>> 32, i + 1, random));
      swap(values, i - 1, index(bits & LOW, i, random));
    }
    if (i == 1) {
      swap(values, 1, random.nextInt(2));
    }
    columns.setRow(column, values);
  }

  private static void swap(float[] values, int i, int j) {
    float v = values[i];
    values[i] = values[j];
    values[j] = v;
  }

  /** Uniform on 0 … bound − 1 from 32 random bits, with new ones where those would be unfair. */
  private static int index(long bits, int bound, RandomGenerator random) {
    long product = bits * bound;
    // Lemire (2019): exact, without a division but in one case of 2³² / bound.
    while ((product & LOW) < bound && (product & LOW) < ((1L << 32) - bound) % bound) {
      product = (random.nextLong() >>> 32) * bound;
    }
    return (int) (product >>> 32);
  }

  static double sum(FloatMatrix columns, int column) {
    double sum = 0;
    for (float v : columns.row(column)) {
      sum += v;
    }
    return sum;
  }

  /** The root of the sum of squares of every coordinate about the mean. */
  static double[] lengths(Points points, double[] mean, Workers workers) {
    int n = points.rows();
    int d = points.columns();
    double[][] squares =
        workers
            .map(
                (n + PIECE - 1) / PIECE,
                piece -> {
                  double[] sum = new double[d];
                  double[] row = new double[d];
                  for (int i = piece * PIECE; i < Math.min(n, (piece + 1) * PIECE); i++) {
                    points.copyRow(i, row);
                    for (int c = 0; c < d; c++) {
                      sum[c] += (row[c] - mean[c]) * (row[c] - mean[c]);
                    }
                  }
                  return sum;
                })
            .toArray(double[][]::new);
    double[] length = new double[d];
    for (double[] sum : squares) {
      for (int c = 0; c < d; c++) {
        length[c] += sum[c];
      }
    }
    for (int c = 0; c < d; c++) {
      length[c] = Math.sqrt(length[c]);
    }
    return length;
  }
}

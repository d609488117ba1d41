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
    for (int i = values.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      float v = values[i];
      values[i] = values[j];
      values[j] = v;
    }
    columns.setRow(column, values);
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

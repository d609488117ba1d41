package almagest.brain;

import almagest.linalg.SymmetricOperator;
import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.FloatMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * D^-½ A D^-½ of a graph, which multiplies in float32; everything around it is float64.
 *
 * @param root √degree of each node, 1 for one without edges
 */
record NormalisedGraph(AffinityGraph graph, double[] root) implements SymmetricOperator {
  private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE;
  private static final int PIECE = 512;

  /** Columns that {@link #dense} multiplies at once. */
  private static final int COLUMNS = 256;

  @Override
  public int size() {
    return root.length;
  }

  @Override
  public void apply(DoubleMatrix x, DoubleMatrix y, Workers workers) {
    int n = root.length;
    int b = x.columns();
    try (Arena arena = Arena.ofShared()) {
      FloatMatrix in = FloatMatrix.zeros(arena, n, b);
      FloatMatrix out = FloatMatrix.zeros(arena, n, b);
      eachRow(
          b,
          workers,
          (i, wide, narrow) -> {
            MemorySegment.copy(x.data(), DOUBLE, (long) i * b * Double.BYTES, wide, 0, b);
            for (int c = 0; c < b; c++) {
              narrow[c] = (float) (wide[c] / root[i]);
            }
            in.setRow(i, narrow);
          });
      graph.multiply(in, out, workers);
      eachRow(
          b,
          workers,
          (i, wide, narrow) -> {
            out.copyRow(i, narrow);
            for (int c = 0; c < b; c++) {
              wide[c] = narrow[c] / root[i];
            }
            MemorySegment.copy(wide, 0, y.data(), DOUBLE, (long) i * b * Double.BYTES, b);
          });
    }
  }

  /**
   * The whole matrix [n, n], 8 n² bytes: a graph's that is held whole in float64, any other's from
   * its products with unit vectors.
   */
  DoubleMatrix dense(Workers workers) {
    int n = root.length;
    DoubleMatrix all = DoubleMatrix.zeros(n, n);
    if (graph instanceof DenseGraph held) {
      eachRow(
          n,
          workers,
          (i, wide, narrow) -> {
            for (int j = 0; j < n; j++) {
              wide[j] = held.weights()[i * n + j] / root[i] / root[j];
            }
            MemorySegment.copy(wide, 0, all.data(), DOUBLE, (long) i * n * Double.BYTES, n);
          });
      return all;
    }
    for (int from = 0; from < n; from += COLUMNS) {
      int b = Math.min(COLUMNS, n - from);
      int base = from;
      FloatMatrix in = FloatMatrix.zeros(n, b);
      FloatMatrix out = FloatMatrix.zeros(n, b);
      for (int c = 0; c < b; c++) {
        in.set(from + c, c, 1);
      }
      graph.multiply(in, out, workers);
      eachRow(
          b,
          workers,
          (i, wide, narrow) -> {
            out.copyRow(i, narrow);
            for (int c = 0; c < b; c++) {
              wide[c] = i == base + c ? 0 : narrow[c] / root[i] / root[base + c];
            }
            MemorySegment.copy(
                wide, 0, all.data(), DOUBLE, ((long) i * n + base) * Double.BYTES, b);
          });
    }
    return all;
  }

  /** Room for one row in either precision is lent with each row. */
  private interface Row {
    void take(int i, double[] wide, float[] narrow);
  }

  private void eachRow(int columns, Workers workers, Row row) {
    int n = root.length;
    workers.runRanges(
        n,
        PIECE,
        (from, to) -> {
          double[] wide = new double[columns];
          float[] narrow = new float[columns];
          for (int i = from; i < to; i++) {
            row.take(i, wide, narrow);
          }
        });
  }
}

package almagest.brain;

import almagest.linalg.Blas;
import almagest.linalg.SymmetricOperator;
import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.FloatMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * A cloud with its mean taken away, float32, and the matrix XᵀX of its centred rows as an operator;
 * products of centred rows lose fewer digits of a distance.
 *
 * @param rows x_i − mean [n, d]
 * @param squares |x_i − mean|² [n]
 */
record CentredCloud(FloatMatrix rows, float[] squares) implements SymmetricOperator {
  private static final int PIECE = 512;
  private static final int COLUMNS = 192;

  /** Copies the cloud into an arena. */
  static CentredCloud of(FloatMatrix x, Arena arena, Workers workers) {
    int n = x.rowsAsInt();
    int d = x.columns();
    int[] all = new int[n];
    Arrays.setAll(all, i -> i);
    double[] mean = ColumnMoments.of(x, all, workers).mean();
    FloatMatrix rows = FloatMatrix.zeros(arena, n, d);
    float[] squares = new float[n];
    workers.runRanges(
        n,
        PIECE,
        (from, to) -> {
          float[] row = new float[d];
          for (int i = from; i < to; i++) {
            x.copyRow(i, row);
            double square = 0;
            for (int j = 0; j < d; j++) {
              row[j] = (float) (row[j] - mean[j]);
              square += (double) row[j] * row[j];
            }
            rows.setRow(i, row);
            squares[i] = (float) square;
          }
        });
    return new CentredCloud(rows, squares);
  }

  @Override
  public int size() {
    return rows.columns();
  }

  /** y := XᵀX x, in float32 products. */
  @Override
  public void apply(DoubleMatrix x, DoubleMatrix y, Workers workers) {
    int d = rows.columns();
    int n = rows.rowsAsInt();
    int b = x.columns();
    try (Arena arena = Arena.ofShared()) {
      FloatMatrix scores = scores(x, arena, workers);
      FloatMatrix out = FloatMatrix.zeros(arena, d, b);
      workers.run(
          (d + COLUMNS - 1) / COLUMNS,
          p -> {
            int from = p * COLUMNS;
            int width = Math.min(COLUMNS, d - from);
            MemorySegment block = rows.data().asSlice((long) from * Float.BYTES);
            Blas.sgemm(
                true,
                false,
                width,
                b,
                n,
                1f,
                block,
                d,
                scores.data(),
                b,
                0f,
                out.slice(from, from + width).data(),
                b);
          });
      for (int j = 0; j < d; j++) {
        for (int c = 0; c < b; c++) {
          y.set(j, c, out.get(j, c));
        }
      }
    }
  }

  /** X v for some directions v [d, b]: [n, b]. */
  FloatMatrix scores(DoubleMatrix directions, Arena arena, Workers workers) {
    int d = rows.columns();
    int n = rows.rowsAsInt();
    int b = directions.columns();
    FloatMatrix narrow = FloatMatrix.zeros(arena, d, b);
    for (int j = 0; j < d; j++) {
      for (int c = 0; c < b; c++) {
        narrow.set(j, c, (float) directions.get(j, c));
      }
    }
    FloatMatrix scores = FloatMatrix.zeros(arena, n, b);
    Blas.multiply(rows, narrow, scores, workers);
    return scores;
  }
}

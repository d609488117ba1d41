package almagest.brain;

import almagest.linalg.Blas;
import almagest.linalg.SymmetricOperator;
import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.FloatMatrix;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;

/**
 * A cloud with its mean taken away, float32, and the matrix XᵀX of its centred rows as an operator;
 * products of centred rows lose fewer digits of a distance. Centred rows are made anew a tile at a
 * time, which costs little beside their products, so that a cloud that lies in a mapped file is
 * never copied.
 *
 * @param cloud as it is [n, d]
 * @param mean of its rows [d]
 * @param squares |x_i − mean|² [n]
 */
record CentredCloud(FloatMatrix cloud, double[] mean, float[] squares)
    implements SymmetricOperator {
  /** Rows that are centred at once for a product with few vectors. */
  private static final int TILE = 128;

  /** Fixed, so that sums do not depend on the number of threads. */
  private static final int PIECES = 32;

  static CentredCloud of(FloatMatrix x, Workers workers) {
    int n = x.rowsAsInt();
    int d = x.columns();
    int[] all = new int[n];
    Arrays.setAll(all, i -> i);
    double[] mean = ColumnMoments.of(x, all, workers).mean();
    float[] squares = new float[n];
    workers.runRanges(
        n,
        TILE,
        (from, to) -> {
          double[] wide = new double[d];
          float[] row = new float[d];
          for (int i = from; i < to; i++) {
            centre(x, i, mean, wide, row);
            double square = 0;
            for (int j = 0; j < d; j++) {
              square += (double) row[j] * row[j];
            }
            squares[i] = (float) square;
          }
        });
    return new CentredCloud(x, mean, squares);
  }

  private static void centre(FloatMatrix x, int i, double[] mean, double[] wide, float[] row) {
    x.widenRow(i, wide, 0);
    for (int j = 0; j < row.length; j++) {
      row[j] = (float) (wide[j] - mean[j]);
    }
  }

  /**
   * Writes x_i − mean for some points.
   *
   * @param into at least {@code to − from} rows, d columns
   */
  void rows(int from, int to, FloatMatrix into) {
    double[] wide = new double[mean.length];
    float[] row = new float[mean.length];
    for (int i = from; i < to; i++) {
      centre(cloud, i, mean, wide, row);
      into.setRow(i - from, row);
    }
  }

  int points() {
    return squares.length;
  }

  @Override
  public int size() {
    return mean.length;
  }

  /** What a tile of centred rows and its scores are made into. */
  private interface TileConsumer {
    void take(int from, int count, FloatMatrix rows, FloatMatrix scores);
  }

  /** Goes through a piece of the points, tile by tile, and multiplies each with some vectors. */
  private void tiles(int from, int to, FloatMatrix vectors, TileConsumer consumer) {
    int d = size();
    int b = vectors.columns();
    try (Arena arena = Arena.ofConfined()) {
      FloatMatrix rows = FloatMatrix.zeros(arena, TILE, d);
      FloatMatrix scores = FloatMatrix.zeros(arena, TILE, b);
      for (int i = from; i < to; i += TILE) {
        int count = Math.min(TILE, to - i);
        rows(i, i + count, rows);
        Blas.sgemm(
            false, false, count, b, d, 1f, rows.data(), d, vectors.data(), b, 0f, scores.data(), b);
        consumer.take(i, count, rows, scores);
      }
    }
  }

  /** Where a piece of the points begins; whole tiles. */
  private int start(int piece) {
    int tiles = (points() + TILE - 1) / TILE;
    return Math.min(points(), (int) ((long) tiles * piece / PIECES) * TILE);
  }

  /** y := XᵀX x, in float32 products that are added up in double. */
  @Override
  public void apply(DoubleMatrix x, DoubleMatrix y, Workers workers) {
    int d = size();
    int b = x.columns();
    FloatMatrix vectors = narrow(x);
    List<double[]> parts =
        workers.map(
            PIECES,
            p -> {
              double[] sum = new double[d * b];
              FloatMatrix out = FloatMatrix.zeros(d, b);
              tiles(
                  start(p),
                  start(p + 1),
                  vectors,
                  (from, count, rows, scores) -> {
                    Blas.sgemm(
                        true,
                        false,
                        d,
                        b,
                        count,
                        1f,
                        rows.data(),
                        d,
                        scores.data(),
                        b,
                        0f,
                        out.data(),
                        b);
                    float[] values = out.toArray();
                    for (int i = 0; i < sum.length; i++) {
                      sum[i] += values[i];
                    }
                  });
              return sum;
            });
    for (int j = 0; j < d; j++) {
      for (int c = 0; c < b; c++) {
        double sum = 0;
        for (double[] part : parts) {
          sum += part[j * b + c];
        }
        y.set(j, c, sum);
      }
    }
  }

  /** X v for some directions v [d, b]: row-major [n, b]. */
  float[] scores(DoubleMatrix directions, Workers workers) {
    int b = directions.columns();
    FloatMatrix vectors = narrow(directions);
    float[] found = new float[points() * b];
    workers.run(
        PIECES,
        p ->
            tiles(
                start(p),
                start(p + 1),
                vectors,
                (from, count, rows, scores) -> {
                  for (int i = 0; i < count; i++) {
                    System.arraycopy(scores.row(i), 0, found, (from + i) * b, b);
                  }
                }));
    return found;
  }

  private static FloatMatrix narrow(DoubleMatrix x) {
    FloatMatrix narrow = FloatMatrix.zeros(x.rows(), x.columns());
    for (int j = 0; j < x.rows(); j++) {
      for (int c = 0; c < x.columns(); c++) {
        narrow.set(j, c, (float) x.get(j, c));
      }
    }
    return narrow;
  }
}

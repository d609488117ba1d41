package almagest.feature;

import almagest.linalg.Blas;
import almagest.run.Progress;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * The features whose directions lie closest to each one's, by cosine. Exact: every pair is
 * compared, block by block, so memory stays small. A direction of length 0 has no neighbours and is
 * nobody's.
 *
 * @param k neighbours per feature
 * @param index [n · k], row-major, the closest first; −1 where there are fewer
 * @param value [n · k], the cosines; 0 where there is none
 */
public record Neighbours(int k, int[] index, float[] value) {
  private static final int ROWS = 256;
  private static final int BLOCK = 2048;

  /** Candidates beyond k: the feature itself, and those that rounding of 2 + cosine might swap. */
  private static final int SPARE = 9;

  public Neighbours {
    if (index.length != value.length || index.length % k != 0) {
      throw new IllegalArgumentException(
          index.length + " indices and " + value.length + " values for k " + k);
    }
  }

  /**
   * The k greatest cosines of each row with the other rows; ties go to the smaller index. O(n² d).
   *
   * @param cloud [n, d], rows of any length
   */
  public static Neighbours byCosine(FloatMatrix cloud, int k, Workers workers, Progress progress) {
    int n = cloud.rowsAsInt();
    int d = cloud.columns();
    FloatMatrix unit = unitRows(cloud);
    int[] index = new int[Math.multiplyExact(n, k)];
    float[] value = new float[index.length];
    Arrays.fill(index, -1);
    // Cosines may be negative: 2 is added, as a rule that keeps only positive values selects.
    TopK rule = new TopK(k + SPARE, filled(n, 2), null);
    ConcurrentLinkedQueue<MemorySegment> idle = new ConcurrentLinkedQueue<>();
    int tiles = (n + ROWS - 1) / ROWS;
    try (Progress.Task task = progress.start("neighbours by direction", n, "features")) {
      workers.run(
          tiles,
          t -> {
            MemorySegment reused = idle.poll();
            MemorySegment products =
                reused == null
                    ? Arena.ofAuto().allocate(4L * ROWS * Math.min(BLOCK, n), 64)
                    : reused;
            int from = t * ROWS;
            int to = Math.min(n, from + ROWS);
            Selection[] best = new Selection[to - from];
            for (int r = 0; r < best.length; r++) {
              best[r] = rule.selection();
            }
            for (int b = 0; b < n; b += BLOCK) {
              int count = Math.min(BLOCK, n - b);
              Blas.sgemm(
                  false,
                  true,
                  best.length,
                  count,
                  d,
                  1f,
                  unit.slice(from, to).data(),
                  d,
                  unit.slice(b, b + count).data(),
                  d,
                  0f,
                  products,
                  count);
              for (int r = 0; r < best.length; r++) {
                rule.scan(products, 4L * r * count, b, count, best[r]);
              }
            }
            for (int r = 0; r < best.length; r++) {
              best[r].keepBest(k + SPARE);
              rank(from + r, unit, best[r], k, index, value);
            }
            idle.add(products);
            task.advance(best.length);
          });
    }
    return new Neighbours(k, index, value);
  }

  private static float[] filled(int n, float v) {
    float[] values = new float[n];
    Arrays.fill(values, v);
    return values;
  }

  /** Orders the best by exact cosine, greatest first, and leaves out the feature itself. */
  private static void rank(
      int self, FloatMatrix unit, Selection best, int k, int[] index, float[] value) {
    int d = unit.columns();
    if (Kernels.dot(unit.data(), 4L * self * d, unit.data(), 4L * self * d, d) == 0) {
      return;
    }
    int[] candidate = new int[best.size];
    float[] cosine = new float[best.size];
    int m = 0;
    for (int i = 0; i < best.size; i++) {
      int j = best.indices[i];
      long at = 4L * j * d;
      if (j != self && Kernels.dot(unit.data(), at, unit.data(), at, d) > 0) {
        float c = Kernels.dot(unit.data(), 4L * self * d, unit.data(), at, d);
        int p = m++;
        while (p > 0 && (cosine[p - 1] < c || (cosine[p - 1] == c && candidate[p - 1] > j))) {
          cosine[p] = cosine[p - 1];
          candidate[p] = candidate[p - 1];
          p--;
        }
        cosine[p] = c;
        candidate[p] = j;
      }
    }
    for (int i = 0; i < Math.min(k, m); i++) {
      index[self * k + i] = candidate[i];
      value[self * k + i] = cosine[i];
    }
  }

  private static FloatMatrix unitRows(FloatMatrix cloud) {
    FloatMatrix unit = FloatMatrix.zeros(cloud.rows(), cloud.columns());
    float[] row = new float[cloud.columns()];
    for (long r = 0; r < cloud.rows(); r++) {
      cloud.copyRow(r, row);
      double squares = 0;
      for (float v : row) {
        squares += (double) v * v;
      }
      double norm = squares == 0 ? 1 : Math.sqrt(squares);
      for (int i = 0; i < row.length; i++) {
        row[i] = (float) (row[i] / norm);
      }
      unit.setRow(r, row);
    }
    return unit;
  }
}

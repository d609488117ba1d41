package almagest.brain;

import almagest.linalg.Blas;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import java.lang.foreign.Arena;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * The nearest neighbours of every point by Euclidean distance, all pairs looked at.
 *
 * @param k neighbours per point
 * @param index row-major [n, k], nearest first; equal distances in the order of the points
 * @param squared squared distances at the same places; float32 products of centred rows, so right
 *     to about 1e-6 of the points' squared lengths
 */
record NearestNeighbours(int k, int[] index, float[] squared) {
  private static final int ROWS = 512;
  private static final int COLUMNS = 2048;
  private static final VectorSpecies<Float> LANES = FloatVector.SPECIES_PREFERRED;

  /** O(n² d) as matrix products of {@value #ROWS} × {@value #COLUMNS} distances. */
  static NearestNeighbours of(FloatMatrix x, int k, Workers workers) {
    int n = x.rowsAsInt();
    int d = x.columns();
    if (k < 1 || k >= n) {
      throw new IllegalArgumentException(k + " neighbours of " + n + " points");
    }
    int[] index = new int[n * k];
    float[] squared = new float[n * k];
    try (Arena arena = Arena.ofShared()) {
      FloatMatrix centred = FloatMatrix.zeros(arena, n, d);
      float[] norms = centre(x, centred, workers);
      int tiles = (n + ROWS - 1) / ROWS;
      workers.run(
          tiles,
          t -> {
            int from = t * ROWS;
            int rows = Math.min(ROWS, n - from);
            Nearest[] nearest = new Nearest[rows];
            for (int r = 0; r < rows; r++) {
              nearest[r] = new Nearest(k);
            }
            try (Arena local = Arena.ofConfined()) {
              FloatMatrix products = FloatMatrix.zeros(local, rows, Math.min(n, COLUMNS));
              float[] row = new float[products.columns()];
              for (int at = 0; at < n; at += COLUMNS) {
                int width = Math.min(COLUMNS, n - at);
                Blas.sgemm(
                    false,
                    true,
                    rows,
                    width,
                    d,
                    -2f,
                    centred.slice(from, from + rows).data(),
                    d,
                    centred.slice(at, at + width).data(),
                    d,
                    0f,
                    products.data(),
                    products.columns());
                for (int r = 0; r < rows; r++) {
                  products.copyRow(r, row);
                  scan(row, norms, at, width, from + r, nearest[r]);
                }
              }
            }
            for (int r = 0; r < rows; r++) {
              nearest[r].into(index, squared, (from + r) * k, norms[from + r]);
            }
          });
    }
    return new NearestNeighbours(k, index, squared);
  }

  private static float[] centre(FloatMatrix x, FloatMatrix centred, Workers workers) {
    int n = x.rowsAsInt();
    int d = x.columns();
    int[] all = new int[n];
    Arrays.setAll(all, i -> i);
    double[] mean = ColumnMoments.of(x, all, workers).mean();
    float[] norms = new float[n];
    workers.run(
        (n + ROWS - 1) / ROWS,
        piece -> {
          float[] row = new float[d];
          for (int i = piece * ROWS; i < Math.min(n, (piece + 1) * ROWS); i++) {
            x.copyRow(i, row);
            double square = 0;
            for (int j = 0; j < d; j++) {
              row[j] = (float) (row[j] - mean[j]);
              square += (double) row[j] * row[j];
            }
            centred.setRow(i, row);
            norms[i] = (float) square;
          }
        });
    return norms;
  }

  /** Offers all columns whose distance is below the row's bar. */
  private static void scan(
      float[] products, float[] norms, int at, int width, int self, Nearest nearest) {
    int c = 0;
    for (; c + LANES.length() <= width; c += LANES.length()) {
      FloatVector value =
          FloatVector.fromArray(LANES, products, c)
              .add(FloatVector.fromArray(LANES, norms, at + c));
      VectorMask<Float> low = value.lt(nearest.bar);
      if (low.anyTrue()) {
        long bits = low.toLong();
        while (bits != 0) {
          int lane = Long.numberOfTrailingZeros(bits);
          bits &= bits - 1;
          int j = at + c + lane;
          if (j != self) {
            nearest.offer(products[c + lane] + norms[j], j);
          }
        }
      }
    }
    for (; c < width; c++) {
      int j = at + c;
      float value = products[c] + norms[j];
      if (value < nearest.bar && j != self) {
        nearest.offer(value, j);
      }
    }
  }

  /**
   * Keeps the k least of the values offered. Candidates gather in a buffer; when it is full, the k
   * least stay and the largest of them becomes the bar. A value and its place are one long whose
   * order is that of (value, place).
   */
  private static final class Nearest {
    private final int k;
    private final long[] keys;
    private int count;
    private float bar = Float.POSITIVE_INFINITY;

    Nearest(int k) {
      this.k = k;
      this.keys = new long[4 * k + 16];
    }

    void offer(float value, int place) {
      keys[count++] = key(value, place);
      if (count == keys.length) {
        shrink();
      }
    }

    private void shrink() {
      Arrays.sort(keys, 0, count);
      count = Math.min(count, k);
      if (count == k) {
        // A later point at the same distance comes after those kept, so "less than" is enough.
        bar = value(keys[k - 1]);
      }
    }

    void into(int[] index, float[] squared, int at, float norm) {
      shrink();
      for (int i = 0; i < k; i++) {
        index[at + i] = (int) keys[i];
        squared[at + i] = Math.max(0, value(keys[i]) + norm);
      }
    }

    /** Floats ordered as signed ints: negative ones have their other bits turned. */
    private static long key(float value, int place) {
      int bits = Float.floatToIntBits(value);
      int ordered = bits ^ ((bits >> 31) & 0x7fffffff);
      return (long) ordered << 32 | place;
    }

    private static float value(long key) {
      int ordered = (int) (key >> 32);
      return Float.intBitsToFloat(ordered ^ ((ordered >> 31) & 0x7fffffff));
    }
  }
}

package almagest.brain;

import almagest.linalg.Blas;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import almagest.tensor.NativeMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;

/**
 * All weights in float32, as square tiles of the upper triangle in native memory: 2 n² bytes.
 * Degrees are summed in float64 before rounding.
 */
final class TiledGraph implements AffinityGraph {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  /** The side of a tile. */
  static final int SIDE = 512;

  private final int n;
  private final int sides;
  private final MemorySegment tiles;
  private final double[] degrees;

  private TiledGraph(int n) {
    this.n = n;
    this.sides = (n + SIDE - 1) / SIDE;
    long count = (long) sides * (sides + 1) / 2;
    this.tiles = NativeMemory.allocate(count * SIDE * SIDE * Float.BYTES);
    this.degrees = new double[n];
  }

  static TiledGraph of(PairWeights pairs, Workers workers) {
    TiledGraph graph = new TiledGraph(pairs.size());
    graph.fill(pairs, workers);
    return graph;
  }

  /** Blocks of rows, and of columns. */
  int sides() {
    return sides;
  }

  /** The tile of rows of block {@code a} and columns of block {@code b} ≥ a. */
  MemorySegment tile(int a, int b) {
    long index = (long) a * sides - (long) a * (a - 1) / 2 + b - a;
    long bytes = (long) SIDE * SIDE * Float.BYTES;
    return tiles.asSlice(index * bytes, bytes);
  }

  private int height(int block) {
    return Math.min(n, (block + 1) * SIDE) - block * SIDE;
  }

  /**
   * Fills strips of rows, each by one thread. A node's degree is the sum of its row from the
   * diagonal on and, strip after strip, of its column above.
   */
  private void fill(PairWeights pairs, Workers workers) {
    List<double[]> columns =
        workers.map(
            sides,
            a -> {
              double[] sums = new double[n - a * SIDE];
              float[] rounded = new float[n];
              pairs.rows(
                  a * SIDE,
                  a * SIDE + height(a),
                  (i, weights) -> {
                    degrees[i] = put(i, a, weights, rounded, sums);
                  });
              mirror(tile(a, a), height(a));
              return sums;
            });
    for (int a = 0; a < sides; a++) {
      double[] sums = columns.get(a);
      for (int j = 0; j < sums.length; j++) {
        degrees[a * SIDE + j] += sums[j];
      }
    }
  }

  /** Stores row i from the diagonal on, adds it to the columns and gives its sum. */
  private double put(int i, int a, double[] weights, float[] rounded, double[] sums) {
    int base = a * SIDE;
    Arrays.fill(weights, base, i + 1, 0);
    double sum = sum(weights, i + 1);
    add(weights, base, sums, rounded);
    for (int b = a; b < sides; b++) {
      MemorySegment.copy(
          rounded, b * SIDE, tile(a, b), FLOAT, (long) (i - base) * SIDE * Float.BYTES, height(b));
    }
    return sum;
  }

  /** In four sums, whose order is fixed. */
  private static double sum(double[] values, int from) {
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int j = from;
    for (; j + 3 < values.length; j += 4) {
      a += values[j];
      b += values[j + 1];
      c += values[j + 2];
      d += values[j + 3];
    }
    for (; j < values.length; j++) {
      a += values[j];
    }
    return a + b + (c + d);
  }

  private static void add(double[] weights, int base, double[] sums, float[] rounded) {
    for (int j = 0; j < sums.length; j++) {
      sums[j] += weights[base + j];
      rounded[base + j] = (float) weights[base + j];
    }
  }

  private static void mirror(MemorySegment tile, int side) {
    for (int i = 0; i < side; i++) {
      for (int j = 0; j < i; j++) {
        tile.setAtIndex(FLOAT, (long) i * SIDE + j, tile.getAtIndex(FLOAT, (long) j * SIDE + i));
      }
    }
  }

  @Override
  public int size() {
    return n;
  }

  @Override
  public double[] degrees() {
    return degrees.clone();
  }

  @Override
  public void multiply(FloatMatrix x, FloatMatrix y, Workers workers) {
    int b = x.columns();
    if (b <= NarrowProduct.WIDEST) {
      NarrowProduct.multiply(this, x, y, workers);
      return;
    }
    workers.run(
        sides,
        rows -> {
          MemorySegment into = block(y, rows);
          for (int other = 0; other < sides; other++) {
            boolean below = other < rows;
            Blas.sgemm(
                below,
                false,
                height(rows),
                b,
                height(other),
                1f,
                below ? tile(other, rows) : tile(rows, other),
                SIDE,
                block(x, other),
                b,
                other == 0 ? 0f : 1f,
                into,
                b);
          }
        });
  }

  private MemorySegment block(FloatMatrix m, int block) {
    return m.slice((long) block * SIDE, (long) block * SIDE + height(block)).data();
  }
}

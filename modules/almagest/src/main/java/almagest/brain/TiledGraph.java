package almagest.brain;

import almagest.linalg.Blas;
import almagest.run.Workers;
import almagest.tensor.FloatMatrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * All weights in float32, as square tiles of the upper triangle in native memory: 2 n² bytes.
 * Degrees are summed in float64 before rounding.
 */
final class TiledGraph implements AffinityGraph {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  /** The side of a tile. */
  private static final int SIDE = 512;

  private final int n;
  private final int sides;
  private final MemorySegment tiles;
  private final double[] degrees;

  private TiledGraph(int n) {
    this.n = n;
    this.sides = (n + SIDE - 1) / SIDE;
    long count = (long) sides * (sides + 1) / 2;
    this.tiles = Arena.ofAuto().allocate(count * SIDE * SIDE * Float.BYTES, 64);
    this.degrees = new double[n];
  }

  static TiledGraph of(PairWeights pairs, Workers workers) {
    TiledGraph graph = new TiledGraph(pairs.size());
    graph.fill(pairs, workers);
    return graph;
  }

  /** The tile of rows of block {@code a} and columns of block {@code b} ≥ a. */
  private MemorySegment tile(int a, int b) {
    long index = (long) a * sides - (long) a * (a - 1) / 2 + b - a;
    long bytes = (long) SIDE * SIDE * Float.BYTES;
    return tiles.asSlice(index * bytes, bytes);
  }

  private int height(int block) {
    return Math.min(n, (block + 1) * SIDE) - block * SIDE;
  }

  private void fill(PairWeights pairs, Workers workers) {
    // Sums of each tile's rows and columns, to be added in a fixed order.
    double[][] rowSums = new double[sides * sides][];
    workers.run(
        sides * (sides + 1) / 2,
        t -> {
          int a = 0;
          int left = t;
          while (left >= sides - a) {
            left -= sides - a;
            a++;
          }
          int b = a + left;
          double[] weights = new double[height(a) * height(b)];
          pairs.fill(a * SIDE, a * SIDE + height(a), b * SIDE, b * SIDE + height(b), weights);
          if (a == b) {
            mirror(weights, height(a));
          }
          rowSums[a * sides + b] = new double[height(a)];
          double[] columns = new double[height(b)];
          float[] rounded = new float[height(b)];
          MemorySegment tile = tile(a, b);
          for (int i = 0; i < height(a); i++) {
            double sum = 0;
            for (int j = 0; j < height(b); j++) {
              double w = weights[i * height(b) + j];
              sum += w;
              columns[j] += w;
              rounded[j] = (float) w;
            }
            rowSums[a * sides + b][i] = sum;
            MemorySegment.copy(rounded, 0, tile, FLOAT, (long) i * SIDE * Float.BYTES, height(b));
          }
          if (a != b) {
            rowSums[b * sides + a] = columns;
          }
        });
    for (int a = 0; a < sides; a++) {
      for (int b = 0; b < sides; b++) {
        for (int i = 0; i < height(a); i++) {
          degrees[a * SIDE + i] += rowSums[a * sides + b][i];
        }
      }
    }
  }

  private static void mirror(double[] square, int side) {
    for (int i = 0; i < side; i++) {
      square[i * side + i] = 0;
      for (int j = 0; j < i; j++) {
        square[i * side + j] = square[j * side + i];
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

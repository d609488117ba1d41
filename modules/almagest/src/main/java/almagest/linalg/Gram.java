package almagest.linalg;

import almagest.run.Workers;
import almagest.tensor.DoubleMatrix;
import almagest.tensor.Points;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A running sum of xᵀ x [d, d] over blocks of rows, in float64: half the work of a product, since
 * only tiles on and above the diagonal are computed. Tiles do not depend on the number of threads.
 */
public final class Gram {
  /** Columns a tile at most: wide enough for the processor's full rate. */
  private static final int WIDEST = 576;

  /** From so many columns on there is more than one tile, for more than one thread. */
  private static final int SPLIT = 256;

  /** Rows that are widened to float64 at a time, few enough to be multiplied from the cache. */
  private static final int BLOCK = 1024;

  /** Rows of one piece of that. */
  private static final int PIECE = 128;

  private final int d;
  private final int width;
  private final DoubleMatrix sum;

  /** An empty sum over rows of {@code d} columns. */
  public Gram(int d) {
    this.d = d;
    this.width = width(d);
    this.sum = DoubleMatrix.zeros(d, d);
  }

  /** As {@link #Gram(int)}, in an arena. */
  Gram(Arena arena, int d) {
    this.d = d;
    this.width = width(d);
    this.sum = DoubleMatrix.zeros(arena, d, d);
  }

  /** Columns a tile: equal shares, in whole cache lines. */
  static int width(int d) {
    int across = Math.max(d > SPLIT ? 2 : 1, (d + WIDEST - 1) / WIDEST);
    return Math.max(16, ((d + across - 1) / across + 15) / 16 * 16);
  }

  /** xᵀ x [d, d] of all rows of a matrix at once. */
  public static DoubleMatrix of(DoubleMatrix x, Workers workers) {
    Gram gram = new Gram(x.columns());
    gram.add(x, workers);
    return gram.matrix();
  }

  /** Adds the products of a block of rows [m, d]. */
  public void add(DoubleMatrix block, Workers workers) {
    if (block.columns() != d) {
      throw new IllegalArgumentException(block.columns() + " columns, expected " + d);
    }
    if (block.rows() == 0 || d == 0) {
      return;
    }
    workers.run(tiles(), t -> tile(block, t));
  }

  /**
   * Adds the products of all rows of a cloud, less an origin [d]. One block of rows is widened
   * while the one before it is multiplied, so that no thread waits for the last tile of a block.
   */
  public void add(Points x, double[] origin, Workers workers) {
    if (x.columns() != d || origin.length != d) {
      throw new IllegalArgumentException(
          x.columns() + " columns less " + origin.length + ", expected " + d);
    }
    int n = x.rows();
    int blocks = d == 0 ? 0 : (n + BLOCK - 1) / BLOCK;
    try (Arena arena = Arena.ofShared()) {
      DoubleMatrix[] wide = new DoubleMatrix[Math.min(2, blocks)];
      for (int b = 0; b < wide.length; b++) {
        wide[b] = DoubleMatrix.zeros(arena, Math.min(n, BLOCK), d);
      }
      for (int b = 0; b <= blocks; b++) {
        int first = b * BLOCK;
        int count = Math.min(n - first, BLOCK);
        DoubleMatrix next = b < blocks ? wide[b % 2].slice(0, count) : null;
        DoubleMatrix ready =
            b > 0 ? wide[(b - 1) % 2].slice(0, Math.min(n - first + BLOCK, BLOCK)) : null;
        int tiles = ready == null ? 0 : tiles();
        workers.run(
            tiles + (next == null ? 0 : (count + PIECE - 1) / PIECE),
            t -> {
              if (ready != null && t < tiles) {
                tile(ready, t);
              } else if (next != null) {
                int from = (t - tiles) * PIECE;
                widen(x, first, from, Math.min(count, from + PIECE), origin, next);
              }
            });
      }
    }
  }

  /** Rows {@code first + from} … {@code first + to} of a cloud, less an origin, as float64. */
  static void widen(Points x, int first, int from, int to, double[] origin, DoubleMatrix into) {
    double[] row = new double[origin.length];
    for (int i = from; i < to; i++) {
      x.copyRow(first + i, row);
      for (int c = 0; c < row.length; c++) {
        row[c] -= origin[c];
      }
      into.setRow(i, row);
    }
  }

  private int tiles() {
    int across = (d + width - 1) / width;
    return across * (across + 1) / 2;
  }

  /** Tiles by number: those off the diagonal first, as they take twice as long. */
  private void tile(DoubleMatrix block, int number) {
    int across = (d + width - 1) / width;
    int off = across * (across - 1) / 2;
    if (number >= off) {
      tile(block, number - off, number - off);
      return;
    }
    int row = 0;
    int left = number;
    while (left >= across - 1 - row) {
      left -= across - 1 - row;
      row++;
    }
    tile(block, row, row + 1 + left);
  }

  private void tile(DoubleMatrix block, int row, int column) {
    int i = row * width;
    int j = column * width;
    int m = Math.min(width, d - i);
    MemorySegment a = block.data().asSlice((long) i * Double.BYTES);
    MemorySegment c = sum.data().asSlice(((long) i * d + j) * Double.BYTES);
    if (row != column) {
      MemorySegment b = block.data().asSlice((long) j * Double.BYTES);
      Blas.dgemm(true, false, m, Math.min(width, d - j), block.rows(), 1, a, d, b, d, 1, c, d);
      return;
    }
    Blas.dsyrk(true, m, block.rows(), a, d, 1, c, d);
  }

  /** The sum itself, of which the upper triangle counts: for whoever overwrites it, and last. */
  DoubleMatrix upper() {
    return sum;
  }

  /** The sum so far, both triangles; a new matrix. */
  public DoubleMatrix matrix() {
    DoubleMatrix full = DoubleMatrix.zeros(d, d);
    full.data().copyFrom(sum.data());
    mirror(full);
    return full;
  }

  /**
   * Copies the upper triangle of a square matrix to its lower one, in blocks that fit the cache.
   */
  static void mirror(DoubleMatrix square) {
    int n = square.rows();
    int block = 64;
    for (int bi = 0; bi < n; bi += block) {
      for (int bj = bi; bj < n; bj += block) {
        for (int i = bi; i < Math.min(n, bi + block); i++) {
          for (int j = Math.max(i + 1, bj); j < Math.min(n, bj + block); j++) {
            square.set(j, i, square.get(i, j));
          }
        }
      }
    }
  }
}

package almagest.stat;

import almagest.linalg.Blas;
import almagest.run.Workers;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Points to cluster, and the passes over them that k-means is made of. Products of many columns
 * with many centres are taken in float32, whose rounding is far below what separates clusters
 * there; means and inertia are float64 always.
 */
final class Rows {
  private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE;
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  /** Rows of a piece of work. */
  private static final int PIECE = 512;

  /** Below so many products per row the plain loop is faster than a matrix product. */
  private static final int PLAIN = 48;

  /** From so many products per row on they are float32. */
  private static final int NARROW = 4096;

  final int count;
  final int columns;
  private final double[] x;
  private final double[] norms;
  private final boolean narrow;

  /** The points once more in native memory, in the precision of products; empty for plain loops. */
  private final MemorySegment points;

  private final Queue<Scratch> idle = new ConcurrentLinkedQueue<>();

  /**
   * @param x [count × columns], row-major
   * @param k clusters that will be made
   */
  Rows(double[] x, int count, int columns, int k) {
    this.x = x;
    this.count = count;
    this.columns = columns;
    this.narrow = (long) k * columns >= NARROW;
    this.norms = new double[count];
    for (int i = 0; i < count; i++) {
      for (int c = 0; c < columns; c++) {
        norms[i] += x[i * columns + c] * x[i * columns + c];
      }
    }
    this.points = copy(Arena.ofAuto(), x, narrow);
  }

  private static MemorySegment copy(Arena arena, double[] values, boolean narrow) {
    MemorySegment copy =
        arena.allocate((long) values.length * (narrow ? Float.BYTES : Double.BYTES), 64);
    if (!narrow) {
      MemorySegment.copy(values, 0, copy, DOUBLE, 0, values.length);
      return copy;
    }
    float[] some = new float[1 << 14];
    for (int from = 0; from < values.length; from += some.length) {
      int many = Math.min(some.length, values.length - from);
      for (int i = 0; i < many; i++) {
        some[i] = (float) values[from + i];
      }
      MemorySegment.copy(some, 0, copy, FLOAT, (long) from * Float.BYTES, many);
    }
    return copy;
  }

  void copy(int row, double[] into, int at) {
    System.arraycopy(x, row * columns, into, at, columns);
  }

  double norm(int row) {
    return norms[row];
  }

  interface Piece {
    /**
     * Takes half squared distances less half the squared norm of the row, ‖c‖² / 2 − x·c.
     *
     * @param scores [(to − from) × k], lent until the call ends
     */
    void take(int piece, int from, int to, double[] scores);
  }

  /** The number of pieces that {@link #scores} is cut into. */
  int pieces() {
    return (count + PIECE - 1) / PIECE;
  }

  /** What a piece works in; kept for the next pass. */
  private static final class Scratch {
    final int size;
    final double[] scores;
    final float[] narrowed;
    final MemorySegment products;

    Scratch(int size, boolean narrow) {
      this.size = size;
      scores = new double[size];
      narrowed = new float[narrow ? size : 0];
      products = Arena.ofAuto().allocate((long) size * Double.BYTES, 64);
    }
  }

  void scores(double[] centres, int k, Workers workers, Piece piece) {
    double[] half = new double[k];
    for (int c = 0; c < k; c++) {
      for (int d = 0; d < columns; d++) {
        half[c] += centres[c * columns + d] * centres[c * columns + d] / 2;
      }
    }
    if (!narrow && k * columns <= PLAIN) {
      workers.run(pieces(), p -> score(p, centres, MemorySegment.NULL, k, half, true, piece));
      return;
    }
    // Closing memory that several threads may use stops all of them for a moment.
    try (Arena arena = workers.threads() == 1 ? Arena.ofConfined() : Arena.ofShared()) {
      MemorySegment right = copy(arena, centres, narrow);
      workers.run(pieces(), p -> score(p, centres, right, k, half, false, piece));
    }
  }

  private void score(
      int p,
      double[] centres,
      MemorySegment right,
      int k,
      double[] half,
      boolean plain,
      Piece piece) {
    int from = p * PIECE;
    int to = Math.min(count, from + PIECE);
    Scratch reused = idle.poll();
    Scratch scratch =
        reused == null || reused.size < PIECE * k ? new Scratch(PIECE * k, narrow) : reused;
    if (plain) {
      for (int i = from; i < to; i++) {
        for (int c = 0; c < k; c++) {
          double dot = 0;
          for (int d = 0; d < columns; d++) {
            dot += x[i * columns + d] * centres[c * columns + d];
          }
          scratch.scores[(i - from) * k + c] = half[c] - dot;
        }
      }
    } else {
      products(right, k, from, to, half, scratch);
    }
    piece.take(p, from, to, scratch.scores);
    idle.add(scratch);
  }

  private void products(
      MemorySegment centres, int k, int from, int to, double[] half, Scratch scratch) {
    int rows = to - from;
    int bytes = narrow ? Float.BYTES : Double.BYTES;
    MemorySegment left =
        points.asSlice((long) from * columns * bytes, (long) rows * columns * bytes);
    MemorySegment out = scratch.products;
    double[] scores = scratch.scores;
    if (narrow) {
      Blas.sgemm(false, true, rows, k, columns, 1, left, columns, centres, columns, 0, out, k);
      float[] dots = scratch.narrowed;
      MemorySegment.copy(out, FLOAT, 0, dots, 0, rows * k);
      for (int i = 0; i < rows; i++) {
        for (int c = 0; c < k; c++) {
          scores[i * k + c] = half[c] - dots[i * k + c];
        }
      }
    } else {
      Blas.dgemm(false, true, rows, k, columns, 1, left, columns, centres, columns, 0, out, k);
      MemorySegment.copy(out, DOUBLE, 0, scores, 0, rows * k);
      for (int i = 0; i < rows; i++) {
        for (int c = 0; c < k; c++) {
          scores[i * k + c] = half[c] - scores[i * k + c];
        }
      }
    }
  }

  /** The nearest centre of each row, and the squared distance from it. */
  void assign(double[] centres, int k, int[] labels, double[] distance, Workers workers) {
    scores(
        centres,
        k,
        workers,
        (piece, from, to, scores) -> {
          for (int i = from; i < to; i++) {
            int best = 0;
            int at = (i - from) * k;
            for (int c = 1; c < k; c++) {
              if (scores[at + c] < scores[at + best]) {
                best = c;
              }
            }
            labels[i] = best;
            distance[i] = Math.max(0, 2 * scores[at + best] + norms[i]);
          }
        });
  }

  /**
   * The mean of each cluster's rows. An empty cluster takes, in order, the farthest rows that are
   * left, which then leave their clusters.
   */
  double[] means(int[] labels, int k, double[] centres, double[] distance, Workers workers) {
    int[] start = new int[k + 1];
    for (int label : labels) {
      start[label + 1]++;
    }
    for (int c = 0; c < k; c++) {
      if (start[c + 1] == 0) {
        relocate(labels, k, distance);
        return means(labels, k, centres, distance, workers);
      }
    }
    for (int c = 0; c < k; c++) {
      start[c + 1] += start[c];
    }
    int[] next = start.clone();
    int[] order = new int[count];
    for (int i = 0; i < count; i++) {
      order[next[labels[i]]++] = i;
    }
    double[] means = new double[k * columns];
    // A column range per piece as well, so that few clusters still occupy all threads.
    int strip = 64;
    int strips = (columns + strip - 1) / strip;
    workers.run(
        k * strips,
        p -> {
          int c = p / strips;
          int low = p % strips * strip;
          int high = Math.min(columns, low + strip);
          for (int s = start[c]; s < start[c + 1]; s++) {
            int row = order[s] * columns;
            for (int d = low; d < high; d++) {
              means[c * columns + d] += x[row + d];
            }
          }
          for (int d = low; d < high; d++) {
            means[c * columns + d] /= start[c + 1] - start[c];
          }
        });
    return means;
  }

  /** Gives each empty cluster the farthest row that is left. */
  void relocate(int[] labels, int k, double[] distance) {
    int[] size = new int[k];
    for (int label : labels) {
      size[label]++;
    }
    for (int c = 0; c < k; c++) {
      if (size[c] > 0) {
        continue;
      }
      int farthest = -1;
      for (int i = 0; i < count; i++) {
        if (size[labels[i]] > 1 && (farthest < 0 || distance[i] > distance[farthest])) {
          farthest = i;
        }
      }
      size[labels[farthest]]--;
      labels[farthest] = c;
      size[c] = 1;
      distance[farthest] = 0;
    }
  }

  /** Summed squared distances of rows from their centres, by differences. */
  double inertia(int[] labels, double[] centres) {
    double sum = 0;
    for (int i = 0; i < count; i++) {
      double square = 0;
      for (int d = 0; d < columns; d++) {
        double v = x[i * columns + d] - centres[labels[i] * columns + d];
        square += v * v;
      }
      sum += square;
    }
    return sum;
  }
}
